"""What this server holds about one member: every row that leads to them, in plain words.

A test walks all models and fails when one that can name a member is missing here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from andon.features.cadence import public as cadence
from andon.features.guide import public as guide
from andon.features.issuance import public as issuance
from andon.features.privacy import public as privacy
from andon.features.results import public as results
from andon.features.rounds import public as rounds
from andon.foundation.audit import public as audit
from andon.foundation.audit.models import AuditEntry
from andon.foundation.invitations.models import Invitation
from andon.foundation.notifications.models import OutboxMail
from andon.foundation.organisation import waiting as people_files
from andon.foundation.organisation.models import Duty, Membership, PeopleFile
from andon.foundation.organisation.public import named_paths
from andon.foundation.people import mfa
from andon.foundation.people import public as people
from andon.foundation.people.models import Member, Session
from andon.foundation.providers.models import DutyByRule, Identity, StandbySteward
from andon.foundation.tokens import public as tokens

# Days and moments are told in the reader's way, and to programs in ISO 8601.
Value = str | date | datetime

YOUR_REQUEST = gettext_lazy("Your request to be erased")


@dataclass(frozen=True, slots=True)
class Holding:
    """One kind of thing: what it is called, why it is here, how long, and the rows as pairs of name and value."""

    title: str
    why: str
    rows: tuple[tuple[tuple[str, Value], ...], ...]


def _account(member: Member) -> Holding:
    return Holding(
        _("Your account"),
        _("So that you can sign in. It stays until a steward removes you."),
        (
            (
                (_("Name"), member.name),
                (_("E-mail address"), member.email),
                (_("Language"), member.language or _("the browser's")),
                (_("Time zone"), member.time_zone or _("the organisation's")),
                (_("Letters about rounds"), _("wanted") if member.wants_letters else _("not wanted")),
                (_("Password"), _("kept as a hash") if member.has_usable_password() else _("none")),
                (_("Signed in before"), _("yes; when is not kept") if member.has_signed_in else _("not yet")),
                (_("Second factor to be set up until"), member.second_factor_by or _("nothing is noted")),
            ),
        ),
    )


def _places(member: Member) -> Holding:
    places = list(Membership.objects.filter(member=member).order_by("starts_on"))
    paths = dict(named_paths({place.node_id for place in places}))
    return Holding(
        _("Where you belong"),
        _("From the roster that your organisation imported. It decides with whom you are counted."),
        tuple(
            (
                (_("Team"), paths[place.node_id]),
                (_("Role"), str(place.get_role_display())),
                (_("Since"), place.starts_on),
                (_("Until"), place.ends_on or _("now")),
            )
            for place in places
        )
        + tuple(
            ((_("Duty"), str(duty.get_role_display())),) for duty in Duty.objects.filter(member=member).order_by("role")
        ),
    )


def _rosters(member: Member) -> Holding:
    return Holding(
        _("Rounds you were asked in"),
        _("The roster of a round is fixed when it is published. It says that you were asked, never that you answered."),
        tuple(((_("Round"), name), (_("Counted with"), unit)) for name, unit in rounds.asked_in(member)),
    )


def _left_out(member: Member) -> Holding:
    return Holding(
        _("Rounds you were not asked in"),
        _("Where no group of five could be made around you."),
        tuple(((_("Round"), name), (_("Reason"), reason)) for name, reason in rounds.left_out_of(member)),
    )


def _slips(member: Member) -> Holding:
    issuing = {view.id: view for view in rounds.rounds_of(member) if rounds.is_issuing(view)}
    issued = issuance.issued_in(member=member, purposes={round_id: view.purposes for round_id, view in issuing.items()})
    given = [
        (
            (_("Round"), issuing[round_id].words),
            (_("Slip given for"), _given_for(issuing[round_id], purposes)),
        )
        for round_id, purposes in issued.items()
        if purposes
    ]
    return Holding(
        _("Slips that were given to your browser"),
        _(
            "Everybody who visits any page is given one, so it says nothing about answering. The row is named by a "
            "keyed hash, holds no time, and is destroyed with its key when the round closes."
        ),
        tuple(given),
    )


def _given_for(view: rounds.RoundView, purposes: tuple[str, ...]) -> str:
    """Of a window every browser fetches all slips at once: which of them these are says nothing, and is not listed."""
    if view.is_window:
        return _("answering each question once")
    return ", ".join(rounds.say(purpose, rounds.PURPOSE_WORDS) for purpose in purposes)


def _sessions(member: Member) -> Holding:
    rows = Session.objects.filter(member=member, expire_date__gt=timezone.now()).order_by("since", "pk")
    return Holding(
        _("Where you are signed in"),
        _(
            "So that you need not sign in at every page. Kept are the kind of browser and the day, made once at "
            "sign-in. The anonymous door has no sessions."
        ),
        tuple(
            (
                (_("Browser"), mfa.describe(row.device.split()) or _("unknown")),
                (_("Since"), row.since or _("not yet")),
                (_("Ends"), timezone.localtime(row.expire_date).date()),
            )
            for row in rows
        ),
    )


def _other_address(member: Member) -> Holding:
    waiting = people.waiting_for(member)
    return Holding(
        _("Another address for you that waits"),
        _("A steward asked for it. It goes when it counts, or when you refuse it."),
        (((_("E-mail address"), waiting.email), (_("Counts from"), waiting.counts_from)),) if waiting else (),
    )


def _rounds_opened(member: Member) -> Holding:
    return Holding(
        _("Rounds you opened or closed"),
        _("Every member can read who changed what."),
        tuple(((_("Round"), name), (_("What"), what)) for name, what in rounds.acts_of(member)),
    )


def _steps(member: Member) -> Holding:
    return Holding(
        _("Steps that your unit agreed on"),
        _("Your unit sees them in its reports. They stay as long as those; your name goes when you are erased."),
        tuple(
            ((_("What"), what), (_("Step"), words), (_("Day"), day)) for what, words, day in results.steps_of(member)
        ),
    )


def _proposals(member: Member) -> Holding:
    return Holding(
        _("Colours of your unit that you proposed to share"),
        _("Your unit sees that it was you; your name goes when you are erased. Who said no to it is kept nowhere."),
        tuple(((_("Round"), words), (_("Day"), day)) for words, day in results.proposals_of(member)),
    )


def _schedules(member: Member) -> Holding:
    return Holding(
        _("Schedules of rounds"),
        _("Who made, paused or ended one. Every member can read it in the change log."),
        tuple(((_("Team"), team), (_("What"), what), (_("Day"), at)) for team, what, at in cadence.traces_of(member)),
    )


def _letters_about_rounds(member: Member) -> Holding:
    return Holding(
        _("Letters about rounds that have not left yet"),
        _("Everybody who is asked and wants letters gets the same. The row goes when the letter has left."),
        tuple(((_("Letters"), str(number)),) for number in [cadence.letters_to(member)] if number),
    )


def _keys(member: Member) -> Holding:
    return Holding(
        _("Keys for programs"),
        _("You made them. What is kept does not tell the key itself; each day it notes what was read with it."),
        tuple(
            (
                (_("What it is for"), line.name),
                (_("What it may read"), ", ".join(str(tokens.scopes().get(scope, scope)) for scope in line.scopes)),
                (_("Since"), line.made_on),
                (_("Until"), line.ends_on),
            )
            for line in tokens.keys_of(member, on=timezone.localdate())
        ),
    )


def _audit(member: Member) -> Holding:
    entries = list(AuditEntry.objects.filter(Q(by=member) | Q(about=member))[:1_000])

    def by_member(entry: AuditEntry) -> bool:
        return entry.by_id == member.pk

    def about_member(entry: AuditEntry) -> bool:
        return entry.about_id == member.pk

    return Holding(
        _("Changes by you and about you"),
        _("Every member can read the change log. Its entries stay; your name goes out of them when you are erased."),
        tuple(
            (
                (_("When"), entry.at),
                (what, str(audit.words_for(entry.kind))),
            )
            for belongs, what in ((by_member, _("What")), (about_member, _("What was changed about you")))
            for entry in entries
            if belongs(entry)
        ),
    )


def _asked_to_be_erased(member: Member) -> Holding:
    asked_on = privacy.asked_to_be_erased_on(member)
    return Holding(
        str(YOUR_REQUEST),
        _("It stays until a steward acts or you take it back."),
        (((_("Asked on"), asked_on),),) if asked_on else (),
    )


def _files(member: Member) -> Holding:
    number, gone_at = people_files.files_of_others(member)
    # Not who is in them: a file is bytes until it is read, and reading all of each for one page would take minutes.
    of_others: tuple[tuple[tuple[str, Value], ...], ...] = ()
    if gone_at is not None:
        of_others = (((_("Uploaded by others"), str(number)), (_("Gone at the latest"), gone_at)),)
    return Holding(
        _("Files of people"),
        _(
            "Files that you uploaded, and how many of others are here: each may hold your name, your address and your "
            "row. A file waits until it is carried out or refused; everything in it that names people goes after a day "
            "at the latest."
        ),
        tuple(
            ((_("File"), file.name or "–"), (_("When"), file.at), (_("State"), str(file.get_step_display())))
            for file in PeopleFile.objects.filter(by=member).defer("content")
        )
        + of_others,
    )


def _second_factors(member: Member) -> Holding:
    from allauth.account.models import EmailAddress
    from allauth.mfa.models import Authenticator

    rows = [((_("Kind"), str(found.type)),) for found in Authenticator.objects.filter(user=member).order_by("pk")]
    rows += [((_("E-mail address"), found.email),) for found in EmailAddress.objects.filter(user=member).order_by("pk")]
    return Holding(
        _("Ways to prove that it is you"),
        _("Second factors, passkeys and addresses that you set up."),
        tuple(rows),
    )


def _letters(member: Member) -> Holding:
    return Holding(
        _("Letters to you"),
        _("Letters are sent and not kept. Only a demonstration keeps some: its people have no mailboxes."),
        tuple(
            (
                (_("When"), letter.at),
                (_("Subject"), letter.subject),
            )
            for letter in OutboxMail.objects.filter(to__iexact=member.email).order_by("pk")
        ),
    )


def _provider_accounts(member: Member) -> Holding:
    return Holding(
        _("Your accounts at identity providers"),
        _("So that the provider's word leads to you. Kept until a steward forgets it; never when you signed in."),
        tuple(
            ((_("Provider"), found.provider.name), (_("Your name there"), found.subject))
            for found in Identity.objects.filter(member=member).select_related("provider").order_by("pk")
        ),
    )


def _beside_the_provider(member: Member) -> Holding:
    rows = [((_("Kind"), _("steward on standby")),) for _row in StandbySteward.objects.filter(member=member)]
    rows += [
        ((_("Kind"), _("%(duty)s, by a group") % {"duty": mark.duty.get_role_display()}),)
        for mark in DutyByRule.objects.filter(duty__member=member).select_related("duty").order_by("pk")
    ]
    return Holding(
        _("What follows from identity providers"),
        _("Which duty came with a group, so that it goes with it, and who may sign in when the provider is down."),
        tuple(rows),
    )


def _invitation(member: Member) -> Holding:
    invited = Invitation.objects.filter(by=member).count()
    return Holding(
        _("Your invitation"),
        _("That a letter was sent, so that you get no second one; not when, and not whether you opened it."),
        tuple(((_("State"), _letter_state(found, member)),) for found in Invitation.objects.filter(member=member))
        # In a number: whoever invited everybody would read the same line a hundred thousand times.
        + ((((_("You had invited"), str(invited)),),) if invited else ()),
    )


def _letter_state(found: Invitation, member: Member) -> str:
    if member.has_signed_in:
        return _("no longer needed: you have signed in")
    match found.step:
        case Invitation.Step.SENT:
            return _("sent")
        case Invitation.Step.FAILED:
            return _("did not leave")
    return _("waits to be sent")


def _taken_up(member: Member) -> Holding:
    return Holding(
        _("Practices that you took up by name"),
        _("Only where you chose to be named. You can take your name off; being erased does it too."),
        tuple(
            (
                (_("Practice"), entry.practice.title if entry.practice else entry.practice_id),
                (_("Team"), entry.team),
                (_("Taken up on"), entry.on),
            )
            for entry in guide.named_in(member)
        ),
    )


# Model labels in front, so that a test can tell which models are spoken for.
SPOKEN_FOR: dict[str, Callable[[Member], Holding]] = {
    "people.Member": _account,
    "people.AddressChange": _other_address,
    "organisation.Membership": _places,
    "organisation.Duty": _places,
    "rounds.RosterEntry": _rosters,
    "rounds.NotAsked": _left_out,
    "issuance.IssuedSlip": _slips,
    "people.Session": _sessions,
    "rounds.Round": _rounds_opened,
    "rounds.CloseRequest": _rounds_opened,
    "cadence.Schedule": _schedules,
    "cadence.Pause": _schedules,
    "cadence.ScheduleEnding": _schedules,
    "cadence.Letter": _letters_about_rounds,
    "tokens.ProgramKey": _keys,
    "tokens.ProgramRead": _keys,
    "results.AgreedStep": _steps,
    "results.StepOutcome": _steps,
    "results.SharedColours": _proposals,
    "audit.AuditEntry": _audit,
    "privacy.ErasureRequest": _asked_to_be_erased,
    "organisation.PeopleFile": _files,
    "account.EmailAddress": _second_factors,
    "mfa.Authenticator": _second_factors,
    "providers.Identity": _provider_accounts,
    "providers.StandbySteward": _beside_the_provider,
    "providers.DutyByRule": _beside_the_provider,
    "invitations.Invitation": _invitation,
    "notifications.OutboxMail": _letters,
    "guide.TakenUp": _taken_up,
}


def holdings_of(member: Member) -> list[Holding]:
    """Every kind of thing that is held about the member, also the kinds of which there is nothing now."""
    return [speak(member) for speak in dict.fromkeys(SPOKEN_FOR.values())]


def asks_to_be_erased(holdings: list[Holding]) -> bool:
    return any(held.title == str(YOUR_REQUEST) and held.rows for held in holdings)


def as_json(holdings: list[Holding]) -> list[dict[str, Any]]:
    return [
        {
            "title": held.title,
            "why": held.why,
            "rows": [{name: _for_programs(value) for name, value in row} for row in held.rows],
        }
        for held in holdings
    ]


def _for_programs(value: Value) -> str:
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value


def _for_people(value: Value) -> str:
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    return date_format(value, "DATE_FORMAT") if isinstance(value, date) else value


def as_text(holdings: list[Holding]) -> str:
    """A page of text: each kind with why it is here, and its rows below."""
    lines = [_("What this server holds about me"), ""]
    for held in holdings:
        lines += [held.title, "-" * len(held.title), held.why, ""]
        for row in held.rows:
            lines += [f"  {name}: {_for_people(value)}" for name, value in row]
            lines.append("")
        if not held.rows:
            lines += [f"  {_('Nothing.')}", ""]
    return "\n".join(lines)
