"""Every code and word of the kernel has its sentence, and the sentence says what the figures say."""

from datetime import date
from fractions import Fraction
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from andon.features.results import queries, sentences
from andon.kernel.disclosure import Band, Silence
from andon.kernel.psychometrics import (
    Change,
    HeadlineCode,
    HeadlineLine,
    Index,
    Message,
    NoIndex,
    Zone,
    headline,
    quadrant,
)

BEST = {
    Band.HIGH: "What is safe here: belonging.",
    Band.MIXED_HIGH: "What comes easiest here, though only leaning safe: belonging.",
    Band.MIXED_LOW: "What comes easiest here, though only leaning unsafe: belonging.",
    Band.LOW: "What comes easiest here, though only unsafe: belonging.",
}
WORST = {
    Band.HIGH: "What is lowest, and still safe: challenging a plan.",
    Band.MIXED_HIGH: "What comes hardest, leaning safe: challenging a plan.",
    Band.MIXED_LOW: "What comes hardest, leaning unsafe: challenging a plan.",
    Band.LOW: "What costs people something: challenging a plan.",
}


def index(low: int, high: int) -> Index:
    return Index(Fraction(low), Fraction(high))


def said(*lines: HeadlineLine, reason: str = "", rests: bool = False, has_kept: bool = False) -> list[str]:
    report: Any = SimpleNamespace(
        reason=reason,
        headline=lines,
        rests=rests,
        has_kept=has_kept,
        has_stages=True,
        round=SimpleNamespace(is_window=False),
    )
    return sentences.headline(report)


@pytest.mark.parametrize("word", Band)
def test_the_stage_that_comes_easiest_is_said_as_strongly_as_it_stands(word: Band) -> None:
    assert said(HeadlineLine(HeadlineCode.HIGHEST, ("inclusion",), (word,))) == [BEST[word]]


@pytest.mark.parametrize("word", Band)
def test_the_stage_that_comes_hardest_is_said_as_strongly_as_it_stands(word: Band) -> None:
    assert said(HeadlineLine(HeadlineCode.LOWEST, ("challenger",), (word,))) == [WORST[word]]


@pytest.mark.parametrize("word", Band)
def test_stages_that_cannot_be_told_apart_are_not_ranked(word: Band) -> None:
    [sentence] = said(HeadlineLine(HeadlineCode.ALIKE, queries.SAFETY, (word,) * 4))
    assert sentence == (
        f"All four stages look alike here, {sentences.BAND_WORDS[word]}: the answers do not tell them apart."
    )


def test_where_a_stage_has_no_figure_it_is_not_said_to_be_like_the_others() -> None:
    line = HeadlineLine(HeadlineCode.ALIKE, ("inclusion", "learner"), (Band.MIXED_LOW,) * 2)
    assert said(line) == [
        "Of the stages that have a figure none stands out, leaning unsafe: belonging and admitting mistakes."
    ]


def test_several_stages_share_a_sentence() -> None:
    line = HeadlineLine(HeadlineCode.LOWEST, ("learner", "contributor", "challenger"), (Band.LOW,) * 3)
    assert said(line) == ["What costs people something: admitting mistakes, bringing in ideas and challenging a plan."]


def test_a_stage_is_never_given_the_word_of_another() -> None:
    both, words = ("inclusion", "learner"), (Band.HIGH, Band.MIXED_HIGH)
    apart = "belonging (safe) and admitting mistakes (leaning safe)."
    assert said(HeadlineLine(HeadlineCode.HIGHEST, both, words)) == [f"What comes easiest here: {apart}"]
    assert said(HeadlineLine(HeadlineCode.LOWEST, both, words)) == [f"What comes hardest: {apart}"]
    assert said(HeadlineLine(HeadlineCode.ALIKE, both, words)) == [
        f"The answers do not tell these stages apart: {apart}"
    ]
    mixed = (Band.MIXED_HIGH, Band.MIXED_LOW, Band.MIXED_HIGH, Band.MIXED_HIGH)
    [sentence] = said(HeadlineLine(HeadlineCode.ALIKE, queries.SAFETY, mixed))
    assert sentence == (
        "The answers do not tell these stages apart: belonging (leaning safe), admitting mistakes (leaning unsafe), "
        "bringing in ideas (leaning safe) and challenging a plan (leaning safe)."
    )


