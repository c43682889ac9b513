"""How the facets of a unit stood from round to round, and what may be said of the last step: made of releases alone.

Reference: docs/protocol/measurement.md, section 8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from andon.features.instruments import public as instruments
from andon.features.releases import public as releases
from andon.features.results import queries
from andon.features.rounds import public as rounds
from andon.foundation.people.models import Member
from andon.kernel import disclosure, psychometrics

MOST_ROUNDS = 12
# Where nobody published a value of this wording: the spread that is usual for such statements, and how much the same
# people agreed with themselves in the simulator. The page says that both are assumed.
ASSUMED = psychometrics.Prior(sd=0.70, retest=0.76)


@dataclass(frozen=True, slots=True)
class Step:
    """A facet in one round. Without an index `line` says why, and what its last colours said where they were kept."""

    day: date
    line: queries.FacetLine
    # People joined or left since the round before, or it was counted by other rules: the history begins anew here.
    begins: bool


@dataclass(frozen=True, slots=True)
class FacetTrend:
    id: str
    name: queries.Wording
    steps: tuple[Step, ...]
    # None where the last round has no index of this facet.
    message: psychometrics.Message | None
    # Where the last rounds are compared with the first six of these people: the day of the last of those six.
    baseline_until: date | None = None

    @property
    def is_first(self) -> bool:
        """Whether no round before the last one has an index of this facet."""
        return all(step.line.index is None for step in self.steps[:-1])


@dataclass(frozen=True, slots=True)
class Trend:
    facets: tuple[FacetTrend, ...]
    is_assumed: bool

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(step.day for step in self.facets[0].steps)

    @property
    def has_breaks(self) -> bool:
        return any(step.begins for facet in self.facets for step in facet.steps[1:])

    @property
    def has_gaps(self) -> bool:
        return any(step.line.index is None for facet in self.facets for step in facet.steps)


@dataclass(frozen=True, slots=True)
class _Shown:
    """One round of the unit: what was released, and whether the history begins anew with it."""

    day: date
    release: disclosure.UnitRelease
    begins: bool


def trend_of(view: rounds.RoundView, unit: rounds.UnitView, *, asked: Member) -> Trend | None:
    """The unit's last rounds with the same version of the instrument in which this member was asked, up to this one.

    None where fewer than two of them say anything: a single step is no trend.

    As many queries for twelve rounds as for two.
    """
    past = rounds.released_before(unit, view, asked=asked, most=MOST_ROUNDS)
    figures = releases.figures_shown({one.unit_id: one.round.id for one in past})
    shown = [
        _Shown(
            timezone.localtime(one.round.answered_until).date(),
            figures[one.unit_id],
            begins=before is None or _is_anew(before, one, figures[one.unit_id]),
        )
        for before, one in zip([None, *past], past, strict=False)
        if one.unit_id in figures
    ]
    if len(shown) < 2:
        return None
    instrument = instruments.load(view.instrument_id, view.instrument_version)
    prior, is_assumed = _prior(instrument)
    facets = tuple(_facet_trend(facet, instrument, shown, prior) for facet in instrument.facets)
    telling = {number for facet in facets for number, step in enumerate(facet.steps) if step.line.index is not None}
    return Trend(facets, is_assumed) if len(telling) > 1 else None


def _is_anew(before: rounds.PastUnit, one: rounds.PastUnit, release: disclosure.UnitRelease) -> bool:
    stayed = len(before.counted.people & one.counted.people)
    return (
        stayed < max(before.counted.size, one.counted.size)
        or disclosure.Silence.OTHER_RULES in release.silences.values()
    )


def _prior(instrument: instruments.Instrument) -> tuple[psychometrics.Prior, bool]:
    known = {prior.measure: prior.value for prior in instrument.priors}
    found = psychometrics.Prior(sd=known.get("sd", ASSUMED.sd), retest=known.get("retest", ASSUMED.retest))
    return found, not {"sd", "retest"} <= known.keys()


def _facet_trend(
    facet: instruments.Facet, instrument: instruments.Instrument, shown: Sequence[_Shown], prior: psychometrics.Prior
) -> FacetTrend:
    steps = tuple(Step(one.day, queries.facet_line(facet, instrument, one.release), one.begins) for one in shown)
    windows: list[psychometrics.Window] = []
    days: list[date] = []
    begins = True
    for one, step in zip(shown, steps, strict=True):
        # A line that people crossed while nothing was shown is a line all the same.
        begins = begins or one.begins
        if step.line.index is not None:
            # In a window statements differ; what can be noticed follows from the one that the fewest answered.
            asked = [statement.code for statement in instrument.of_facet(facet.id)]
            fewest = min((one.release.counts[code] for code in asked if code in one.release.counts), default=0)
            ballots = fewest or one.release.ballots
            windows.append(psychometrics.Window(step.line.index, ballots, one.release.roster_size, begins=begins))
            days.append(one.day)
            begins = False
    message = psychometrics.change_message(windows, prior) if steps[-1].line.index is not None else None
    ends = message.baseline_ends if message else None
    until = None if ends is None else days[ends]
    return FacetTrend(facet.id, queries.in_words(facet.name), steps, message, until)
