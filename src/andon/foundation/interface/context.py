"""What every page knows: the name of the site, the way around it, and where the wallet lives."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise

from andon.foundation.interface.public import registered_navigation

SITE_NAME = "Andon"

STYLE_SHEETS = (
    "interface/build/pico.min.css",
    "interface/css/tokens.css",
    "interface/css/page.css",
    "interface/css/navigation.css",
    "interface/css/buttons.css",
    "interface/css/forms.css",
    "interface/css/table.css",
    "interface/css/messages.css",
    "interface/css/section.css",
    "interface/css/people.css",
    "interface/css/bands.css",
    "interface/css/report.css",
    "interface/css/guide.css",
    "interface/css/print.css",
)


@dataclass(frozen=True, slots=True)
class NavigationLine:
    """`current` is the value of aria-current: "page" here, "true" somewhere below, "" elsewhere."""

    label: str | Promise
    url: str
    icon: str
    current: str


def navigation_for(request: HttpRequest) -> list[NavigationLine]:
    items = [item for item in registered_navigation() if item.visible is None or item.visible(request)]
    urls = [reverse(item.url_name) for item in items]
    # The longest address that the path begins with: /results/autumn/ belongs to Results, and nothing belongs to "/".
    homes = {url: url for url in urls}
    for item, url in zip(items, urls, strict=True):
        homes |= {reverse(name): url for name in item.also()}
    nearest = max((url for url in homes if url != "/" and request.path.startswith(url)), key=len, default="")
    above = homes.get(nearest, "")
    return [
        NavigationLine(
            label=item.label,
            url=url,
            icon=f"interface/icons/{item.icon}.html",
            current="page" if url == request.path else "true" if url == above else "",
        )
        for item, url in zip(items, urls, strict=True)
    ]


def page(request: HttpRequest) -> dict[str, Any]:
    someone = getattr(request, "user", None)
    member = someone if someone is not None and someone.is_authenticated else None
    return {
        "site_name": SITE_NAME,
        "style_sheets": STYLE_SHEETS,
        "member": member,
        "navigation": navigation_for(request) if member else [],
        "demo": settings.DEMO,
        "anonymous_origin": settings.ANONYMOUS_ORIGIN,
    }
