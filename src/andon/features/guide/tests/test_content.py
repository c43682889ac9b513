"""What is shipped covers every facet, stage and role; and a file that is wrong is refused by name."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from andon.features.guide.model import STAGES, Cited, Facet, Guide, MemberPath, Practice, Resource, Role, Source, Text
from andon.features.guide.parsing import BadContent, read
from andon.features.guide.shipped import CONTENT, TRANSLATED, guide, in_language

MOST_WORDS = 350
MOMENTS = {
    "your-idea-was-shot-down",
    "you-found-a-flaw",
    "you-made-the-mistake",
    "you-were-told-bad-news",
    "a-new-colleague",
    "after-an-incident",
}


def texts_of(value: Any) -> Iterator[str]:
    """Every text in it. What it leads to is a page of its own."""
    match value:
        case str():
            yield value
        case tuple():
            for part in value:
                yield from texts_of(part)
        case Cited():
            yield value.says
            yield from (value.source.who, value.source.title, value.source.where)
        case Source():
            yield from (value.who, value.title, value.where)
        case Practice():
            yield from texts_of(
                (value.title, value.summary, value.moment, value.do, value.say, value.helped, value.sources, value.ours)
            )
        case _:
            raise AssertionError(value)


def words_in(value: Any) -> int:
    return sum(len(text.split()) for text in texts_of(value))


def lacking(found: Guide) -> set[str]:
    """Which of the rules of coverage and length it breaks."""

    def number(wanted: Any) -> int:
        return sum(1 for one in found.practices if wanted(one))

    rules = {
        "24 practices": len(found.practices) >= 24,
        "12 resources": len(found.resources) >= 12,
        "six moments": {one.id for one in found.moments} == MOMENTS,
        "8 for members": number(lambda one: Role.MEMBER in one.roles) >= 8,
        "10 minutes": all(1 <= one.minutes <= 10 for one in found.practices),
        "350 words": all(words_in(one) <= MOST_WORDS for one in found.practices),
        "what it rests on": all(one.sources or one.ours for one in found.practices),
        "each source is named": {source.id for source in found.sources if source.resource is None}
        <= {cited.source.id for one in found.practices for cited in one.sources}
        | {source.id for step in found.path.steps for source in step.sources},
    }
    rules |= {f"2 for {facet}": number(lambda one, f=facet: f in one.facets) >= 2 for facet in Facet}
    rules |= {f"4 for {stage}": number(lambda one, f=stage: f in one.facets) >= 4 for stage in STAGES}
    rules |= {
        f"{facet} by {role}": number(lambda one, f=facet, r=role: f in one.facets and r in one.roles) >= 1
        for facet in Facet
        for role in Role
    }
    return {rule for rule, holds in rules.items() if not holds}


LANGUAGES = sorted({"en", *TRANSLATED})


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_shipped_covers_every_facet_stage_and_role_and_reads_in_two_minutes(language: str) -> None:
    assert lacking(in_language(language)) == set()


def test_german_is_whole() -> None:
    assert "de" in TRANSLATED
    original, german = in_language("en"), in_language("de")
    names = {source.who for source in original.sources} | {source.title for source in original.sources}
    names |= {source.where for source in original.sources}
    same = {text for _where, text in everything(original)} & {text for _where, text in everything(german)}
    assert same - names == {""}
    assert {one.id: one.minutes for one in german.practices} == {one.id: one.minutes for one in original.practices}


def without(practices: tuple[Practice, ...], facet: Facet) -> tuple[Practice, ...]:
    return tuple(one for one in practices if facet not in one.facets)


def test_what_lacks_something_is_seen() -> None:
    whole = guide()
    first = whole.practices[0]
    assert "2 for accountability" in lacking(replace(whole, practices=without(whole.practices, Facet.ACCOUNTABILITY)))
    assert "4 for learner" in lacking(replace(whole, practices=without(whole.practices, Facet.LEARNER)))
    long = replace(first, moment=Text("word " * MOST_WORDS))
    assert lacking(replace(whole, practices=(*whole.practices, long))) == {"350 words"}
    bare = replace(first, sources=(), ours=Text())
    assert "what it rests on" in lacking(replace(whole, practices=(bare, *whole.practices[1:])))
    stray = Source("stray-2001", Text("A"), "2001", Text("B"), Text("C"), "", None)
    assert lacking(replace(whole, sources=(*whole.sources, stray))) == {"each source is named"}
    assert "six moments" in lacking(replace(whole, moments=whole.moments[1:]))
    few = tuple(replace(one, roles=(Role.LEAD,)) for one in whole.practices)
    assert "8 for members" in lacking(replace(whole, practices=few))


def test_the_member_path_needs_no_lead() -> None:
    path: MemberPath = guide().path
    assert {"self-check", "room"} <= {step.leads_to for step in path.steps}
    named = [practice for step in path.steps for practice in step.practices]
    assert len(named) >= 8
    assert all(Role.MEMBER in practice.roles for practice in named)
    assert any("where we stand" in line for step in path.steps for line in step.words)


def everything(found: Guide) -> Iterator[tuple[str, str]]:
    for one in found.practices:
        yield from ((one.id, text) for text in texts_of(one))
    for moment in found.moments:
        yield from ((moment.id, text) for text in texts_of((moment.people, moment.first_minute, moment.words)))
        yield from ((moment.id, text) for text in texts_of(moment.later))
    yield from (("path", text) for step in found.path.steps for text in texts_of((step.text, step.words)))
    yield from ((one.id, str(one.resource.about)) for one in found.resources if one.resource)


# Loud, or somebody's name for it, or words for somebody who sells it.
NOT_OURS = re.compile(
    r"!|theat(?:re|er)\b|PSindex|LeaderFactor|leverage|empower|stakeholder|best practice", re.IGNORECASE
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_calm_and_plain(language: str) -> None:
    assert [(where, text) for where, text in everything(in_language(language)) if NOT_OURS.search(text)] == []
    assert NOT_OURS.search("Great!")
    sentences = [
        (where, sentence)
        for where, text in everything(in_language(language))
        for sentence in re.split(r"(?<=[.?:;]) ", text)
        if len(sentence.split()) > 40 and not re.search(r"\d{4}", sentence)
    ]
    assert sentences == []


def test_authors_of_the_two_books_are_not_swapped() -> None:
    by_title = {source.title.partition(":")[0]: source.who for source in guide().sources}
    assert by_title["The Fearless Organization"] == "Amy C. Edmondson"
    assert by_title["The 4 Stages of Psychological Safety"] == "Timothy R. Clark"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(CONTENT, tmp_path / "content")
    return tmp_path / "content"


def test_what_is_shipped_reads_the_same_from_anywhere(folder: Path) -> None:
    assert [read(folder, language) for language in LANGUAGES] == [in_language(language) for language in LANGUAGES]


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("practices/alert-hand-over", "minutes: 5", "minutes: 11", "minutes: here belongs a whole number from 1 to 10"),
        ("practices/alert-hand-over", "minutes: 5", "minutes: yes", "minutes: here belongs a whole number"),
        ("practices/alert-hand-over", "minutes: 5", "", "minutes is missing"),
        ("practices/alert-hand-over", "minutes: 5", "minutes: 5\nurgency: 3", "no field urgency is known here"),
        ("practices/alert-hand-over", "minutes: 5", "minutes: 5\nminutes: 6", "minutes stands there twice"),
        (
            "practices/alert-hand-over",
            "[learner, inclusion]",
            "[learner, bravery]",
            "facets 2: this is one of inclusion",
        ),
        ("practices/alert-hand-over", "[learner, inclusion]", "[learner, learner]", "one of these stands there twice"),
        ("practices/alert-hand-over", "starmer-2014", "starmer-2041", "sources 1, id: there is no 'starmer-2041'"),
        ("practices/alert-hand-over", "place: 8", "place: 9", "have the same place"),
        ("practices/remove-one-annoyance", "ours:", "# ours:", "neither a source nor that it is our own judgement"),
        ("practices/alert-hand-over", "title: Hand", "title: [Hand", "practices/alert-hand-over.yaml: "),
        (
            "moments/after-an-incident",
            "[ten-minute",
            "[twelve-minute",
            "practices 1: there is no 'twelve-minute-debrief'",
        ),
        ("member-path", "leads_to: room", "leads_to: cellar", "leads_to: this is self-check or room"),
        ("sources", "https://doi.org/10.2307/2666999", "doi:10.2307", "link: here belongs an address"),
        ("practices/alert-hand-over.de", "moment:", "minutes: 5\nmoment:", "no field minutes is known here"),
        ("practices/alert-hand-over.de", "summary:", "# summary:", "alert-hand-over.de.yaml: summary is missing"),
        (
            "practices/alert-hand-over.de",
            "  - Lass die vierte",
            "  # Lass die vierte",
            "do: here belong 4 to 4 entries",
        ),
        ("practices/alert-hand-over.de", "starmer-2014", "starmer-2041", "sources: starmer-2014 is missing"),
        ("sources.de", "clark-2020", "clark-2002", "sources.de.yaml: clark-2020 is missing"),
        ("member-path.de", "- title: Schau", "- name: Schau", "steps 1: title is missing"),
        ("sources", "kind: book", "kind: scroll", "kind: this is one of book, study, article, guide"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_field(folder: Path, file: str, old: str, new: str, says: str) -> None:
    path = folder / f"{file}.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(BadContent, match=re.escape(says)):
        read(folder, "de" if file.endswith(".de") else "en")


def test_a_translation_without_its_original_is_refused(folder: Path) -> None:
    (folder / "practices" / "alert-hand-over.yaml").unlink()
    with pytest.raises(BadContent, match=r"alert-hand-over\.de\.yaml: there is no original"):
        read(folder)


def test_what_is_not_translated_stands_there_in_english_and_says_so(folder: Path) -> None:
    (folder / "practices" / "alert-hand-over.de.yaml").unlink()
    read_anew = {one.id: one for one in read(folder, "de").practices}
    assert {one.title.language for one in read_anew.values()} == {"en", "de"}
    assert read_anew["alert-hand-over"] == in_language("en").practice("alert-hand-over")


def test_a_text_is_marked_with_its_language_on_pages_in_others() -> None:
    with translation.override("en"):
        assert Text("Ask <how>").__html__() == "Ask &lt;how&gt;"
        assert Text("Frag", "de").__html__() == '<span lang="de" dir="auto">Frag</span>'
    with translation.override("de"):
        assert Text("Ask <how>").__html__() == '<span lang="en" dir="auto">Ask &lt;how&gt;</span>'
        assert Text("Frag", "de").__html__() == "Frag"


def test_the_guide_is_read_in_the_language_of_the_page_and_else_in_english() -> None:
    for page, language in (("en", "en"), ("de", "de"), ("de-at", "de"), ("fr", "en")):
        with translation.override(page):
            assert guide().language == language


def test_resources_say_why_to_read_them() -> None:
    assert all(isinstance(one.resource, Resource) and one.resource.about for one in guide().resources)
