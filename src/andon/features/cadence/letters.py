"""Letters about rounds: the same to everybody who is asked and wants letters, by day, one at a time."""

import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from andon.features.cadence import choices, days
from andon.features.cadence.models import Letter, LetterKind, Mailing
from andon.features.instruments import public as instruments
from andon.features.rounds import public as rounds
from andon.foundation.notifications.public import MailNotSent, send_mail
from andon.foundation.organisation import languages
from andon.foundation.organisation import public as organisation
from andon.foundation.people.models import Member

log = logging.getLogger("andon.cadence")

# Mail servers take a burst for spam. At most five letters a second, and twenty before others have their turn.
SECONDS_BETWEEN = 0.2
AT_ONCE = 20
# So long before its close a round is brought to mind, if it was open for longer than twice that.
BEFORE_CLOSE = timedelta(hours=28)
# A result that is older is no news: letters begin with the version that sends them.
NEWS = timedelta(days=3)


def wanted(now: datetime) -> Iterable[tuple[str, LetterKind]]:
    """(round, kind) of the letters that are to be written now and are not made yet. Three queries."""
    found: list[tuple[str, LetterKind]] = []
    for view in rounds.open_rounds():
        found.append((view.id, LetterKind.OPENED))
        # Of a window nothing but its opening and its result: a question a day is no reason to write.
        is_long = not view.is_window and view.closes_at - view.opens_at > 2 * BEFORE_CLOSE
        if is_long and view.closes_at - BEFORE_CLOSE <= now < view.closes_at - timedelta(hours=1):
            found.append((view.id, LetterKind.ENDS_SOON))
    found += [(round_id, LetterKind.RESULT) for round_id in rounds.released_since(now - NEWS)]
    if not found:
        return []
    made = set(Mailing.objects.filter(round_id__in={one[0] for one in found}).values_list("round_id", "kind"))
    return [one for one in found if (one[0], one[1].value) not in made]


def write_letters(*, round_id: str, kind: LetterKind) -> None:
    """Make a letter for everybody on the roster who is still here and wants letters. May be repeated; makes them
    once."""
    with transaction.atomic(using="default"):
        asked = Member.objects.filter(pk__in=rounds.asked_ids(round_id), is_active=True, wants_letters=True)
        zones = dict(asked.values_list("pk", "time_zone"))
        _row, is_new = Mailing.objects.get_or_create(
            round_id=round_id, kind=kind, defaults={"zones": sorted(set(zones.values()))}
        )
        if is_new:
            Letter.objects.bulk_create(
                (Letter(round_id=round_id, kind=kind, member_id=pk, zone=zone) for pk, zone in zones.items()),
                batch_size=1_000,
            )


def may_be_sent(now: datetime) -> list[tuple[str, str, str]]:
    """(round, kind, zone) of letters that wait where it is day now. One query."""
    is_free = days.days_off(choices.country())
    return [
        (mailing.round_id, mailing.kind, zone)
        for mailing in Mailing.objects.filter(is_done=False)
        for zone in mailing.zones
        if days.is_a_time_to_write(now, organisation.zone_of(zone), is_free)
    ]


def send_some(now: datetime) -> int:
    """Send a few of the letters that wait; how many left.

    Guarantees: no letter leaves twice, also after a kill; one that was being handed over then is not sent again.
    """
    stuck, _by_model = Letter.objects.filter(is_leaving=True).delete()
    if stuck:
        log.warning("A letter about a round may not have left: the worker was stopped while it was handed over.")
    sent = 0
    for round_id, kind, zone in may_be_sent(now):
        view = rounds.find(round_id)
        waiting = Letter.objects.filter(round_id=round_id, kind=kind)
        if view is None or not _is_still_true(view, kind):
            waiting.delete()
        for letter in list(waiting.filter(zone=zone).select_related("member")[: AT_ONCE - sent]):
            Letter.objects.filter(pk=letter.pk).update(is_leaving=True)
            sent += _deliver(letter, view) if view and letter.member.wants_letters else 0
            Letter.objects.filter(pk=letter.pk).delete()
            time.sleep(SECONDS_BETWEEN)
        if not waiting.exists():
            Mailing.objects.filter(round_id=round_id, kind=kind).update(is_done=True)
        if sent >= AT_ONCE:
            break
    return sent


def _is_still_true(view: rounds.RoundView, kind: str) -> bool:
    if kind == LetterKind.RESULT:
        return view.state is rounds.State.RELEASED
    return view.state is rounds.State.OPEN


def _deliver(letter: Letter, view: rounds.RoundView) -> bool:
    member = letter.member
    zone = organisation.zone_of(member.time_zone)
    with translation.override(languages.of_letter(member.language)), timezone.override(zone):
        subject, text = write(view, LetterKind(letter.kind))
        try:
            send_mail(to=[member.email], subject=subject, text=text)
        except MailNotSent:
            # The page Today says the same; a mail server that is down shall not hold up all others.
            log.warning("A letter about a round did not leave.")
            return False
    return True


def write(view: rounds.RoundView, kind: LetterKind) -> tuple[str, str]:
    """(subject, text) in the language and time zone that are active."""
    words = {
        "team": view.node_name,
        "questionnaire": instruments.titles([(view.instrument_id, view.instrument_version)]).popitem()[1],
        "until": date_format(timezone.localtime(view.closes_at), "DATETIME_FORMAT"),
    }
    alike = _(
        "Everybody who is asked and wants letters gets this one, whether they have answered or not: this server cannot "
        "know."
    )
    choosing = _("You choose whether you get letters about rounds:")
    choosing = f"{choosing}\n\n    {settings.APP_ORIGIN}{reverse('people:profile')}"
    today = f"    {settings.APP_ORIGIN}{reverse('today:home')}"
    if kind is LetterKind.OPENED:
        asked = _("The people of %(team)s are asked: %(questionnaire)s. Nobody learns who answered what.")
        if view.kind == "daily":
            asked = _("The people of %(team)s are asked a question a day: %(questionnaire)s. Each takes a tap.")
        elif view.kind == "weekly":
            asked = _("The people of %(team)s are asked a question a week: %(questionnaire)s. Each takes a tap.")
        return _("A round is open: %(team)s") % words, "\n\n".join(
            (
                asked % words,
                _("You can answer, and change your answers, until %(until)s, in the browser that you use for Andon:")
                % words,
                today,
                alike,
                choosing,
            )
        )
    if kind is LetterKind.ENDS_SOON:
        return _("A round closes soon: %(team)s") % words, "\n\n".join(
            (
                _("The round of %(team)s closes on %(until)s.") % words,
                _("If you want to answer, or to change what you answered:"),
                today,
                alike,
                choosing,
            )
        )
    return _("The result is there: %(team)s") % words, "\n\n".join(
        (
            _("The round of %(team)s is closed. Its result is shown to everybody who was asked, at the same moment:")
            % words,
            f"    {settings.APP_ORIGIN}{reverse('results:report', args=[view.id])}",
            _("Talk about it: the page leads through 45 minutes and one small step."),
            choosing,
        )
    )
