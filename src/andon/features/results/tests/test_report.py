"""A unit's report: for its own members, made of the release alone, and never before it is shown."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from andon.features.releases.models import Release, ReleasedUnit
from andon.features.results.models import Drawing
from andon.features.results.tasks import draw_release
from andon.kernel import manifest, wire
from tests.lived_in import LivedIn, absent_id, undone

pytestmark = pytest.mark.django_db(databases="__all__")
PAGES = ("", "receipt/", "unit.json")


def client_of(house: LivedIn, name: str) -> Client:
    client = Client()
    client.force_login(house.people[name])
    return client


def page(house: LivedIn, name: str, round_name: str, which: str = "") -> Any:
    return client_of(house, name).get(f"/results/{house.rounds[round_name]}/{which}")


def text(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def test_a_member_reads_how_many_answered_the_headline_and_every_statement_in_a_word(lived_in: LivedIn) -> None:
    answer = page(lived_in, "Bo", "released")
    said = text(answer)
    assert "5 of 6 answered" in said
    assert "What is safe here: belonging" in said
    words = re.findall(r'<td>\s*<span class="band [a-z-]+">([a-z ]+)<', answer.content.decode())
    assert len(words) == 21
    assert {"safe", "unsafe"} <= set(words)
    assert answer.content.decode().count("<svg") >= 3


def test_until_it_is_drawn_the_table_stands_open(lived_in: LivedIn) -> None:
    with undone():
        Drawing.objects.all().delete()
        answer = page(lived_in, "Bo", "released")
        assert "The drawing is being made" in text(answer)
        assert '<details class="behind" open>' in answer.content.decode()


def test_drawing_twice_changes_nothing(lived_in: LivedIn) -> None:
    before = sorted(Drawing.objects.values_list("name", "svg"))
    draw_release.func(lived_in.rounds["released"])
    assert sorted(Drawing.objects.values_list("name", "svg")) == before


def test_with_three_ballots_the_report_says_why_there_is_no_figure(lived_in: LivedIn) -> None:
    answer = page(lived_in, "Eve", "few")
    said = text(answer)
    assert "Fewer than five people" in said
    assert 'class="band' not in answer.content.decode()
    assert '<svg class="marks"' not in answer.content.decode()
    assert "Index" not in said.replace("index", "")


def test_colours_that_were_kept_say_so_and_give_no_index(lived_in: LivedIn) -> None:
    answer = page(lived_in, "Hal", "kept")
    said, content = text(answer), answer.content.decode()
    assert "5 of 6 answered" in said
    assert "Nothing new can be said this time." in said
    assert "whatever was answered" in said
    # 21 statements, and the five facets in the table.
    assert said.count("not updated") >= 21 + 5
    assert not re.findall(r'data-label="Index, 0 to 100" class="number">\d', content)
    assert content.count("chart-wide") == 1
    assert "chart-square" not in content
    assert "safe, not updated" in content
    # The first time they were set fresh.
    assert "not updated" not in text(page(lived_in, "Hal", "autumn"))


@pytest.mark.parametrize("which", ["debrief/", "debrief/screen/"])
def test_the_talk_marks_colours_that_were_kept(lived_in: LivedIn, which: str) -> None:
    kept = page(lived_in, "Hal", "kept", which).content.decode()
    assert kept.count("not updated") == kept.count('<span class="band') > 0
    assert "not updated" not in text(page(lived_in, "Bo", "released", which))


def test_each_unit_reads_its_own_part_of_a_round(lived_in: LivedIn) -> None:
    bo, eve = page(lived_in, "Bo", "autumn"), page(lived_in, "Eve", "autumn")
    assert "4 of 6 answered" in text(bo)
    assert "0 of 6 answered" in text(eve)
    files = [json.loads(page(lived_in, name, "autumn", "unit.json").content) for name in ("Bo", "Eve")]
    assert files[0]["unit"] != files[1]["unit"]
    one, other = (manifest.parse_opening(file["opening"]).members for file in files)
    assert one
    assert not set(one) & set(other)


@pytest.mark.parametrize("name", ["Eve", "Dee", "Gil", "Cy", "Stella", "Otto", "Fay"])
@pytest.mark.parametrize("which", PAGES)
def test_whoever_is_of_no_unit_of_the_round_gets_what_a_round_that_is_not_there_gives(
    lived_in: LivedIn, name: str, which: str
) -> None:
    client = client_of(lived_in, name)
    answers = [client.get(f"/results/{round_id}/{which}") for round_id in (lived_in.rounds["released"], absent_id())]
    assert [answer.status_code for answer in answers] == [404, 404]


@pytest.mark.parametrize(("name", "round_name"), [("Bo", "open"), ("Ivy", "closing"), ("Hal", "published")])
def test_before_the_close_there_is_no_report_and_the_file_holds_the_place_only(
    lived_in: LivedIn, name: str, round_name: str
) -> None:
    assert page(lived_in, name, round_name).status_code == 404
    file = json.loads(page(lived_in, name, round_name, "unit.json").content)
    assert (file["release"], file["slots"]) == (None, None)
    assert "The round is not closed yet" in text(page(lived_in, name, round_name, "receipt/"))
    assert lived_in.rounds[round_name] not in text(client_of(lived_in, name).get("/results/"))


def nothing_is_visible(house: LivedIn) -> bool:
    with undone():
        Release.objects.filter(round_id=house.rounds["released"]).update(shown=False)
        file = json.loads(page(house, "Bo", "released", "unit.json").content)
        return page(house, "Bo", "released").status_code == 404 and file["release"] is None and file["slots"] is None


def test_a_release_that_is_committed_and_not_yet_shown_is_visible_to_nobody(
    lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ReleasedUnit.objects.filter(round_id=lived_in.rounds["released"]).exists()
    assert nothing_is_visible(lived_in)
    from andon.features.releases import public as releases

    monkeypatch.setattr(releases, "is_shown", lambda round_id: True)
    assert not nothing_is_visible(lived_in)


def test_the_file_of_a_unit_proves_its_place_its_figures_and_its_slots(
    lived_in: LivedIn, anonymous_client: Any
) -> None:
    file = json.loads(page(lived_in, "Bo", "released", "unit.json").content)
    entries = json.loads(anonymous_client.get("/log/").content)["entries"]
    mine = {entry["kind"]: entry["body"] for entry in entries if entry["body"].get("round") == file["round"]}
    place = {"index": file["index"], "count": file["count"], "path": [bytes.fromhex(step) for step in file["path"]]}
    opening = manifest.parse_opening(file["opening"])
    manifest.check_opening(file["leaf"], opening)
    assert any(member.startswith("Bo ") for member in opening.members)
    assert proved(wire.canonical(file["leaf"]), place, mine["manifest"])

    release, slots = file["release"], file["slots"]
    leaf = manifest.release_leaf(
        file["unit"], manifest.release_commitment(wire.unb64u(release["salt"]), release["content"])
    )
    assert proved(wire.canonical(leaf), placed(release), mine["released"])
    listed = [tuple(slot) for slot in slots["list"]]
    leaf = manifest.slot_leaf(file["unit"], manifest.slots_commitment(wire.unb64u(slots["salt"]), listed))
    assert proved(wire.canonical(leaf), placed(slots), mine["closed"])

    release["content"]["ballots"] += 1
    leaf = manifest.release_leaf(
        file["unit"], manifest.release_commitment(wire.unb64u(release["salt"]), release["content"])
    )
    assert not proved(wire.canonical(leaf), placed(release), mine["released"])


def placed(part: dict[str, Any]) -> dict[str, Any]:
    return {"index": part["index"], "count": part["count"], "path": [bytes.fromhex(step) for step in part["path"]]}


def proved(leaf: bytes, place: dict[str, Any], body: dict[str, Any]) -> bool:
    return manifest.verify_inclusion(leaf, root=bytes.fromhex(body["units"]["root"]), **place)


def test_the_list_of_results_holds_what_is_over_and_nothing_of_others(lived_in: LivedIn) -> None:
    listed = client_of(lived_in, "Bo").get("/results/").content.decode()
    for name, round_id in lived_in.rounds.items():
        assert (round_id in listed) == (name in {"autumn", "released", "security"})
    assert "No result yet" in client_of(lived_in, "Cy").get("/results/").content.decode()
