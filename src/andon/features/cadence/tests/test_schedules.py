"""Rounds that open by themselves: once for each turn, also when something is killed, and not after a standstill."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from andon.features.cadence import services
from andon.features.cadence.models import Schedule, Turn
from andon.features.rounds import public as rounds
from andon.features.rounds import services as rounds_services
from andon.features.rounds.models import Round
from andon.foundation.configuration import public as configuration
from andon.foundation.organisation import public as organisation
from tests.lived_in import LivedIn, founded, members

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
DAY = timedelta(days=1)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[LivedIn]:
    with founded(tmp_path) as made:
        made.add_team("Detection", "Lanternworks", members("Ada", "Bo"))
        made.add_team("Small", "Lanternworks", ["Dee", "Eve"])
        made.add_member("Stella", duty="steward")
        yield made


def client(house: LivedIn, name: str) -> Client:
    browser = Client()
    browser.force_login(house.people[name])
    return browser


def a_monday() -> date:
    today = organisation.today()
    return today + timedelta(days=14 - today.weekday())


def schedule(
    house: LivedIn,
    *,
    first_on: date | None = None,
    weeks: int = 13,
    team: str = "Detection",
    kind: str = "full",
    asks_comments: bool = False,
) -> Schedule:
    return services.make_schedule(
        node_id=house.nodes[team].pk,
        instrument_id="andon-core",
        first_on=first_on or a_monday(),
        weeks=weeks,
        open_days=7,
        by=house.people["Ada"],
        at=timezone.now(),
        on=organisation.today(),
        kind=kind,
        asks_comments=asks_comments,
    )


def at(day: date, hour: int = 6) -> datetime:
    return datetime.combine(day, datetime.min.time(), tzinfo=organisation.zone()) + timedelta(hours=hour)


def looks(made: Schedule, *days: date) -> None:
    for day in days:
        services.carry_out(schedule_id=made.pk, now=at(day))


def test_a_round_is_published_three_days_before_and_only_once(house: LivedIn) -> None:
    made = schedule(house)
    looks(made, made.first_on - 4 * DAY)
    assert not Round.objects.exists()
    looks(made, *(made.first_on - n * DAY for n in (3, 2, 1, 0)), made.first_on + DAY)
    published = Round.objects.get()
    assert published.opens_at == at(made.first_on, 9)
    assert published.closes_at - published.opens_at == 7 * DAY
    assert Turn.objects.get().round_id == published.pk


def test_the_next_turn_is_a_quarter_later(house: LivedIn) -> None:
    made = schedule(house)
    looks(made, made.first_on - 3 * DAY)
    made.refresh_from_db()
    assert made.look_on == made.first_on + timedelta(weeks=13) - 3 * DAY


@pytest.mark.parametrize("where", ["Detection", "Lanternworks"])
def test_a_first_round_that_would_be_refused_when_its_day_comes_is_not_announced(house: LivedIn, where: str) -> None:
    house.open_round("asked", where, by="Gil", ago=DAY)
    with pytest.raises(services.AskedTooLately, match="28 days have to lie between"):
        schedule(house)
    assert not Schedule.objects.exists()
    view = rounds.find(house.rounds["asked"])
    assert view is not None
    later = view.closes_at.astimezone(organisation.zone()).date() + timedelta(days=32)
    made = schedule(house, first_on=later)
    ended_at = view.closes_at
    rounds.record_ending(round_id=view.id, kind="closed", reason="", at=ended_at)
    looks(made, made.first_on - 3 * DAY)
    assert Turn.objects.get().round_id


@pytest.mark.parametrize("are_allowed", [True, False])
def test_comments_are_asked_for_where_the_schedule_says_so_until_a_steward_forbids_them(
    house: LivedIn, are_allowed: bool
) -> None:
    made = schedule(house, asks_comments=True)
    configuration.write({"policy.comments": are_allowed}, by=house.people["Stella"], at=timezone.now())
    looks(made, made.first_on - 3 * DAY)
    assert Round.objects.get().asks_comments is are_allowed


def test_a_window_is_made_without_comments(house: LivedIn) -> None:
    with pytest.raises(ValueError, match="no comments"):
        schedule(house, weeks=0, kind="daily", asks_comments=True)


@pytest.mark.parametrize("kind", ["daily", "weekly"])
def test_one_window_follows_the_other_without_a_gap(house: LivedIn, kind: str) -> None:
    made = schedule(house, weeks=0, kind=kind)
    looks(made, *(made.first_on - n * DAY for n in (4, 3, 2)))
    first = Round.objects.get()
    assert (first.kind, bool(first.questions), first.opens_at) == (kind, True, at(made.first_on, 9))
    ends_on = first.closes_at.astimezone(organisation.zone()).date()
    looks(made, *(made.first_on + n * DAY for n in range((ends_on - made.first_on).days - 4)))
    assert Round.objects.count() == 1
    looks(made, *(ends_on - n * DAY for n in (3, 2, 1, 0)))
    _first, second = Round.objects.order_by("opens_at")
    assert second.opens_at == first.closes_at
    # Weekly windows go on with the next part of the questionnaire.
    parts = [{question["code"][:2] for question in row.questions} for row in (first, second)]
    assert (parts[0] == parts[1]) is (kind == "daily")


def test_a_window_that_cannot_be_asked_is_tried_again_a_week_later(house: LivedIn) -> None:
    made = schedule(house, weeks=0, kind="daily", team="Detection")
    with patch.object(rounds_services, "plan_round", return_value=rounds_services.Plan((), {}, (), {}, {})):
        looks(made, made.first_on - 3 * DAY)
    assert Turn.objects.get().refusal == "NobodyToAsk"
    again = made.first_on + 7 * DAY
    looks(made, *(again - n * DAY for n in (5, 4, 3)))
    assert Round.objects.get().opens_at == at(again, 9)


def test_a_paused_window_goes_on_when_somebody_says_so(house: LivedIn) -> None:
    made, ada, now = schedule(house, weeks=0, kind="daily"), house.people["Ada"], timezone.now()
    services.pause_schedule(schedule_id=made.pk, by=ada, at=now)
    looks(made, made.first_on)
    assert not Round.objects.exists()
    later = made.first_on + 30 * DAY
    services.resume_schedule(schedule_id=made.pk, by=ada, at=at(later), on=later)
    looks(made, later)
    assert Round.objects.get().opens_at >= at(later)


def test_once_is_once(house: LivedIn) -> None:
    made = schedule(house, weeks=0)
    looks(made, made.first_on - 3 * DAY)
    made.refresh_from_db()
    assert made.look_on is None
    looks(made, made.first_on + timedelta(weeks=26))
    assert Round.objects.count() == 1


def test_after_a_long_standstill_nobody_is_asked_for_what_was_missed(house: LivedIn) -> None:
    made = schedule(house)
    looks(made, made.first_on + 10 * DAY)
    assert not Round.objects.exists()
    made.refresh_from_db()
    assert made.look_on == made.first_on + timedelta(weeks=13) - 3 * DAY


def test_a_turn_and_its_round_are_written_together(house: LivedIn) -> None:
    """Killed after the plan: the worker finishes that round, and the schedule makes no second one."""
    made = schedule(house)
    with (
        patch.object(rounds_services, "finish_publication", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        looks(made, made.first_on - 3 * DAY)
    planned = Round.objects.get()
    assert Turn.objects.get().round_id == planned.pk
    looks(made, made.first_on - 2 * DAY)
    assert Round.objects.count() == 1


def test_a_round_without_its_turn_would_be_seen(house: LivedIn) -> None:
    """The planted fault: a turn that is written after its round asks twice when it is killed in between."""
    made = schedule(house)
    honest = rounds.publish_round

    def apart(**options: Any) -> Round:
        options.pop("also")
        return honest(**options)

    with patch.object(rounds, "publish_round", apart):
        looks(made, made.first_on - 3 * DAY)
    assert Round.objects.count() == 1
    assert not Turn.objects.exists()


def test_where_no_round_can_be_the_reason_is_kept_and_it_goes_on(house: LivedIn) -> None:
    made = schedule(house, team="Small")
    looks(made, made.first_on - 3 * DAY)
    assert Turn.objects.get().refusal == "NobodyToAsk"
    made.refresh_from_db()
    assert made.look_on is not None


def test_a_paused_schedule_asks_nobody_and_goes_on_with_its_next_day(house: LivedIn) -> None:
    made = schedule(house)
    ada = house.people["Ada"]
    services.pause_schedule(schedule_id=made.pk, by=ada, at=timezone.now())
    looks(made, made.first_on - 3 * DAY, made.first_on)
    assert not Round.objects.exists()
    services.resume_schedule(schedule_id=made.pk, by=ada, at=timezone.now(), on=made.first_on + DAY)
    made.refresh_from_db()
    assert made.look_on == made.first_on + timedelta(weeks=13) - 3 * DAY
    services.end_schedule(schedule_id=made.pk, by=ada, at=timezone.now())
    looks(made, made.first_on + timedelta(weeks=13))
    assert not Round.objects.exists()


@pytest.mark.parametrize("stop", ["pause", "end"])
def test_what_is_paused_or_ended_while_its_round_is_planned_asks_nobody(house: LivedIn, stop: str) -> None:
    made = schedule(house)
    stops = {"pause": services.pause_schedule, "end": services.end_schedule}
    honest = rounds.publish_round

    def late(**options: Any) -> Round:
        stops[stop](schedule_id=made.pk, by=house.people["Ada"], at=timezone.now())
        return honest(**options)

    with patch.object(rounds, "publish_round", late):
        looks(made, made.first_on - 3 * DAY)
    made.refresh_from_db()
    assert (Round.objects.count(), Turn.objects.count(), made.look_on) == (0, 0, None)


def test_a_look_that_is_written_back_unasked_would_be_seen(house: LivedIn) -> None:
    """The planted fault: a schedule that was read before its pause is written whole, and goes on."""
    made = schedule(house)
    services.pause_schedule(schedule_id=made.pk, by=house.people["Ada"], at=timezone.now())
    with pytest.raises(services.NotAnyMore):
        services._go_on(made, after=made.first_on, on=made.first_on)
    services._look(made, made.first_on)
    made.refresh_from_db()
    assert made.look_on is not None


def test_two_schedules_of_one_team_are_refused(house: LivedIn) -> None:
    made = schedule(house)
    with pytest.raises(services.AlreadyScheduled):
        schedule(house)
    services.pause_schedule(schedule_id=made.pk, by=house.people["Ada"], at=timezone.now())
    with pytest.raises(services.AlreadyScheduled):
        schedule(house)
    services.end_schedule(schedule_id=made.pk, by=house.people["Ada"], at=timezone.now())
    schedule(house)


def test_a_lead_makes_one_on_the_page_and_nobody_else_touches_it(house: LivedIn) -> None:
    ada, gil, bo = client(house, "Ada"), client(house, "Gil"), client(house, "Bo")
    form = {
        "node": house.nodes["Detection"].pk,
        "instrument": "andon-core",
        "weeks": "13",
        "first_on": a_monday().isoformat(),
        "open_days": "7",
    }
    assert ada.post("/rounds/schedules/new/", form | {"first_on": "2020-01-01"}).status_code == 422
    refused = ada.post("/rounds/schedules/new/", form | {"weeks": "daily", "comments": "on"})
    assert refused.status_code == 422
    assert "only where all is asked at once" in refused.content.decode()
    assert ada.post("/rounds/schedules/new/", form | {"comments": "on"}).status_code == 302
    assert ada.post("/rounds/schedules/new/", form).status_code == 422
    made = Schedule.objects.get()
    assert made.asks_comments
    assert re.search(r"Each quarter\.\s+People may add a comment\.", ada.get("/rounds/schedules/").content.decode())
    for other in (bo, client(house, "Dee"), client(house, "Stella")):
        assert other.post(f"/rounds/schedules/{made.pk}/", {"what": "end"}).status_code == 404
    assert bo.get("/rounds/schedules/").status_code == 404
    # Whoever leads everybody leads this team, too.
    assert gil.post(f"/rounds/schedules/{made.pk}/", {"what": "pause"}).status_code == 302
    assert "Paused." in ada.get("/rounds/schedules/").content.decode()
    assert ada.post(f"/rounds/schedules/{made.pk}/", {"what": "resume"}).status_code == 302
    assert ada.post(f"/rounds/schedules/{made.pk}/", {"what": "end"}).status_code == 302
    assert ada.post(f"/rounds/schedules/{made.pk}/", {"what": "end"}).status_code == 404


def test_a_plain_member_opens_a_round_of_their_team_where_that_is_allowed(house: LivedIn) -> None:
    bo = client(house, "Bo")
    form = {"node": house.nodes["Detection"].pk, "instrument": "andon-core", "opens": "now", "closes": "7d"}
    assert bo.post("/rounds/new/", form | {"confirm": "yes"}).status_code == 404
    configuration.write({"rounds.anybody": True}, by=house.people["Stella"], at=timezone.now())
    assert bo.get("/rounds/new/").status_code == 200
    other = bo.post("/rounds/new/", form | {"node": house.nodes["Small"].pk, "confirm": "yes"})
    assert other.status_code != 302
    assert bo.post("/rounds/new/", form | {"confirm": "yes"}).status_code == 302
    assert Round.objects.get().by == house.people["Bo"]


def test_whoever_sits_above_other_teams_may_not_ask_those_and_sees_no_way_to(house: LivedIn) -> None:
    house.add_member("Max", "Lanternworks")
    house.add_member("Nobody's")
    configuration.write({"rounds.anybody": True}, by=house.people["Stella"], at=timezone.now())
    for name in ("Max", "Nobody's"):
        assert client(house, name).get("/rounds/new/").status_code == 404
        assert "/rounds/new/" not in client(house, name).get("/rounds/").content.decode()
        assert "/rounds/new/" not in client(house, name).get("/").content.decode()
    assert "/rounds/new/" in client(house, "Bo").get("/rounds/").content.decode()


def test_a_report_leads_to_asking_once_more_when_a_change_can_be_seen(house: LivedIn) -> None:
    ended = house.open_round("ended", "Detection", by="Ada", ago=44 * DAY)
    house.answer(ended, members("Ada", "Bo"), {"IN1": 5})
    house.close(ended, ago=37 * DAY)
    address = f"/rounds/schedules/new/?after={ended}"
    assert address in client(house, "Ada").get(f"/results/{ended}/", follow=True).content.decode()
    initial = client(house, "Ada").get(address).context["form"].initial
    assert initial == {
        "node": house.nodes["Detection"].pk,
        "instrument": "andon-core",
        "weeks": "0",
        "first_on": timezone.localtime(house.now - 37 * DAY).date() + 90 * DAY,
    }
    # Who does not lead its people is not led there, and learns nothing of the round.
    house.add_team("Cloud", "Lanternworks", members("Hal"))
    assert address not in client(house, members("Ada")[1]).get(f"/results/{ended}/", follow=True).content.decode()
    assert client(house, "Hal").get(address).context["form"].initial == {}
    assert client(house, "Ada").get("/rounds/schedules/new/?after=nothing").context["form"].initial == {}


def test_a_list_of_windows_asks_as_little_for_two_as_for_one(house: LivedIn) -> None:
    house.add_team("Cloud", "Lanternworks", members("Hal"))

    def begin(team: str) -> None:
        made = services.make_schedule(
            node_id=house.nodes[team].pk,
            instrument_id="andon-core",
            first_on=organisation.today() + 3 * DAY,
            weeks=0,
            open_days=7,
            by=house.people["Ada"],
            at=timezone.now(),
            on=organisation.today(),
            kind=rounds.Kind.DAILY,
        )
        services.carry_out(schedule_id=made.pk, now=timezone.now())
        assert made.turns.get().round_id

    gil = client(house, "Gil")

    def asked() -> tuple[list[date | None], int]:
        with CaptureQueriesContext(connection) as seen:
            page = gil.get("/rounds/schedules/")
        return [view.next_on for view, _rhythm, _turns in page.context["schedules"]], len(seen)

    begin("Detection")
    [first], few = asked()
    begin("Cloud")
    both, many = asked()
    assert first is not None
    assert both == [first, first]
    assert many == few
