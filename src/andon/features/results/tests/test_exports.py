"""Results as files: the figures of the page and nothing more, with method and policy, told in the change log."""

import csv
import io
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from unittest.mock import patch

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from andon.features.results import export_views, exports, paper, queries, sentences, trend, views
from andon.foundation.audit.models import AuditEntry
from tests.lived_in import LivedIn, members

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def bo(lived_in: LivedIn) -> Client:
    client = Client()
    client.force_login(lived_in.people["Bo"])
    return client


def export(client: Client, house: LivedIn, kind: str, name: str = "released") -> Any:
    return client.post(f"/results/{house.rounds[name]}/export/", {"as": kind})


def text_of(pdf: bytes) -> str:
    import pypdf

    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_json_says_what_the_page_shows_with_method_and_policy(lived_in: LivedIn, bo: Client) -> None:
    answer = export(bo, lived_in, "json")
    assert answer["Content-Type"] == "application/json"
    assert answer["Content-Disposition"].startswith('attachment; filename="andon-detection-')
    told = json.loads(answer.content)
    assert told["format"] == exports.UNIT_FORMAT
    assert told["policy"]["least_ballots"] == 5
    assert told["unit"]["ballots"] == 5
    assert len(told["method"]) >= 3
    assert len(told["statements"]) == 21
    page = bo.get(f"/results/{lived_in.rounds['released']}/").content.decode()
    for facet in told["facets"]:
        assert facet["name"] in page
        if facet["index"]:
            assert str(facet["index"]["middle"]) in page


def people_in(content: str, house: LivedIn) -> set[str]:
    return {name for name, member in house.people.items() if member.email in content or member.name in content}


