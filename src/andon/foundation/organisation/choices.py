"""What a steward chooses about the organisation as a whole."""

from collections.abc import Iterable
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from andon.foundation.configuration import public as configuration

# Names kept for old programs, and places that are no places.
_NOT_OFFERED = ("Etc/", "SystemV/", "US/", "posix/", "right/")


@cache
def _names_by_continent() -> dict[str, list[tuple[str, str]]]:
    """Read from the disk once: a new release of the time zone database comes with a restart."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(available_timezones()):
        continent, slash, place = name.partition("/")
        if slash and not name.startswith(_NOT_OFFERED):
            groups.setdefault(continent, []).append((name, place.replace("_", " ")))
    return groups


def zone_choices() -> list[tuple[str, list[tuple[str, str]]] | tuple[str, str]]:
    """Time zones grouped by continent, as a select shows them."""
    return [("UTC", "UTC"), *_names_by_continent().items()]


class ZoneSelect(forms.Select):
    """A select of hundreds of names. Django asks a template for each option, which takes longer than all else."""

    def __init__(self) -> None:
        # Names that are the same in every language.
        super().__init__(attrs={"translate": "no"})

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = "" if value is None else str(value)

        def option(value: Any, label: Any) -> SafeString:
            selected = " selected" if str(value) == chosen else ""
            return format_html('<option value="{}"{}>{}</option>', value, selected, label)

        def all_of(choices: Iterable[Any]) -> SafeString:
            return format_html_join("", "{}", ((one(key, label),) for key, label in choices))

        def one(key: Any, label: Any) -> SafeString:
            if isinstance(label, list | tuple):
                return format_html('<optgroup label="{}">{}</optgroup>', key, all_of(label))
            return option(key, label)

        named = self.build_attrs(self.attrs, {"name": name, **(attrs or {})})
        return format_html("<select{}>{}</select>", flatatt(named), all_of(self.choices))


def _time_zone() -> forms.Field:
    return forms.ChoiceField(
        label=_("Time zone"),
        choices=zone_choices,
        widget=ZoneSelect,
        help_text=_("For dates and times on pages and in letters. Members can choose another for themselves."),
    )


def _language() -> forms.Field:
    return forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_("Of letters, and of pages where neither the member nor the browser says otherwise."),
    )


ORGANISATION = configuration.Section(
    slug="organisation",
    title=_("Language and time"),
    lead=_("In which language and in which time zone the service speaks where a member chose nothing."),
    order=10,
    settings=(
        configuration.Setting("organisation.language", _language, default="en", environment="ANDON_LANGUAGE"),
        configuration.Setting("organisation.time_zone", _time_zone, default="UTC", environment="ANDON_TIME_ZONE"),
    ),
)
