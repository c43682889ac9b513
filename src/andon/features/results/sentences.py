"""What a report says in words: the codes of the kernel as sentences in the reader's language."""

from collections.abc import Mapping
from typing import assert_never

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from andon.features.results.groups import GroupReport, SpreadLine
from andon.features.results.practices import Moved
from andon.features.results.queries import FacetLine, Report
from andon.features.results.steps import EarlierStep, Step
from andon.features.results.trend import FacetTrend, Trend
from andon.kernel.disclosure import Band, NotShown, Silence, TurnoutStep
from andon.kernel.psychometrics import Change, HeadlineCode, HeadlineLine, Zone

BAND_WORDS = {
    Band.LOW: gettext_lazy("unsafe"),
    Band.MIXED_LOW: gettext_lazy("leaning unsafe"),
    Band.MIXED_HIGH: gettext_lazy("leaning safe"),
    Band.HIGH: gettext_lazy("safe"),
}

# For what is not about safety.
LEVEL_WORDS = {
    Band.LOW: gettext_lazy("low"),
    Band.MIXED_LOW: gettext_lazy("leaning low"),
    Band.MIXED_HIGH: gettext_lazy("leaning high"),
    Band.HIGH: gettext_lazy("high"),
}
_WORDS = {"safety": BAND_WORDS, "level": LEVEL_WORDS}

ZONE_NAMES = {
    Zone.APATHY: gettext_lazy("apathy"),
    Zone.COMFORT: gettext_lazy("comfort"),
    Zone.ANXIETY: gettext_lazy("anxiety"),
    Zone.LEARNING: gettext_lazy("learning"),
}

# What a facet is about, so that a headline can speak of people and not of facets.
_ABOUT = {
    "inclusion": gettext_lazy("belonging"),
    "learner": gettext_lazy("admitting mistakes"),
    "contributor": gettext_lazy("bringing in ideas"),
    "challenger": gettext_lazy("challenging a plan"),
}

WEAK = frozenset({Band.LOW, Band.MIXED_LOW})

WHY_NO_INDEX = {
    "too_few_ballots": gettext_lazy("under five answered"),
    "under_half_of_unit": gettext_lazy("fewer than half of the unit answered"),
    "too_few_statements": gettext_lazy("too few statements have a figure"),
    "not_updated": gettext_lazy("not updated"),
    "silent": gettext_lazy("rests this time"),
    "not_asked": gettext_lazy("not asked this time"),
}

TURNOUT_WORDS = {
    TurnoutStep.UNDER_HALF: gettext_lazy("fewer than half answered"),
    TurnoutStep.HALF_OR_MORE: gettext_lazy("half or more answered"),
    TurnoutStep.THREE_QUARTERS_OR_MORE: gettext_lazy("three quarters or more answered"),
}

WHY_NO_HISTOGRAM = {
    NotShown.UNDER_A_HUNDRED: gettext_lazy(
        "Shares of answers need a hundred people who were asked and a hundred who answered. Here there were fewer."
    ),
    NotShown.TOO_MUCH_NOISE: gettext_lazy(
        "So that nobody can be computed, shares carry a random error. For so few answers to so many statements it "
        "would be larger than what it hides, so none were drawn."
    ),
}

_SILENCES = {
    Silence.TOO_MANY_CHANGES: gettext_lazy(
        "Three or more people came, left, fell silent or spoke again since the colours were set. They rest this time, "
        "and are set afresh the next."
    ),
    Silence.TOO_LONG_WITH_MARGIN: gettext_lazy(
        "For four rounds some were silent, came or left. The colours rest this time, and are set afresh the next."
    ),
    Silence.OTHER_RULES: gettext_lazy(
        "The teams that are counted together, the statements or the rules are not those of last time. So that nobody "
        "can be found by comparing the two, nothing is shown this once."
    ),
}


def how_it_was_asked(report: Report) -> str:
    """Of a window how much was asked and when, for no one number of people answered it; empty elsewhere."""
    view = report.round
    asked = view.asked_questions
    if not asked:
        return ""
    words = {
        "first": date_format(timezone.localtime(view.opens_at)),
        "last": date_format(timezone.localtime(asked[-1].asked_from)),
        "roster": report.roster,
    }
    if len(asked) == 1:
        said = _("asked on %(first)s, of %(roster)d people") % words
    elif view.kind == "daily":
        said = _("asked one a day from %(first)s to %(last)s, of %(roster)d people") % words
    else:
        said = _("asked one a week from %(first)s to %(last)s, of %(roster)d people") % words
    if len(asked) == len(view.questions):
        return said
    return _("closed early after %(asked)d of %(planned)d questions, %(said)s") % {
        "asked": len(asked),
        "planned": len(view.questions),
        "said": said,
    }


