"""Promises that stewards tightened hold for every round from then on, and none can loosen them."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from andon.features.rounds import public as rounds
from andon.features.rounds.forms import OpenRound
from andon.features.rounds.models import Round
from andon.foundation.configuration import public as configuration
from tests.cast_of_people import NOW, WEEK, found_organisation

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def people(tmp_path: Path, settings: Any, key_directory: Path) -> Iterator[dict[str, Any]]:
    return found_organisation(tmp_path, settings, teams={"Detection": 6, "Cloud": 6})


def publish(people: dict[str, Any], team: str, opens_in: timedelta = timedelta(0)) -> Any:
    opens_at = NOW + opens_in
    return rounds.publish_round(
        node_id=people[team].pk,
        instrument_id="andon-core",
        opens_at=opens_at,
        closes_at=opens_at + WEEK,
        by=people[f"{team} 1"],
        at=NOW,
    )


def tighten(**values: Any) -> None:
    configuration.write({f"policy.{key}": value for key, value in values.items()}, by=None, at=NOW)


def test_a_round_is_published_under_what_was_chosen_and_keeps_it(people: dict[str, Any]) -> None:
    before = publish(people, "Detection")
    tighten(least_ballots=8, early_close=False)
    after = publish(people, "Cloud")
    policies = {row.pk: row.policy for row in Round.objects.all()}
    assert (policies[before.pk]["least_ballots"], policies[before.pk]["early_close"]) == (5, True)
    assert (policies[after.pk]["least_ballots"], policies[after.pk]["early_close"]) == (8, False)


@pytest.mark.parametrize(
    "looser", [{"least_ballots": 7}, {"notice_days": 2}, {"early_close": True}, {"comments": True}]
)
def test_what_was_tightened_stays(people: dict[str, Any], looser: dict[str, Any]) -> None:
    tighten(least_ballots=8, notice_days=3, early_close=False, comments=False)
    with pytest.raises(configuration.OnlyTighter):
        tighten(**looser)
    # Its positive twin: the other way goes.
    tighten(least_ballots=9, notice_days=4)


def test_the_notice_is_kept_by_every_way_to_publish(people: dict[str, Any]) -> None:
    tighten(notice_days=3)
    with pytest.raises(rounds.RoundRefused, match="at least 3 days before"):
        publish(people, "Detection", timedelta(days=1))
    assert not Round.objects.exists()
    publish(people, "Detection", timedelta(days=3))


def test_the_form_offers_only_what_the_notice_allows(people: dict[str, Any]) -> None:
    def offered() -> list[str]:
        form: Any = OpenRound(teams=[(people["Detection"].pk, "Detection")])
        return [key for key, _text in form.fields["opens"].choices]

    assert offered() == ["6d", "3d", "1d", "now"]
    tighten(notice_days=2)
    assert offered() == ["6d", "3d"]
    tighten(notice_days=5)
    form: Any = OpenRound(teams=[(people["Detection"].pk, "Detection")])
    assert (offered(), form.fields["opens"].initial) == (["6d"], "6d")


def test_the_page_says_what_each_promise_does_to_anonymity(people: dict[str, Any], client: Client) -> None:
    from andon.foundation.organisation.models import Duty

    Duty.objects.create(member=people["Cloud 2"], role="steward")
    client.force_login(people["Cloud 2"])
    page = client.get("/settings/policies/").content.decode()
    assert page.count("This can only be made stricter.") == 4
    assert "the less it says about any one of them" in page
    sent = {"policy-least_ballots": "6", "policy-notice_days": "1"}
    asked = client.post("/settings/policies/", sent).content.decode()
    assert "A lead may close a round before its date: before yes, from now on no. Nobody can ever" in asked
    assert configuration.read("policy.early_close") is True
    [agreed] = re.findall(r'name="agreed" value="(\w+)"', asked)
    assert client.post("/settings/policies/", sent | {"agreed": agreed}).status_code == 302
    assert configuration.read("policy.early_close") is False
    refused = client.post("/settings/policies/", sent | {"policy-early_close": "on"})
    assert "would loosen what people were promised" in refused.content.decode()


def test_before_figures_need_more_answers_it_is_said_how_many_people_are_in_groups_that_are_too_small(
    people: dict[str, Any],
) -> None:
    def said(number: int) -> str:
        return " ".join(configuration.consequences({"policy.least_ballots": number}))

    assert said(5) == ""
    assert "before 5, from now on 6." in said(6)
    assert " 0 people are asked in groups that are too small" in said(6)
    # Two teams of six.
    assert " 12 people are asked in groups that are too small" in said(7)


def test_where_comments_are_forbidden_no_way_of_publishing_asks_for_them(people: dict[str, Any]) -> None:
    teams = [(people["Detection"].pk, "Detection")]
    assert "comments" in OpenRound(teams=teams).fields
    tighten(comments=False)
    assert "comments" not in OpenRound(teams=teams).fields
    with pytest.raises(rounds.RoundRefused, match="asks for comments"):
        rounds.publish_round(
            node_id=people["Detection"].pk,
            instrument_id="andon-core",
            opens_at=NOW,
            closes_at=NOW + WEEK,
            by=people["Detection 1"],
            at=NOW,
            asks_comments=True,
        )
    assert not Round.objects.exists()
