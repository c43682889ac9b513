"""What the organisation says about its legal ground, and how long it keeps whom."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from andon.foundation.configuration import public as configuration
from andon.foundation.people import names
from andon.foundation.people.models import Member

# Articles of the General Data Protection Regulation (EU) 2016/679; other laws know the same grounds by other numbers.
GROUNDS = (
    ("", _("not said yet")),
    ("interest", _("legitimate interest (GDPR, article 6(1)(f))")),
    ("contract", _("needed for the contract of employment (article 6(1)(b))")),
    ("agreement", _("an agreement with the works council or the staff (article 88)")),
    ("consent", _("consent (article 6(1)(a))")),
    ("other", _("another one, in the words below")),
)


def _text(label: object, help_text: object, *, rows: int = 3) -> forms.Field:
    return forms.CharField(
        label=label,  # type: ignore[arg-type]
        help_text=help_text,  # type: ignore[arg-type]
        required=False,
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


NOTICE = configuration.Section(
    slug="privacy",
    title=_("Privacy notice"),
    lead=_(
        "What members read about your legal ground. Andon says by itself which data there is, why and how long; why "
        "you may keep it is yours to say, with whoever advises you."
    ),
    order=60,
    settings=(
        configuration.Setting(
            "privacy.controller",
            lambda: _text(_("Who is responsible"), _("Name and address of the organisation that runs this.")),
        ),
        configuration.Setting(
            "privacy.contact",
            lambda: _text(_("Whom to ask"), _("Of the data protection officer, or of whoever answers."), rows=2),
        ),
        configuration.Setting(
            "privacy.ground",
            lambda: forms.ChoiceField(
                label=_("Legal ground"),
                choices=GROUNDS,
                required=False,
                help_text=_(
                    "For names, teams and rosters. Consent is a weak one at work: who depends on an employer can "
                    "hardly refuse freely. Answers themselves lead to nobody and need none once they are cast."
                ),
            ),
        ),
        configuration.Setting(
            "privacy.words",
            lambda: _text(
                _("In your own words"),
                _("Why you do this, whom you talked to about it, how to object. A paragraph is enough."),
                rows=6,
            ),
        ),
    ),
)


def _is_sooner(before: Any, after: Any) -> bool:
    """Of two numbers of months, where 0 is never."""
    return bool(after) and (not before or after < before)


def _who_is_erased(before: Any, after: Any) -> str:
    if not _is_sooner(before, after):
        return ""
    from andon.features.privacy import services

    number = services.left_before(timezone.now(), after).count()
    return ngettext(
        "Whoever left is erased by itself from now on, account, memberships and names on rosters, and nobody can bring "
        "them back. It begins at once, with %(number)s person.",
        "Whoever left is erased by itself from now on, account, memberships and names on rosters, and nobody can bring "
        "them back. It begins at once, with %(number)s people.",
        number,
    ) % {"number": number}


def _what_is_deleted(before: Any, after: Any) -> str:
    if not _is_sooner(before, after):
        return ""
    from andon.features.privacy import services

    number = len(services.rounds_with_comments_before(timezone.now(), after))
    return ngettext(
        "Comments are deleted by themselves after this time, and nobody can bring them back. It begins at once, with "
        "those of %(number)s round.",
        "Comments are deleted by themselves after this time, and nobody can bring them back. It begins at once, with "
        "those of %(number)s rounds.",
        number,
    ) % {"number": number}


RETENTION = configuration.Section(
    slug="retention",
    title=_("How long people and comments are kept"),
    lead=_("What is deleted by itself after a time. Figures stay: no person is in them."),
    order=65,
    settings=(
        configuration.Setting(
            "retention.left_months",
            lambda: forms.TypedChoiceField(
                label=_("People who left are erased"),
                coerce=int,
                choices=[
                    (0, _("never by itself; a steward does it")),
                    (1, _("a month after they left")),
                    (6, _("half a year after they left")),
                    (12, _("a year after they left")),
                    (24, _("two years after they left")),
                ],
                help_text=_("Account, memberships, names on rosters. There is no way back."),
            ),
            default=0,
            environment="ANDON_ERASE_AFTER_MONTHS",
            parse=int,
            consequence=_who_is_erased,
        ),
        configuration.Setting(
            "retention.comments_months",
            lambda: forms.TypedChoiceField(
                label=_("Comments are deleted"),
                coerce=int,
                choices=[
                    (3, _("three months after the round closed")),
                    (6, _("half a year after the round closed")),
                    (12, _("a year after the round closed")),
                    (24, _("two years after the round closed")),
                    (0, _("never by itself")),
                ],
                help_text=_("What people wrote in their own words can be recognised. There is no way back."),
            ),
            default=12,
            environment="ANDON_FORGET_COMMENTS_AFTER_MONTHS",
            parse=int,
            consequence=_what_is_deleted,
        ),
    ),
)


class WhoIsErased(forms.Form):
    """Whom a steward is about to erase, typed by hand: nobody is, because a page of somebody else was open."""

    person = forms.CharField(
        label=_("Name or e-mail address of this person"),
        help_text=_("Type it, so that nobody is erased by mistake."),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )

    def __init__(self, data: Any = None, *, member: Member) -> None:
        super().__init__(data)
        self._names = {names.one_line(words).casefold() for words in (member.name, member.email)}

    def clean_person(self) -> str:
        typed = str(self.cleaned_data["person"])
        if names.one_line(typed).casefold() not in self._names:
            raise forms.ValidationError(
                _("This is neither the name nor the address of this person. Nobody was erased.")
            )
        return typed