def headline(report: Report) -> list[str]:
    """One or two sentences, each true of the sure bounds."""
    if report.reason and report.round.is_window:
        return [_("No question was answered by five people, so there is no figure. Nobody learns what those few said.")]
    if report.reason:
        return [_("Fewer than five people answered, so there is no figure. Nobody learns what those few said.")]
    if report.rests:
        if report.has_kept:
            return [_("Nothing new can be said this time. The colours are those of when they were last set.")]
        return [_("The colours rest this time.")]
    if report.has_stages:
        return [_line(line) for line in report.headline]
    names = {line.id: str(line.name) for line in report.facets}
    return [_line_without_stages(line, names, _WORDS[report.words]) for line in report.headline]


def _line(line: HeadlineLine) -> str:
    names = [str(_ABOUT[facet]) for facet in line.facets]
    about, apart = join(names), _each_with_its_word(line, names, BAND_WORDS)
    match line.code, line.word:
        case HeadlineCode.NO_FIGURE, _word:
            return _("Too few people answered for an index of any stage.")
        case HeadlineCode.ALIKE, word if word is not None and len(line.facets) < len(_ABOUT):
            return _("Of the stages that have a figure none stands out, %(word)s: %(about)s.") % {
                "about": about,
                "word": BAND_WORDS[word],
            }
        case HeadlineCode.ALIKE, word if word is not None:
            return _("All four stages look alike here, %(word)s: the answers do not tell them apart.") % {
                "word": BAND_WORDS[word]
            }
        case HeadlineCode.ALIKE, _several if len(line.facets) > 1:
            return _("The answers do not tell these stages apart: %(about)s.") % {"about": apart}
        case HeadlineCode.HIGHEST, Band.HIGH:
            return _("What is safe here: %(about)s.") % {"about": about}
        case HeadlineCode.HIGHEST, word if word is not None:
            return _("What comes easiest here, though only %(word)s: %(about)s.") % {
                "about": about,
                "word": BAND_WORDS[word],
            }
        case HeadlineCode.HIGHEST, _several if len(line.facets) > 1:
            return _("What comes easiest here: %(about)s.") % {"about": apart}
        case HeadlineCode.LOWEST, Band.HIGH:
            return _("What is lowest, and still safe: %(about)s.") % {"about": about}
        case HeadlineCode.LOWEST, Band.LOW:
            return _("What costs people something: %(about)s.") % {"about": about}
        case HeadlineCode.LOWEST, word if word is not None:
            return _("What comes hardest, %(word)s: %(about)s.") % {"about": about, "word": BAND_WORDS[word]}
        case HeadlineCode.LOWEST, _several if len(line.facets) > 1:
            return _("What comes hardest: %(about)s.") % {"about": apart}
    raise ValueError(f"a headline of kind {line.key} has no sentence")


def _line_without_stages(line: HeadlineLine, names: Mapping[str, str], words: Mapping[Band, str | Promise]) -> str:
    """The same for an instrument that does not ask about the four stages: its facets by their names."""
    if line.code is HeadlineCode.NO_FIGURE:
        return _("Too few people answered for an index.")
    named = [names[facet] for facet in line.facets]
    if line.word is None:
        apart = {"about": _each_with_its_word(line, named, words)}
        if line.code is HeadlineCode.HIGHEST:
            return _("What stands highest here: %(about)s.") % apart
        if line.code is HeadlineCode.LOWEST:
            return _("What stands lowest here: %(about)s.") % apart
        return _("The answers do not tell these apart: %(about)s.") % apart
    said = {"about": join(named), "word": words[line.word]}
    if line.code is HeadlineCode.HIGHEST:
        return _("What stands highest here, %(word)s: %(about)s.") % said
    if line.code is HeadlineCode.LOWEST:
        return _("What stands lowest here, %(word)s: %(about)s.") % said
    if len(line.facets) == 1:
        return _("%(about)s: %(word)s.") % said
    return _("None of these stands out, %(word)s: %(about)s.") % said


def _each_with_its_word(line: HeadlineLine, names: list[str], words: Mapping[Band, str | Promise]) -> str:
    """ "belonging (safe) and admitting mistakes (leaning safe)": no facet gets the word of another."""
    return join(
        [
            _("%(about)s (%(word)s)") % {"about": name, "word": words[word]}
            for name, word in zip(names, line.words, strict=True)
        ]
    )