def test_where_nothing_may_be_said_nothing_is_said() -> None:
    assert said(HeadlineLine(HeadlineCode.NO_FIGURE, (), ())) == ["Too few people answered for an index of any stage."]
    [sentence] = said(reason="too_few_ballots")
    assert sentence.startswith("Fewer than five people answered")
    assert said(rests=True, has_kept=True)[0].startswith("Nothing new can be said this time.")
    assert said(rests=True) == ["The colours rest this time."]


@pytest.mark.parametrize("silence", sorted(set(Silence) - {Silence.TOO_FEW_BALLOTS}, key=str))
def test_colours_that_are_not_shown_say_why(silence: Silence) -> None:
    report: Any = SimpleNamespace(silences={silence}, has_kept=False)
    [sentence] = sentences.why_colours_wait(report)
    assert "rest this time" in sentence or "nothing is shown this once" in sentence


def test_where_all_colours_are_new_nothing_is_explained() -> None:
    report: Any = SimpleNamespace(silences=(), has_kept=False)
    assert sentences.why_colours_wait(report) == []
    report.has_kept = True
    assert "“not updated”" in sentences.why_colours_wait(report)[0]


def test_every_line_that_the_kernel_can_make_has_a_sentence() -> None:
    places = [index(low, low + 10) for low in (0, 30, 55, 90)]
    for chosen in product([None, *places], repeat=4):
        lines = headline(dict(zip(queries.SAFETY, chosen, strict=True)))
        assert all(sentence.endswith(".") for sentence in said(*lines))


def of_two_facets(*lines: HeadlineLine, words: str = "safety") -> list[str]:
    facets = (SimpleNamespace(id="calm", name="Calm"), SimpleNamespace(id="pace", name="Pace"))
    report: Any = SimpleNamespace(reason="", headline=lines, rests=False, has_stages=False, facets=facets, words=words)
    return sentences.headline(report)


def test_without_the_four_stages_facets_are_named_as_they_are() -> None:
    both = ("calm", "pace")
    assert of_two_facets(HeadlineLine(HeadlineCode.ALIKE, ("calm",), (Band.MIXED_HIGH,))) == ["Calm: leaning safe."]
    assert of_two_facets(HeadlineLine(HeadlineCode.ALIKE, both, (Band.LOW,) * 2)) == [
        "None of these stands out, unsafe: Calm and Pace."
    ]
    high, low = (
        HeadlineLine(HeadlineCode.HIGHEST, ("pace",), (Band.HIGH,)),
        HeadlineLine(HeadlineCode.LOWEST, ("calm",), (Band.MIXED_LOW,)),
    )
    assert of_two_facets(high, low, words="level") == [
        "What stands highest here, high: Pace.",
        "What stands lowest here, leaning low: Calm.",
    ]
    words = (Band.MIXED_HIGH, Band.HIGH)
    assert [of_two_facets(HeadlineLine(code, both, words), words="level") for code in list(HeadlineCode)[1:]] == [
        ["The answers do not tell these apart: Calm (leaning high) and Pace (high)."],
        ["What stands highest here: Calm (leaning high) and Pace (high)."],
        ["What stands lowest here: Calm (leaning high) and Pace (high)."],
    ]
    assert of_two_facets(HeadlineLine(HeadlineCode.NO_FIGURE, (), ())) == ["Too few people answered for an index."]


def test_every_line_has_a_sentence_without_the_stages_too() -> None:
    places = [None, *(index(low, low + 10) for low in (0, 30, 55, 90))]
    for chosen in product(places, repeat=2):
        lines = headline(dict(zip(("calm", "pace"), chosen, strict=True)))
        said_of_them = of_two_facets(*lines)
        assert len(said_of_them) == len(lines)
        assert all(sentence.endswith(".") and "stage" not in sentence for sentence in said_of_them)


def test_a_line_of_another_kind_is_an_error_and_no_empty_page() -> None:
    with pytest.raises(ValueError, match=r"highest.*no sentence"):
        said(HeadlineLine(HeadlineCode.HIGHEST, (), ()))


