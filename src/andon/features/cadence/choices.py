"""What a steward chooses about letters and days."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from andon.features.cadence import days
from andon.foundation.configuration import public as configuration


def _known_country(value: str) -> None:
    if value.upper() not in days.countries():
        raise ValidationError(_("No holidays are known of this country. Write its two letters, such as DE or US."))


def _country() -> forms.Field:
    return forms.CharField(
        label=_("Country whose public holidays count"),
        max_length=2,
        required=False,
        validators=[_known_country],
        help_text=_("Two letters, such as DE or US. On these days no letter is sent and no round opens by itself."),
    )


def _letters() -> forms.Field:
    return forms.BooleanField(
        label=_("Write to everybody who is asked when a round opens, before it closes, and when its result is there"),
        required=False,
        help_text=_("From eight to six, where the reader lives, on working days."),
    )


LETTERS = configuration.Section(
    slug="cadence",
    title=_("Letters and days off"),
    lead=_("What is written about rounds, and the days on which nothing happens by itself."),
    order=45,
    settings=(
        configuration.Setting(
            "cadence.letters",
            _letters,
            default=True,
            anonymity=_("Everybody gets the same letters. Nobody can be reminded who has not answered: nobody knows."),
        ),
        configuration.Setting("cadence.country", _country, default="", parse=str.strip),
    ),
)


def country() -> str:
    return str(configuration.read("cadence.country")).upper()


def letters_are_sent() -> bool:
    return bool(configuration.read("cadence.letters"))
