"""An organisation that is asked once each season, through the services, on the real databases."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from andon.features.ballots import services as casting
from andon.features.closing import public as closing
from andon.features.releases import public as releases
from andon.features.rounds import public as rounds
from andon.foundation.organisation.models import Membership
from andon.foundation.people.models import Member
from andon.kernel import disclosure
from andon.kernel.disclosure import Band
from tests.cast_of_people import NOW, WEEK, box_key_of, slip_for

SEASON = timedelta(days=90)


class House:
    """An organisation that is asked once each season."""

    def __init__(self, people: dict[str, Any]) -> None:
        self.people, self.at, self.round_id = people, NOW, ""
        # Whom the next round loses after they have answered.
        self.erased_while_open: list[Member] = []

    def ask(
        self,
        answers: Mapping[str, int],
        *,
        node: str = "top",
        silent: int = 0,
        early: timedelta = timedelta(),
        by: str = "andon-core",
        code: str = "IN1",
    ) -> None:
        """A whole round. Everybody but the `silent` last of each team gives one answer: to `code`, by team.

        `early`: how long before its date it is closed.
        """
        published = rounds.publish_round(
            node_id=self.people[node].pk,
            instrument_id=by,
            opens_at=self.at,
            closes_at=self.at + WEEK,
            by=None,
            at=self.at,
        )
        self.round_id = str(published.pk)
        rounds.open_round(round_id=self.round_id, at=self.at)
        box_key = box_key_of(self.round_id)
        for team, answer in answers.items():
            on_roster = [member for member in self.of(team) if rounds.unit_of(member, self.round_id) is not None]
            for member in on_roster[: len(on_roster) - silent]:
                body = slip_for(member, self.round_id).cast({code: answer}, box_public_key=box_key)
                assert isinstance(casting.cast(body), casting.Accepted)
        for member in self.erased_while_open:
            rounds.erase_member(member_id=member.pk, at=self.at)
        self.erased_while_open = []
        closing.close_round(round_id=self.round_id, at=self.at + WEEK - early, early=bool(early), by=None)
        self.at += SEASON

    def ask_in_a_window(self, kind: str, team: str, answer: int, *, early: bool = False) -> set[str]:
        """A whole window of one team, in which everybody answers each question so; the statements asked.

        `early`: it is closed a day after its opening, when no more than one was asked.
        """
        published = rounds.publish_round(
            node_id=self.people[team].pk,
            instrument_id="andon-core",
            opens_at=self.at,
            closes_at=None,
            by=None,
            at=self.at,
            kind=kind,
        )
        self.round_id = str(published.pk)
        rounds.open_round(round_id=self.round_id, at=self.at)
        ends_at = self.at + timedelta(days=1) if early else published.closes_at
        view = rounds.find(self.round_id)
        assert view is not None
        codes = {question.code for question in view.questions if question.asked_from < ends_at}
        box_key = box_key_of(self.round_id)
        for member in self.of(team):
            for code in codes:
                slip = slip_for(member, self.round_id, f"ballot/{code}")
                assert isinstance(casting.cast(slip.cast({code: answer}, box_public_key=box_key)), casting.Accepted)
        closing.close_round(round_id=self.round_id, at=ends_at, early=early, by=None)
        self.at = published.closes_at + timedelta(days=30)
        return codes

    def of(self, team: str) -> list[Member]:
        return list(
            Member.objects.filter(memberships__node=self.people[team], memberships__ends_on=None).order_by("email")
        )

    def seen_by(self, team: str) -> disclosure.UnitRelease:
        unit = rounds.unit_of(self.of(team)[0], self.round_id)
        assert unit is not None
        part = releases.unit(self.round_id, unit.id)
        assert part is not None
        return part.release

    def colour_of(self, team: str) -> tuple[Band, bool] | None:
        figures = self.seen_by(team).figures
        assert figures is not None
        return (figures["IN1"].band, figures["IN1"].updated) if "IN1" in figures else None

    def join(self, name: str, team: str) -> None:
        member = Member.objects.create_user(f"{name}@example.org", name)
        Membership.objects.create(member=member, node=self.people[team], starts_on=(self.at - timedelta(days=3)).date())

    def leave(self, member: Member) -> None:
        Membership.objects.filter(member=member).update(ends_on=(self.at - timedelta(days=3)).date())

    def state(self) -> rounds.State:
        view = rounds.find(self.round_id)
        assert view is not None
        return view.state
