"""An organisation's own instruments: kept as they are for ever or not at all, and offered like any other."""

import re
from typing import Any

import pytest
from django.utils import timezone

from andon.features.instruments import parsing
from andon.features.instruments import public as instruments
from andon.features.instruments.models import OwnInstrument
from andon.features.instruments.tests.test_loading import SMALL
from andon.foundation.audit.models import AuditEntry
from tests.architecture.repository import ROOT

pytestmark = pytest.mark.django_db
OWN = SMALL.replace("id: small", "id: own-small")


def bring(text: str = OWN) -> instruments.Brought:
    return instruments.bring(text.encode(), by=None, at=timezone.now())


def offered() -> list[str]:
    return [one.id for one in instruments.on_offer()]


def kinds() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("kind", flat=True))


def test_a_file_that_was_brought_is_used_like_a_shipped_one() -> None:
    brought = bring()
    assert brought.is_new
    assert instruments.load("own-small") == instruments.load("own-small", "1.2.0") == brought.instrument
    assert brought.instrument in instruments.available()
    assert offered()[-1] == "own-small"
    [entry] = AuditEntry.objects.all()
    assert (entry.kind, entry.subject) == ("instrument.brought", "own-small 1.2.0")
    assert entry.facts == {"sha256": OwnInstrument.objects.get().sha256}


def test_the_same_bytes_again_change_nothing() -> None:
    bring()
    assert not bring().is_new
    assert kinds() == ["instrument.brought"]


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("It is calm.", "It is quiet.", instruments.VersionTaken),
        ("Nobody, never.", "Somebody, once.", instruments.VersionTaken),
        ("id: own-small", "# a remark\nid: own-small", instruments.VersionTaken),
        ("id: own-small", "id: andon-core", instruments.IdTaken),
        ("id: own-small", "id: small", instruments.IdTaken),
        ("version: 1.2.0", "version: 1.2", instruments.WrongValue),
    ],
)
def test_what_is_refused_leaves_no_trace(old: str, new: str, refusal: Any) -> None:
    bring()
    with pytest.raises(refusal):
        bring(OWN.replace(old, new))
    assert OwnInstrument.objects.get().text == OWN
    assert kinds() == ["instrument.brought"]


@pytest.mark.parametrize(
    "wording",
    [
        "I can be myself on this team.",
        "i can be MYSELF,  on this team!",
        "1. I can be myself on this team.",
        "(12) I can be myself on this team - 3",
        "I can be myself on this te\u0430m.",
        "\u0406 can be mys\u0435lf on this team.",
        "\uff29 can be myself on this t\u00e9am.",
        "I can be mys\u3164elf on this team.",
        "In diesem Team kann ich sein, wie ich bin.",
        "It is safe to take a risk on this team.",
    ],
)
def test_a_statement_of_another_instrument_cannot_be_asked_a_second_time_under_another_name(wording: str) -> None:
    with pytest.raises(instruments.StatementTaken, match=r"CA1 says the same as [A-Z]{2}[0-9] of"):
        bring(OWN.replace("It is calm.", f'"{wording}"'))
    bring()
    with pytest.raises(instruments.StatementTaken, match="own-small"):
        bring(OWN.replace("id: own-small", "id: own-copy"))


@pytest.mark.parametrize("wording", ["it is CALM!", "2. It is calm", "It is c\u0430lm.", "It is c\u00e1lm."])
def test_a_statement_cannot_be_asked_twice_in_one_file(wording: str, monkeypatch: pytest.MonkeyPatch) -> None:
    again = OWN.replace("It is loud.", f'"{wording}"')
    assert again != OWN
    with pytest.raises(instruments.DuplicateCode, match="CA1 and CA2 say the same"):
        bring(again)
    assert OwnInstrument.objects.count() == 0
    # The planted fault: letters are compared instead of what is read.
    monkeypatch.setattr(parsing, "heard", str)
    bring(again)
    assert OwnInstrument.objects.count() == 1


def test_a_new_wording_is_a_new_version_and_the_old_one_stays() -> None:
    old = bring().instrument
    new = bring(OWN.replace("1.2.0", "1.10.0").replace("It is calm.", "It is quiet.")).instrument
    assert instruments.load("own-small") == new
    assert instruments.load("own-small", "1.2.0") == old
    assert [one.version for one in instruments.on_offer() if one.id == "own-small"] == ["1.10.0"]


def test_what_is_retired_is_not_offered_and_is_still_found() -> None:
    bring()
    for _again in range(2):
        instruments.retire("own-small", by=None, at=timezone.now())
    assert "own-small" not in offered()
    assert instruments.load("own-small", "1.2.0").id == "own-small"
    for _again in range(2):
        instruments.offer_again("own-small", by=None, at=timezone.now())
    assert "own-small" in offered()
    assert kinds() == ["instrument.brought", "instrument.retired", "instrument.offered_again"]
    with pytest.raises(instruments.CoreStays):
        instruments.retire("andon-core", by=None, at=timezone.now())
    with pytest.raises(instruments.UnknownInstrument):
        instruments.retire("own-nothing", by=None, at=timezone.now())


def test_a_rights_note_waits_for_a_steward_once() -> None:
    bring(OWN.replace("rights: CC0-1.0", "rights: 'LicenseRef-Bought: we bought it'"))
    waiting = {line.instrument.id for line in instruments.listed() if line.waits}
    assert waiting == {"edmondson-1999", "own-small"}
    assert not waiting & set(offered())
    for _again in range(2):
        instruments.confirm_rights("edmondson-1999", "1.0.0", by=None, at=timezone.now())
    instruments.confirm_rights("own-small", "1.2.0", by=None, at=timezone.now())
    assert waiting <= set(offered())
    assert kinds().count("instrument.rights_confirmed") == 2
    # What needs no word gets none.
    instruments.confirm_rights("andon-core", "1.1.0", by=None, at=timezone.now())
    assert kinds().count("instrument.rights_confirmed") == 2


def test_a_new_version_with_a_note_waits_again() -> None:
    noted = OWN.replace("rights: CC0-1.0", "rights: 'LicenseRef-Bought: we bought it'")
    bring(noted)
    instruments.confirm_rights("own-small", "1.2.0", by=None, at=timezone.now())
    bring(noted.replace("1.2.0", "2.0.0"))
    assert "own-small" not in offered()


def test_titles_are_found_with_one_query_and_what_is_gone_keeps_its_id(django_assert_num_queries: Any) -> None:
    bring()
    with django_assert_num_queries(0):
        assert instruments.titles([("andon-core", "1.0.0")]) == {("andon-core", "1.0.0"): "Andon core"}
    with django_assert_num_queries(1):
        found = instruments.titles([("own-small", "1.2.0"), ("own-gone", "1.0.0")])
    assert found == {("own-small", "1.2.0"): "Small", ("own-gone", "1.0.0"): "own-gone"}


def test_the_example_of_the_guide_is_whole_and_can_be_brought() -> None:
    guide = (ROOT / "docs/guide/instruments.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    brought = bring(example)
    assert brought.is_new
    assert brought.instrument.codes == ("HO1", "HO2", "HO3")
    assert brought.instrument.directions["HO2"] == "-"
