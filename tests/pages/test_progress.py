"""Nothing shows progress inside an open round, to anybody: who has a slip, who has answered, how many."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from andon.features.ballots import public as ballots
from andon.features.ballots.models import Ballot
from andon.features.issuance.models import IssuedSlip
from andon.features.rounds import queries as rounds_queries
from tests.lived_in import ANSWERS, FURTHEST, ROLES, LivedIn
from tests.pages import visiting
from tests.pages.compared import without_tokens

pytestmark = pytest.mark.django_db(databases="__all__")
# The public side: what the anonymous door says to anybody.
PUBLIC = ("/log/", "/log/head", "/answer/", "/frame/", "/doors.json")
# To herself alone the server says that it gave her browser a slip: her wallet has to know.
HER_OWN = {"issuance:offer", "verify:about_me", "verify:about_me_json", "verify:about_me_text"}
# A fresh key at every visit, with a picture of it.
NEW_AT_EVERY_VISIT = {"people:app_add"}
# Those who between them reach every page, whoever leads the team itself, and who is not signed in.
WHO_REACH_ALL = sorted({*FURTHEST, "lead", "nobody"})


def read(house: LivedIn, clients: dict[str, Client], wanted: Callable[[str], bool]) -> dict[tuple[str, str], bytes]:
    """Each of these pages by (what it is, whose it is), without what is new at every request."""
    return {
        (seen.what, seen.by): timeless(seen.content)
        for role, client in clients.items()
        for seen in visiting.read_by(house, role, wanted, client)
    }


def everything(house: LivedIn, door: Any, clients: dict[str, Client]) -> dict[tuple[str, str], bytes]:
    pages = read(house, clients, is_about_the_round)
    addresses = (*PUBLIC, f"/answer/{house.rounds['open']}/")
    return pages | {(address, "the public"): door.get(address).content for address in addresses}


def is_about_the_round(what: str) -> bool:
    """Pages of no round, and those of the rounds of the same people."""
    if what in NEW_AT_EVERY_VISIT:
        return False
    return " of " not in what or what.endswith((" of open", " of released", " of autumn"))


def timeless(page: bytes) -> bytes:
    return re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*|\d{1,2}:\d\d( [ap]\.m\.)?", b"", without_tokens(page))


class Watch:
    """What every page says to everybody, or to these roles."""

    def __init__(self, house: LivedIn, door: Any, roles: Iterable[str]) -> None:
        self.house, self.door = house, door
        self.clients = {role: visiting.client_of(house, role) for role in roles}
        self.seen = everything(house, door, self.clients)

    def of_her_own(self) -> dict[tuple[str, str], bytes]:
        return read(self.house, {"member": self.clients["member"]}, HER_OWN.__contains__)

    def changed(self) -> set[tuple[str, str]]:
        """Which pages say something else than when one looked last, and to whom."""
        before, self.seen = self.seen, everything(self.house, self.door, self.clients)
        assert before.keys() == self.seen.keys()
        return {place for place in before if before[place] != self.seen[place]}


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "roles",
    [
        # What a page says of a round is put together by views, whichever database the rows come from.
        pytest.param(WHO_REACH_ALL, id="who reach all", marks=pytest.mark.sqlite_only),
        pytest.param(ROLES, id="everybody", marks=pytest.mark.sweep),
    ],
)
def test_a_slip_shows_to_its_member_alone_and_a_ballot_to_nobody_at_all(
    lived_in: LivedIn, anonymous_client: Any, roles: Iterable[str]
) -> None:
    opened = lived_in.rounds["open"]
    watch = Watch(lived_in, anonymous_client, roles)
    slip = lived_in.slip("Bo", opened)
    assert IssuedSlip.objects.filter(round_id=opened).count() == 1
    with_her_slip = watch.of_her_own()
    ballots.cast(lived_in.body(slip, ANSWERS))
    assert Ballot.objects.filter(round_id=opened).count() == 1
    # All that both of them changed is what the slip did, on her pages about slips.
    assert watch.of_her_own() == with_her_slip
    assert watch.changed() == {(what, "member") for what in HER_OWN}


@pytest.mark.sqlite_only
def test_a_page_that_counts_is_seen(lived_in: LivedIn, anonymous_client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = rounds_queries._view

    def counting(row: Any) -> rounds_queries.RoundView:
        view = honest(row)
        so_far = Ballot.objects.filter(round_id=row.pk).count()
        return replace(view, node_name=f"{view.node_name}, {so_far} so far")

    monkeypatch.setattr(rounds_queries, "_view", counting)
    slip = lived_in.slip("Bo", lived_in.rounds["open"])
    watch = Watch(lived_in, anonymous_client, ["member", "auditor"])
    ballots.cast(lived_in.body(slip, ANSWERS))
    assert {("today:home", "member"), ("rounds:index", "member"), ("round of open", "auditor")} <= watch.changed()