@pytest.mark.parametrize(
    ("accountability", "safety", "sentence"),
    [
        (index(70, 90), index(70, 90), "On the whole the team stands in the zone of learning."),
        (index(10, 30), index(70, 90), "On the whole the team stands in the zone of comfort."),
        (index(70, 90), index(10, 30), "On the whole the team stands in the zone of anxiety."),
        (index(10, 30), index(10, 30), "On the whole the team stands in the zone of apathy."),
        (index(40, 60), index(70, 90), "The team stands in comfort or learning: the answers do not say which."),
        (index(40, 60), index(40, 60), "The box lies across the middle: the answers do not say which zone"),
    ],
)
def test_a_zone_is_named_only_where_the_box_lies_in_it(accountability: Index, safety: Index, sentence: str) -> None:
    report: Any = SimpleNamespace(quadrant=quadrant(accountability, safety), safety=())
    assert sentences.where_the_box_lies(report).startswith(sentence)


def test_a_good_zone_does_not_hide_a_weak_stage() -> None:
    stages = (
        SimpleNamespace(id="inclusion", band=Band.HIGH),
        SimpleNamespace(id="challenger", band=Band.LOW),
    )
    report: Any = SimpleNamespace(quadrant=quadrant(index(70, 90), index(60, 80)), safety=stages)
    assert sentences.where_the_box_lies(report) == (
        "On the whole the team stands in the zone of learning. "
        "That is a mean of four stages, and it hides the weakest: challenging a plan."
    )


def test_without_a_box_the_page_says_why() -> None:
    report: Any = SimpleNamespace(quadrant=None)
    assert sentences.where_the_box_lies(report).startswith("There is no box")


def test_every_band_zone_and_reason_has_its_word() -> None:
    assert set(sentences.BAND_WORDS) == set(sentences.LEVEL_WORDS) == set(Band)
    assert set(sentences.ZONE_NAMES) == set(Zone)
    assert set(sentences.WHY_NO_INDEX) == {reason.value for reason in NoIndex} | {"not_asked", "silent"}


def test_what_is_said_of_a_group_without_the_stages() -> None:
    line = SimpleNamespace(id="calm", name="Calm", counts=((Band.LOW, 6), (Band.HIGH, 4)), units=10)
    report: Any = SimpleNamespace(facets=(line,), means=(), has_stages=False, words="level")
    assert sentences.group_headline(report) == "In more than half of the teams low or leaning low: Calm."
    line.counts = ((Band.LOW, 4), (Band.HIGH, 6))
    assert sentences.group_headline(report) == "Nothing is low or leaning low in more than half of the teams."
    report.words = "safety"
    assert sentences.group_headline(report) == "Nothing is unsafe or leaning unsafe in more than half of the teams."
    assert sentences.spread_in_words(line, "level") == "4 low, 6 high, of 10 teams"
    assert "at the high end" in sentences.shares_in_words([1, 2, 3, 4, 90], "level")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            Change.NONE_SEEN,
            "No change that we can see since 30 April 2026, on average and compared with the six rounds up to then.",
        ),
        (
            Change.MAY_HAVE_RISEN,
            "May have risen since 30 April 2026, on average and compared with the six rounds up to then.",
        ),
        (
            Change.MAY_HAVE_FALLEN,
            "May have fallen since 30 April 2026, on average and compared with the six rounds up to then.",
        ),
        (Change.ROSE, "Rose since 30 April 2026: on average higher than in the six rounds up to then."),
        (Change.FELL, "Fell since 30 April 2026: on average lower than in the six rounds up to then."),
    ],
)
def test_what_many_rounds_show_says_since_when(change: Change, sentence: str) -> None:
    facet: Any = SimpleNamespace(message=Message(change, baseline_ends=5), baseline_until=date(2026, 4, 30))
    assert sentences.change(facet) == sentence


def test_what_two_rounds_show_says_what_would_be_noticed() -> None:
    facet: Any = SimpleNamespace(message=Message(Change.MAY_HAVE_RISEN, 27), baseline_until=None)
    assert sentences.change(facet) == "May have risen. We would notice about ±27 points."
    facet.message = Message(Change.MAY_HAVE_FALLEN, 27)
    assert sentences.change(facet) == "May have fallen. We would notice about ±27 points."


@pytest.mark.parametrize(("change", "until"), [(Change.ROSE, None), (Change.FIRST, date(2026, 4, 30))])
def test_what_was_not_earned_is_an_error_and_no_sentence(change: Change, until: date | None) -> None:
    facet: Any = SimpleNamespace(message=Message(change), baseline_until=until)
    with pytest.raises(ValueError, match=r"alone|nothing"):
        sentences.change(facet)
