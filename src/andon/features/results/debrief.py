"""Forty-five minutes about a result: five parts, and questions for the facets that stand lowest."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from andon.features.results import sentences
from andon.features.results.queries import FacetLine, Report
from andon.kernel.psychometrics import HeadlineCode

MINUTES = 45

# How and what of people, never why: a why asks somebody to defend themselves.
_QUESTIONS: Mapping[str, tuple[str | Promise, ...]] = {
    "inclusion": (
        gettext_lazy("When did one of us last learn something later than they needed it? How did that come about?"),
        gettext_lazy("What did your first two weeks here teach you about who is asked and who is told?"),
        gettext_lazy("What would a new colleague on the night shift need, to be one of us in a week?"),
    ),
    "learner": (
        gettext_lazy("What did somebody here last say “I don't know” about, and what happened next?"),
        gettext_lazy("Which alert did we misread lately, and how did the rest of us get to know?"),
        gettext_lazy("What would make it cheaper to ask before acting?"),
    ),
    "contributor": (
        gettext_lazy("Which idea of the last weeks has nobody heard of again?"),
        gettext_lazy("Where could you decide more by yourself, if the goal were clearer?"),
        gettext_lazy("Whose work only shows when it is missing?"),
    ),
    "challenger": (
        gettext_lazy("Which plan would you have liked to question, and what would have made it easier?"),
        gettext_lazy("How do we hear a doubt about a risky change before it is live?"),
        gettext_lazy("What happened to the last person who said that we are wrong?"),
    ),
    "accountability": (
        gettext_lazy("Which promise to each other have we quietly stopped keeping?"),
        gettext_lazy("What does “good enough” mean for a hand-over, in one sentence?"),
        gettext_lazy("How do we talk about a missed date while it can still be helped?"),
    ),
}
_ABOUT_ANYTHING = (
    gettext_lazy("What is an example of this from the last four weeks, told as it happened?"),
    gettext_lazy("What else had to be true for it to happen?"),
    gettext_lazy("What would we see in a month, if it were a little better?"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the talk: how long, what is done, what may be said aloud."""

    id: str
    minutes: int
    title: str
    do: tuple[str, ...]
    say: str = ""


@dataclass(frozen=True, slots=True)
class Debrief:
    parts: tuple[Part, ...]
    # The facets to talk about, of which one is chosen; empty where nothing stands out or nothing is shown.
    lowest: tuple[FacetLine, ...]
    questions: tuple[tuple[str, tuple[str, ...]], ...]


def debrief_of(report: Report) -> Debrief:
    """The talk for this report. A function of the release: it says nothing that the report does not show."""
    lowest = _lowest(report)
    # Fewer of each where there are several: it is one page, and one of them is chosen.
    most = 3 if len(lowest) < 2 else 2
    questions = tuple(
        (str(line.name), tuple(str(question) for question in _QUESTIONS.get(line.id, _ABOUT_ANYTHING)[:most]))
        for line in lowest
    ) or ((_("Whatever surprised you most"), tuple(str(question) for question in _ABOUT_ANYTHING)),)
    return Debrief(_parts(lowest), lowest, questions)


def _lowest(report: Report) -> tuple[FacetLine, ...]:
    """Those that the headline names as lowest, together where they cannot be told apart."""
    named = next((line.facets for line in report.headline if line.code is HeadlineCode.LOWEST), ())
    return tuple(line for line in report.facets if line.id in named)


def _parts(lowest: tuple[FacetLine, ...]) -> tuple[Part, ...]:
    names = sentences.either([str(line.name) for line in lowest])
    choose = _("Choose one: %(names)s.") % {"names": names} if len(lowest) > 1 else ""
    return (
        Part(
            "frame",
            5,
            _("Say what this is for"),
            (
                _("Whoever leads the team does not lead this talk, and speaks last in every part."),
                _("Nobody asks who answered what, and nobody has to say what they answered."),
                _("What is said here is told on outside only as the group agrees at the end."),
            ),
            say=_("We look at how it is for us together, not at who said it. We end with one small thing to try."),
        ),
        Part(
            "read",
            8,
            _("Read in silence"),
            (
                _("Everybody reads the result by themselves and notes one thing that fits and one that surprises."),
                _("Silence is on purpose: the first voice would colour all others."),
            ),
        ),
        Part(
            "surprise",
            12,
            _("What surprises us"),
            (
                _("Once around: one sentence each, or “pass”. Nobody answers yet."),
                _("Then: what do we see alike, where do we see it differently?"),
                _("A range is wide on purpose. Do not guess what lies behind it."),
            ),
            say=_("What did you expect to see, and what do you see?"),
        ),
        Part(
            "facet",
            13,
            _("One thing, closer"),
            (
                *((choose,) if choose else ()),
                *(() if lowest else (_("Choose what surprised you most."),)),
                _("Ask how and what. “Why did you” asks somebody to defend themselves."),
                _("Stay with examples of the last weeks, without names."),
            ),
        ),
        Part(
            "step",
            7,
            _("One step"),
            (
                _("One thing to try, small enough to be seen within weeks, and easy to undo."),
                _("Who sees to it, and when do we look at it again?"),
                _("What do we tell others of this talk?"),
            ),
            say=_("What would be the smallest thing that makes this a little easier?"),
        ),
    )