def word_of(line: FacetLine) -> str:
    """What stands on a facet's tier: its word, with a mark where that is an earlier round's; else why it has none."""
    if line.band is None:
        return str(WHY_NO_INDEX[line.why_not])
    word = str(BAND_WORDS[line.band])
    return word if line.index else _("%(word)s, not updated") % {"word": word}


def word_of_facet(line: FacetLine, words: str) -> str:
    """The word of a facet's colour, in the words of its instrument; without a colour, that there is none."""
    return str(_WORDS[words][line.band]) if line.band else _("no figure")


def word_of_band(band: str | None, words: str, *, silence: str | None = None) -> str:
    """What a page says for the code of a colour; without one, that there is none, or that it rests."""
    if band is not None:
        return str(_WORDS[words][Band(band)])
    return _("no figure") if silence in {None, Silence.TOO_FEW_BALLOTS.value} else _("rests this time")


def why_colours_wait(report: Report) -> list[str]:
    """Why some colours are those of an earlier round, or are not shown; empty where all were updated."""
    said = [str(_SILENCES[silence]) for silence in _SILENCES if silence in report.silences]
    if report.has_kept:
        said.append(
            _(
                "Since the colours were set, somebody was silent, came or left. In a team of this size one person "
                "could then change a colour, and others could tell whose answer did. So these colours stay as they "
                "were, whatever was answered: “not updated”. After five rounds at the latest they rest once, and are "
                "then set afresh."
            )
        )
        said.append(_("When everybody answers from the round on in which they are set, they are updated every time."))
    return said


def heading_of_step(earlier: EarlierStep) -> str:
    """From which round it is, where that is not the unit's last before this one."""
    if earlier.is_of_last_time:
        return _("What you agreed on last time")
    return _("What you agreed on after the round of %(day)s") % {"day": date_format(earlier.asked_on)}


def when_to_look_again(step: Step) -> str:
    """The day of a step without anybody's name, for paper."""
    words = {"day": date_format(step.due_on)}
    if step.is_past:
        return _("You wanted to look at it again on %(day)s.") % words
    return _("You look at it again on %(day)s.") % words


def who_sees_to_it(step: Step) -> str:
    """Who sees to a step and until when, in the past tense where that is over."""
    words = {"owner": step.owner, "day": date_format(step.due_on)}
    if step.outcome:
        if step.owner:
            return _("%(owner)s saw to it; you wanted to look at it again on %(day)s.") % words
        return _("You wanted to look at it again on %(day)s.") % words
    if step.is_past:
        if step.owner:
            return _("%(owner)s sees to it; you wanted to look at it again on %(day)s.") % words
        return _("You wanted to look at it again on %(day)s. Nobody sees to it any more.") % words
    if step.owner:
        return _("%(owner)s sees to it; you look at it again on %(day)s.") % words
    return _("You look at it again on %(day)s. Nobody sees to it any more.") % words


def method(report: Report) -> list[str]:
    """How the figures of a unit were made, for whoever gets them without their page."""
    return [*how_it_was_made(report), *([what_a_number_is()] if report.has_index else [])]


def what_a_number_is() -> str:
    return _("A number is the middle of what is possible; the range beside it is sure.")


def how_it_was_made(report: Report) -> list[str]:
    """How the figures of a unit were made and what they do not say: nothing that is not so in this report."""
    if not report.has_figures:
        return [
            _("A colour for so few would tell what somebody said, so none was made, and the answers are destroyed.")
        ]
    if not report.has_colours:
        return [_("No colour was made this time, and the answers are destroyed.")]
    said = [_how_it_was_counted(report)]
    if report.has_new_colours and (report.ballots < report.roster or report.round.is_window):
        said.append(_("People who did not answer could have said anything; the figures speak for those who did."))
    said.append(
        _("No validated cut exists between the colours, nor at 50. Do not rank teams by them, and do not rate people.")
    )
    return said


def _how_it_was_counted(report: Report) -> str:
    said = []
    if report.are_all_new:
        said.append(_("Every answer was counted once, in one colour per statement for the whole unit."))
    elif report.has_new_colours:
        said.append(
            _(
                "Where a statement has a colour of this round, every answer to it was counted once, in that one colour "
                "for the whole unit."
            )
        )
    if report.has_kept:
        said.append(
            _("What stands as “not updated” is the colour of an earlier round: the answers of this one are not in it.")
        )
    said.append(
        _(
            "The four colours are so broad that a colleague who knows their own answer cannot rule out any answer of "
            "yours."
        )
    )
    if report.has_new_colours:
        said.append(_("A skipped statement counts as the middle."))
    if report.has_index:
        said.append(_("An index is computed from the published colours alone."))
    return " ".join(said)


