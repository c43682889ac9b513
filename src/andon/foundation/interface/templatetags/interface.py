"""Blocks around content, and the words of the bands. `{% load interface %}`"""

from typing import Any

from django import template
from django.forms import BaseForm
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from andon.foundation.interface.integrity import loaded

register = template.Library()

BAND_WORDS = {
    "low": _("unsafe"),
    "mixed-low": _("leaning unsafe"),
    "mixed-high": _("leaning safe"),
    "high": _("safe"),
}
# For what is not about safety.
LEVEL_WORDS = {
    "low": _("low"),
    "mixed-low": _("leaning low"),
    "mixed-high": _("leaning high"),
    "high": _("high"),
}
NO_FIGURE = _("no figure")

# Django's levels of messages, in our four.
CALLOUTS = {"note": "note", "good": "good", "warning": "warning", "error": "error", "success": "good"}


@register.simple_tag
def script(name: str) -> SafeString:
    """Load a script of ours: `{% script "interface/build/host.js" %}`."""
    file = loaded(name)
    return format_html('<script type="module" src="{}" integrity="{}"></script>', file.url, file.integrity)


@register.simple_tag
def style_sheet(name: str) -> SafeString:
    file = loaded(name)
    return format_html('<link rel="stylesheet" href="{}" integrity="{}">', file.url, file.integrity)


@register.filter
def band_class(band: object) -> str:
    """The class of a band; "none" for everything that is not one of the four."""
    name = str(band or "").lower().replace("_", "-")
    return name if name in BAND_WORDS else "none"


@register.filter
def band_word(band: object) -> str:
    return str(BAND_WORDS.get(band_class(band), NO_FIGURE))


@register.filter
def level_word(band: object) -> str:
    return str(LEVEL_WORDS.get(band_class(band), NO_FIGURE))


@register.filter
def callout_kind(kind: object) -> str:
    return CALLOUTS.get(str(kind), "note")


@register.filter
def words(text: str) -> list[str]:
    """The words of a constant in a template, to loop over."""
    return text.split()


@register.simple_block_tag
def callout(content: str, kind: str = "note", title: str = "", role: str = "") -> SafeString:
    """{% callout "warning" title="..." %} paragraphs {% endcallout %}: note, good, warning or error."""
    return _around("callout", content, kind=kind, title=title, role=role)


@register.simple_block_tag
def section(content: str, title: str = "", aside: str = "", anchor: str = "") -> SafeString:
    """{% section "Heading" aside="7 of 9 answered" %} ... {% endsection %}"""
    return _around("section", content, title=title, aside=aside, anchor=anchor)


@register.simple_block_tag
def card(content: str, title: str = "", anchor: str = "", level: int = 2) -> SafeString:
    """{% card "Heading" %} ... {% endcard %}; level=3 inside a section: no level of headings may be left out."""
    return _around("section", content, kind="card", title=title, anchor=anchor, level=level)


def _around(component: str, content: str, **context: str | int) -> SafeString:
    # The content of a block was rendered, and escaped, by the template that holds it.
    body = mark_safe(content)  # noqa: S308
    return mark_safe(render_to_string(f"interface/components/{component}.html", {"body": body, **context}))  # noqa: S308


@register.simple_tag(takes_context=True)
def if_refused(context: Context) -> str:
    """For the title of a page: a screen reader says it first, so it says that a form of the page was refused."""
    found: list[Any] = list(context.flatten().values())
    refused = any(one.is_bound and not one.is_valid() for one in found if isinstance(one, BaseForm))
    return gettext("Not yet right: ") if refused else ""