def test_no_file_holds_who_was_asked(lived_in: LivedIn, bo: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = ("json", "csv")
    assert [people_in(export(bo, lived_in, kind).content.decode(), lived_in) for kind in kinds] == [set(), set()]
    # The planted fault: a unit with its roster.
    honest = exports.unit_document

    def talkative(own: queries.Own, *others: Any) -> dict[str, Any]:
        document = honest(own, *others)
        document["unit"]["roster"] = ", ".join(own.unit.members)
        return document

    monkeypatch.setattr(exports, "unit_document", talkative)
    for kind in kinds:
        assert people_in(export(bo, lived_in, kind).content.decode(), lived_in) == {*members("Ada", "Bo")}


def test_csv_has_a_row_for_each_facet_and_statement(lived_in: LivedIn, bo: Client) -> None:
    content = export(bo, lived_in, "csv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content)))
    facts = {row[0]: row[1] for row in rows if row[0].startswith("#")}
    assert facts["# policy least_ballots"] == "5"
    body = [row for row in rows if not row[0].startswith("#")]
    assert tuple(body[0]) == exports.COLUMNS[exports.UNIT_FORMAT]
    assert [row[0] for row in body[1:]] == ["facet"] * 5 + ["statement"] * 21
    assert {len(row) for row in body} == {len(body[0])}
    assert not [name for name in body[0] if name.startswith(("units_", "share_"))]


def words_in(table: bytes) -> dict[str, str]:
    """The word of each colour's code, and what stands without a colour under ""."""
    lines = [line for line in table.decode("utf-8-sig").splitlines() if not line.startswith("#")]
    return {row["band"]: row["word"] for row in csv.DictReader(lines)}


def test_csv_calls_colours_as_the_page_does_in_the_readers_language(lived_in: LivedIn, bo: Client) -> None:
    found = words_in(export(bo, lived_in, "csv").content)
    assert {found["high"], found["low"]} == {"safe", "unsafe"}
    document: dict[str, Any] = {"format": exports.UNIT_FORMAT, "facets": [], "method": [], "statements": []}
    row = {"code": "SE1", "words": "x", "reversed": False, "updated": True}
    document["statements"] = [row | {"band": "low", "silence": None}, row | {"band": None, "silence": "other_rules"}]
    assert words_in(exports.as_csv(document, words="level")) == {"low": "low", "": "rests this time"}
    german = Client(headers={"accept-language": "de"})
    german.force_login(lived_in.people["Bo"])
    assert words_in(export(german, lived_in, "csv").content)["low"] == "unsicher"


def test_a_groups_csv_has_no_column_of_a_units(lived_in: LivedIn, bo: Client) -> None:
    top = lived_in.nodes["Lanternworks"].pk
    table = bo.post(f"/results/{lived_in.rounds['autumn']}/groups/{top}/export/", {"as": "csv"}).content
    [heads] = [line for line in table.decode("utf-8-sig").splitlines() if line.startswith("kind,")]
    assert tuple(heads.split(",")) == exports.COLUMNS[exports.GROUP_FORMAT]


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", " =", "\n=", "\uff1d"])
def test_no_cell_is_a_formula(begins: str) -> None:
    document: dict[str, Any] = {
        "format": exports.UNIT_FORMAT,
        "facets": [],
        "method": [],
        "statements": [
            {"code": "SE1", "words": f"{begins}1+1", "reversed": False, "band": None, "updated": True, "silence": None}
        ],
    }
    [row] = [
        row
        for row in csv.reader(io.StringIO(exports.as_csv(document, words="safety").decode("utf-8-sig")))
        if "SE1" in row
    ]
    assert row[2] == f"'{begins}1+1"


def test_a_pdf_is_the_report_in_the_readers_language(lived_in: LivedIn, bo: Client) -> None:
    answer = export(bo, lived_in, "pdf")
    assert answer.content.startswith(b"%PDF-")
    text = text_of(answer.content)
    for words in ("Detection", "5 of 6 answered", "Challenger", "unsafe", "How these figures were made"):
        assert words in text
    german = Client(headers={"accept-language": "de"})
    german.force_login(lived_in.people["Bo"])
    assert "Wie diese Zahlen entstanden sind" in " ".join(text_of(export(german, lived_in, "pdf").content).split())


def paper_of(house: LivedIn, person: str, name: str, **of_the_round: Any) -> str:
    """What stands on the paper of a report, before it is set; with these parts of its round instead."""
    own = queries.own_result(house.people[person], house.rounds[name])
    own = replace(own, round=replace(own.round, **of_the_round))
    line = trend.trend_of(own.round, own.unit, asked=house.people[person])
    context = views.shown(own, line)
    document = exports.unit_document(own, context["report"], line)
    page = render_to_string(paper.TEMPLATE, export_views._on_paper(own, context, document))
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_no_paper_names_who_sees_to_a_step(lived_in: LivedIn) -> None:
    said = paper_of(lived_in, "Bo", "released")
    assert "You look at it again on" in said
    assert people_in(said, lived_in) == set()


def test_a_round_that_was_closed_early_ends_in_its_files_when_it_was(lived_in: LivedIn) -> None:
    view = queries.own_result(lived_in.people["Bo"], lived_in.rounds["released"]).round
    early = view.closes_at - timedelta(days=3)
    said = paper_of(lived_in, "Bo", "released", ended_at=early)
    assert date_format(timezone.localtime(early)) in said
    assert date_format(timezone.localtime(view.closes_at)) not in said
    assert f"{early.astimezone(UTC):%Y-%m-%d}" in exports.file_name("Detection", replace(view, ended_at=early), "csv")
    # A worker that was late asked nobody longer.
    late = replace(view, ended_at=view.closes_at + timedelta(days=3))
    assert exports.file_name("Detection", late, "csv") == exports.file_name("Detection", view, "csv")


def test_a_file_says_of_its_figures_only_what_is_so(lived_in: LivedIn) -> None:
    def said(person: str, name: str) -> str:
        report = queries.report_for(lived_in.people[person], lived_in.rounds[name])
        return " ".join(sentences.method(report))

    counted, number = "Every answer was counted once", "A number is the middle"
    new, kept, few = said("Bo", "released"), said("Hal", "kept"), said("Eve", "few")
    assert [counted in one for one in (new, kept, few)] == [True, False, False]
    assert [number in one for one in (new, kept, few)] == [True, False, False]
    assert ["speak for those who did" in one for one in (new, kept, few)] == [True, False, False]
    assert ["the answers of this one are not in it" in one for one in (new, kept, few)] == [False, True, False]
    assert ["are destroyed" in one for one in (new, kept, few)] == [False, False, True]
    # And the page and the paper with it.
    page = client_page(lived_in, "Hal", "kept")
    assert counted not in page
    assert number not in page
    assert number in client_page(lived_in, "Bo", "released")
    assert number not in paper_of(lived_in, "Hal", "kept")
    assert paper_of(lived_in, "Bo", "released").count(number) == 1


def test_a_paper_says_its_rules_in_words_and_of_staircases_only_what_they_have(lived_in: LivedIn) -> None:
    said = paper_of(lived_in, "Bo", "released")
    assert "A colour needs answers from at least 5 people. The round could be closed before its date." in said
    for code in ("wide-4", "early_close", "depth"):
        assert code not in said
    own = queries.own_result(lived_in.people["Bo"], lived_in.rounds["released"])
    index = next(line.index for line in queries.build_report(own.round, own.unit, own.part).facets if line.index)
    name = queries.in_words({"en": "Calm"})

    def about(*, begins: bool, has_gap: bool, is_assumed: bool) -> str:
        lines = [queries.FacetLine("calm", name, one, "", None) for one in (index, None if has_gap else index)]
        steps = tuple(trend.Step(lived_in.now.date(), line, begins) for line in lines)
        return " ".join(
            sentences.about_staircases(trend.Trend((trend.FacetTrend("calm", name, steps, None),), is_assumed))
        )

    words = ("dashed line", "ring", "has not been measured for this wording")
    plain = about(begins=False, has_gap=False, is_assumed=False)
    all_of_it = about(begins=True, has_gap=True, is_assumed=True)
    assert [word in plain for word in words] == [False] * 3
    assert [word in all_of_it for word in words] == [True] * 3


def client_page(house: LivedIn, person: str, name: str) -> str:
    client = Client()
    client.force_login(house.people[person])
    return client.get(f"/results/{house.rounds[name]}/").content.decode()


@pytest.mark.parametrize("name", ["security", "kept", "few"])
def test_other_results_are_papers_too(lived_in: LivedIn, name: str) -> None:
    client = Client()
    client.force_login(lived_in.people[{"security": "Bo", "kept": "Hal", "few": "Eve"}[name]])
    assert export(client, lived_in, "pdf", name).content.startswith(b"%PDF-")
    assert export(client, lived_in, "csv", name).status_code == 200


def test_each_export_stands_in_the_change_log_and_no_refused_one(lived_in: LivedIn, bo: Client) -> None:
    before = AuditEntry.objects.filter(kind="results.exported").count()
    export(bo, lived_in, "csv")
    [entry] = AuditEntry.objects.filter(kind="results.exported")[: 1 + before][:1]
    assert entry.by == lived_in.people["Bo"]
    assert entry.facts == {"taken_as": "CSV"}
    assert export(bo, lived_in, "xlsx").status_code == 400
    cy = Client()
    cy.force_login(lived_in.people["Cy"])
    assert export(cy, lived_in, "json").status_code == 404
    assert AuditEntry.objects.filter(kind="results.exported").count() == before + 1


def test_a_group_is_taken_along_without_the_figures_of_its_units(lived_in: LivedIn, bo: Client) -> None:
    top = lived_in.nodes["Lanternworks"].pk
    answer = bo.post(f"/results/{lived_in.rounds['autumn']}/groups/{top}/export/", {"as": "json"})
    told = json.loads(answer.content)
    assert told["format"] == exports.GROUP_FORMAT
    assert told["group"]["turnout"]
    assert "bands" not in json.dumps(told["group"]["inside"])
    table = bo.post(f"/results/{lived_in.rounds['autumn']}/groups/{top}/export/", {"as": "csv"})
    assert table.content.decode("utf-8-sig").startswith("# format,andon.results.group/1")


class Asked(BaseHTTPRequestHandler):
    """Whoever is asked for a picture, and counts it."""

    times = 0

    def do_GET(self) -> None:
        type(self).times += 1
        self.send_error(404)

    def log_message(self, *_words: Any) -> None:
        pass


def test_nothing_is_fetched_while_a_paper_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Asked, "times", 0)
    with HTTPServer(("127.0.0.1", 0), Asked) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/pixel.png"
        page = f'<html lang="en"><title>x</title><body><img src="{address}" alt="x"></body></html>'
        monkeypatch.setattr(paper, "render_to_string", lambda *_words: page)
        assert paper.pdf({}).startswith(b"%PDF-")
        assert Asked.times == 0
        # The planted fault: what WeasyPrint does by itself.
        monkeypatch.setattr(paper, "ALLOWED_PROTOCOLS", ("http",))
        paper.pdf({})
        assert Asked.times == 1
        server.shutdown()


@pytest.fixture
def without_pango() -> Iterator[None]:
    import builtins

    honest = builtins.__import__

    def missing(name: str, *args: Any, **options: Any) -> Any:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return honest(name, *args, **options)

    with patch.object(builtins, "__import__", missing):
        yield


def test_without_pango_the_page_says_so_and_nothing_is_recorded(
    lived_in: LivedIn, bo: Client, without_pango: None
) -> None:
    before = AuditEntry.objects.filter(kind="results.exported").count()
    answer = export(bo, lived_in, "pdf")
    assert answer.status_code == 503
    assert "Nothing was exported" in answer.content.decode()
    assert AuditEntry.objects.filter(kind="results.exported").count() == before


def statuses_of_papers(house: LivedIn, client: Client, times: int) -> list[int]:
    with patch.object(paper, "pdf", lambda context: b"%PDF-1.7"):
        return [export(client, house, "pdf").status_code for _ in range(times)]


def test_a_member_takes_ten_papers_in_a_quarter_of_an_hour_and_other_files_and_people_go_on(
    lived_in: LivedIn, bo: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert statuses_of_papers(lived_in, bo, 11) == [200] * 10 + [429]
    refused = export(bo, lived_in, "pdf")
    assert refused["Retry-After"] == "300"
    assert "Nothing was exported" in refused.content.decode()
    assert AuditEntry.objects.filter(kind="results.exported", facts__taken_as="PDF").count() == 10
    assert export(bo, lived_in, "json").status_code == 200
    ada = Client()
    ada.force_login(lived_in.people["Ada"])
    assert statuses_of_papers(lived_in, ada, 1) == [200]
    AuditEntry.objects.filter(kind="results.exported").update(at=timezone.now() - timedelta(minutes=16))
    assert statuses_of_papers(lived_in, bo, 1) == [200]
    # Without the bound there would be no end.
    monkeypatch.setattr(export_views, "MOST_PAPERS", 1_000)
    assert statuses_of_papers(lived_in, bo, 12) == [200] * 12


def test_a_drawing_has_its_colours_on_paper() -> None:
    from andon.features.results.bars import Stair, staircase

    drawn = paper.on_paper(staircase([Stair((1, 2, 3), "low", True)], first="a", last="a", said="x"))
    assert "var(" not in drawn
    assert "<style>" in drawn
    assert "#b4532a" in drawn