def change(facet: FacetTrend) -> str:
    """The rung of the ladder that a facet's last step has earned, with what it was compared with.

    What we would notice is said of two rounds alone: beside what many rounds show together it would be another number.
    """
    message = facet.message
    if message is None:
        return _("Nothing new is known this time, so nothing is compared.")
    if facet.baseline_until:
        return _since(message.change, date_format(facet.baseline_until))
    match message.change:
        case Change.FIRST if facet.is_first:
            return _("Nothing to compare with yet: this is its first figure.")
        case Change.FIRST:
            return _("Nothing to compare with yet: people joined or left, so the line begins anew.")
        case Change.NONE_SEEN:
            return _("No change that we can see. We would notice about ±%(points)d points.") % {
                "points": message.would_notice
            }
        case Change.MAY_HAVE_RISEN:
            said = _("May have risen.")
        case Change.MAY_HAVE_FALLEN:
            said = _("May have fallen.")
        case Change.ROSE | Change.FELL:
            raise ValueError("two rounds alone earn no more than “may have”")
        case _:
            assert_never(message.change)
    return said + " " + _("We would notice about ±%(points)d points.") % {"points": message.would_notice}


def _since(change: Change, day: str) -> str:
    """The same of the rounds after the first six of the same people: their running average beside the mean of those."""
    match change:
        case Change.NONE_SEEN:
            said = _("No change that we can see since %(day)s, on average and compared with the six rounds up to then.")
        case Change.MAY_HAVE_RISEN:
            said = _("May have risen since %(day)s, on average and compared with the six rounds up to then.")
        case Change.MAY_HAVE_FALLEN:
            said = _("May have fallen since %(day)s, on average and compared with the six rounds up to then.")
        case Change.ROSE:
            said = _("Rose since %(day)s: on average higher than in the six rounds up to then.")
        case Change.FELL:
            said = _("Fell since %(day)s: on average lower than in the six rounds up to then.")
        case Change.FIRST:
            raise ValueError("a first figure is compared with nothing")
        case _:
            assert_never(change)
    return said % {"day": day}


def moved(line: Moved, trend: Trend | None) -> str:
    """What two figures of one facet say beside each other, by the same ladder as the staircase; never why."""
    facet = next((facet for facet in trend.facets if facet.id == line.now.id), None) if trend else None
    if facet is None or line.before.index is None or line.now.index is None:
        return _("Not both times a figure, so nothing can be said.")
    return change(facet)


def change_of_all(trend: Trend) -> str:
    """What is said of every facet alike where none is compared, to be said once; empty elsewhere."""
    if any(facet.message is not None and facet.message.change is not Change.FIRST for facet in trend.facets):
        return ""
    said = {change(facet) for facet in trend.facets}
    return said.pop() if len(said) == 1 else ""


def about_staircases(trend: Trend) -> list[str]:
    """How they are read: nothing of what none of them has."""
    said = [_("Each step is one round, as high as what is sure; the line in it is the middle.")]
    if trend.has_breaks:
        said.append(
            _("At a dashed line people joined or left: nothing is compared across it, for newcomers often begin high.")
        )
    if trend.has_gaps:
        said.append(_("A ring stands where nothing new was shown."))
    if trend.is_assumed:
        said.append(
            _(
                "How much chance moves these answers has not been measured for this wording: what we would notice "
                "follows from values that are usual for such statements."
            )
        )
    return said


def rules(policy: Mapping[str, object]) -> list[str]:
    """The part of a round's policy that its people can check; the rest is for programs."""
    return [
        _("A colour needs answers from at least %(least)d people.") % {"least": policy["least_ballots"]},
        _("The round could be closed before its date.")
        if policy["early_close"]
        else _("The round could not be closed before its date."),
    ]


def steps_in_words(facet: FacetTrend) -> str:
    """What a screen reader says in place of the staircase."""
    parts: list[str] = []
    for step in facet.steps:
        words = {"day": date_format(step.day, "SHORT_DATE_FORMAT"), "said": _step_in_words(step.line)}
        parts.append(
            (_("people joined or left; %(day)s: %(said)s") if step.begins and parts else "%(day)s: %(said)s") % words
        )
    return "; ".join(parts)


