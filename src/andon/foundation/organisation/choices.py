"""What a steward chooses about the organisation as a whole."""

from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from andon.foundation.configuration import public as configuration

# Names kept for old programs, and places that are no places.
_NOT_OFFERED = ("Etc/", "SystemV/", "US/", "posix/", "right/")


def zone_choices() -> list[tuple[str, list[tuple[str, str]]] | tuple[str, str]]:
    """Time zones grouped by continent, as a select shows them."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(available_timezones()):
        continent, slash, place = name.partition("/")
        if slash and not name.startswith(_NOT_OFFERED):
            groups.setdefault(continent, []).append((name, place.replace("_", " ")))
    return [("UTC", "UTC"), *groups.items()]


def _time_zone() -> forms.Field:
    return forms.ChoiceField(
        label=_("Time zone"),
        choices=zone_choices,
        # Names that are the same in every language.
        widget=forms.Select(attrs={"translate": "no"}),
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