def _step_in_words(line: FacetLine) -> str:
    if line.low is None or line.mid is None or line.high is None:
        return str(WHY_NO_INDEX[line.why_not])
    return range_in_words(line.low, line.mid, line.high)


def group_headline(report: GroupReport) -> str:
    """What a group's page says first: of the stages, which stand lowest in most units; no ranking of units."""
    if not report.facets:
        if report.means:
            return _("What those who answered said together, each number with its range.")
        return _("There are too few teams here for a spread, and too few people for shares of answers.")
    about = _ABOUT if report.has_stages else {line.id: line.name for line in report.facets}
    weak = [
        str(about[line.id])
        for line in report.facets
        if line.id in about and 2 * sum(number for band, number in line.counts if band in WEAK) > line.units
    ]
    if not report.has_stages:
        words = {"low": _WORDS[report.words][Band.LOW], "leaning": _WORDS[report.words][Band.MIXED_LOW]}
        if weak:
            return _("In more than half of the teams %(low)s or %(leaning)s: %(weak)s.") % {**words, "weak": join(weak)}
        return _("Nothing is %(low)s or %(leaning)s in more than half of the teams.") % words
    if weak:
        return _("Hard in more than half of the teams: %(weak)s.") % {"weak": join(weak)}
    return _("No stage is unsafe or leaning unsafe in more than half of the teams.")


def spread_in_words(line: SpreadLine, words: str) -> str:
    parts = [f"{number} {_WORDS[words][band]}" for band, number in line.counts if number]
    return _("%(parts)s, of %(units)d teams") % {"parts": ", ".join(parts), "units": line.units}


def shares_in_words(percents: list[int], words: str) -> str:
    said = (
        _("%(one)d percent at the unsafe end, then %(two)d, %(three)d, %(four)d, and %(five)d at the safe end")
        if words == "safety"
        else _("%(one)d percent at the low end, then %(two)d, %(three)d, %(four)d, and %(five)d at the high end")
    )
    return said % {
        "one": percents[0],
        "two": percents[1],
        "three": percents[2],
        "four": percents[3],
        "five": percents[4],
    }


def range_in_words(low: int, middle: int, high: int) -> str:
    return _("%(middle)d of 100, between %(low)d and %(high)d") % {"middle": middle, "low": low, "high": high}


def budget(report: GroupReport) -> str:
    """What the noise promises, with its price."""
    if not report.shares:
        return ""
    said = _(
        "Each number carries a small random error that was drawn once, so that nobody's answers can be computed from "
        "these figures, nor from these and others subtracted. For one person and this round that is at most epsilon "
        "%(epsilon).1f at delta one in a million."
    ) % {"epsilon": report.epsilon}
    if report.rounds_of_a_year > 1:
        said += " " + _("Your %(rounds)d rounds of the past twelve months add up to at most %(epsilon).1f.") % {
            "rounds": report.rounds_of_a_year,
            "epsilon": report.epsilon_of_a_year,
        }
    return said


def join(parts: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return _("%(first)s and %(last)s") % {"first": ", ".join(parts[:-1]), "last": parts[-1]}


def either(parts: list[str]) -> str:
    """ "a", "a or b", "a, b or c"."""
    if len(parts) < 2:
        return "".join(parts)
    return _("%(first)s or %(last)s") % {"first": ", ".join(parts[:-1]), "last": parts[-1]}


def where_the_box_lies(report: Report) -> str:
    box = report.quadrant
    if box is None:
        return _("There is no box, because not every part of it has an index.")
    names = [str(ZONE_NAMES[zone]) for zone in box.zones]
    if len(names) == 1:
        zone = _("On the whole the team stands in the zone of %(zone)s.") % {"zone": names[0]}
        weak = [str(_ABOUT[line.id]) for line in report.safety if line.band in WEAK]
        if weak and box.zones[0] in {Zone.LEARNING, Zone.COMFORT}:
            # The height of the box is the mean of four stages, and a mean hides its lowest part.
            return (
                zone
                + " "
                + _("That is a mean of four stages, and it hides the weakest: %(weak)s.") % {"weak": join(weak)}
            )
        return zone
    if len(names) == 2:
        return _("The team stands in %(first)s or %(second)s: the answers do not say which.") % {
            "first": names[0],
            "second": names[1],
        }
    return _("The box lies across the middle: the answers do not say which zone the team stands in.")
