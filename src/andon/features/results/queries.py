"""A unit's report, made of its release and nothing else."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.utils.translation import get_language

from andon.features.instruments import public as instruments
from andon.features.releases import public as releases
from andon.features.results.models import Drawing
from andon.features.rounds import public as rounds
from andon.foundation.people.models import Member
from andon.kernel import disclosure, psychometrics, wire

ACCOUNTABILITY = "accountability"
NOT_ASKED = "not_asked"
# Lowest stage first: a later stage cannot hold on a weak earlier one.
SAFETY = ("inclusion", "learner", "contributor", "challenger")

Wording = instruments.Wording
in_words = instruments.in_words


@dataclass(frozen=True, slots=True)
class FacetLine:
    """A facet's index with its sure bounds, or why there is none. Numbers are rounded outwards for print.

    Where its colours were kept it has the `band` of when they were set, and no index.
    """

    id: str
    name: Wording
    index: psychometrics.Index | None
    why_not: str
    band: disclosure.Band | None

    @property
    def mid(self) -> int | None:
        return self.index.printed()[1] if self.index else None

    @property
    def low(self) -> int | None:
        return self.index.printed()[0] if self.index else None

    @property
    def high(self) -> int | None:
        return self.index.printed()[2] if self.index else None


@dataclass(frozen=True, slots=True)
class StatementLine:
    code: str
    wording: Wording
    reversed: bool
    # None where nothing is shown in this round.
    band: disclosure.Band | None
    updated: bool
    # In a window each statement has ballots of its own; None where there is one number for all.
    ballots: int | None = None
    # Whether it has no colour because too few answered it.
    has_too_few: bool = False
    # How far past an edge a new colour had to be to move; 0 where it was set fresh. See the kernel's slow colours.
    margin: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What the members of a unit see of a round. `reason` says why there are no figures, where there are none."""

    round: rounds.RoundView
    unit: rounds.UnitView
    ballots: int
    roster: int
    reason: str
    facets: tuple[FacetLine, ...]
    statements: tuple[tuple[FacetLine, tuple[StatementLine, ...]], ...]
    quadrant: psychometrics.QuadrantBox | None
    headline: tuple[psychometrics.HeadlineLine, ...]
    title: Wording
    # What the four colours are called: see `instruments.Instrument.words`.
    words: str
    silences: frozenset[disclosure.Silence]

    @property
    def unit_id(self) -> str:
        return self.unit.id

    @property
    def unit_name(self) -> str:
        return self.unit.name

    @property
    def never_asked(self) -> frozenset[str]:
        """The statements of a window that was closed before their turn came."""
        asked = {question.code for question in self.round.asked_questions}
        return frozenset(question.code for question in self.round.questions) - asked

    @property
    def rests(self) -> bool:
        """Whether enough answered, and yet no facet says anything new."""
        return self.has_figures and not any(line.index for line in self.facets) and self.has_kept_or_silent

    @property
    def has_kept_or_silent(self) -> bool:
        return self.has_kept or bool(self.silences - {disclosure.Silence.TOO_FEW_BALLOTS})

    @property
    def has_too_few(self) -> bool:
        """Whether some statements have no colour because fewer than five people answered them."""
        return disclosure.Silence.TOO_FEW_BALLOTS in self.silences

    @property
    def has_kept(self) -> bool:
        return any(statement.band and not statement.updated for _line, found in self.statements for statement in found)

    @property
    def has_colours(self) -> bool:
        return any(statement.band for _line, found in self.statements for statement in found)

    @property
    def has_new_colours(self) -> bool:
        """Whether answers of this round set a colour; one that was kept says nothing of them."""
        return any(statement.band and statement.updated for _line, found in self.statements for statement in found)

    @property
    def are_all_new(self) -> bool:
        """Whether every statement has a colour that was set by the answers of this round."""
        return self.has_colours and all(
            statement.band and statement.updated for _line, found in self.statements for statement in found
        )

    @property
    def has_index(self) -> bool:
        return any(line.index for line in self.facets)

    @property
    def has_figures(self) -> bool:
        return not self.reason

    @property
    def has_reversed(self) -> bool:
        return any(statement.reversed for _line, found in self.statements for statement in found)

    @property
    def has_stages(self) -> bool:
        """Whether all four stages were asked about. Without one of them there is nothing to build a pyramid of."""
        return set(SAFETY) <= {line.id for line in self.facets}

    @property
    def has_quadrant(self) -> bool:
        return self.has_stages and self.accountability is not None

    @property
    def safety(self) -> tuple[FacetLine, ...]:
        return tuple(line for line in self.facets if line.id in SAFETY)

    @property
    def accountability(self) -> FacetLine | None:
        return next((line for line in self.facets if line.id == ACCOUNTABILITY), None)


def released_rounds(member: Member) -> list[rounds.RoundView]:
    """Rounds of the member that have a release to look at, newest first."""
    return [view for view in rounds.rounds_of(member) if view.state is rounds.State.RELEASED]


@dataclass(frozen=True, slots=True)
class Own:
    """A released round as a member of one of its units may see it."""

    round: rounds.RoundView
    unit: rounds.UnitView
    part: releases.FinishedUnit


def own_result(member: Member, round_id: str) -> Own:
    """The member's own unit in a released round. Raises: Http404, also for a round of others or not yet released."""
    view, unit = rounds.find(round_id), rounds.unit_of(member, round_id)
    part = releases.unit(round_id, unit.id) if unit else None
    if view is None or unit is None or part is None:
        raise Http404
    return Own(view, unit, part)


@dataclass(frozen=True, slots=True)
class Comments:
    """What a unit wrote in its own words, in the order drawn at the close; or that it was dropped unread, or deleted
    since."""

    texts: tuple[str, ...]
    dropped: bool
    deleted: bool
    # How many of the unit have to answer for them to be read.
    needed: int


def comments_of(own: Own) -> Comments | None:
    """None where the unit could write none. For its page alone: no export, no paper and no program has them."""
    said = own.part.release.comments
    if said is None:
        return None
    texts = releases.comments_shown(own.round.id, own.unit.id) if said.count else []
    return Comments(
        tuple(texts),
        said.count is None,
        bool(said.count) and not texts,
        disclosure.ballots_for_comments(own.round.least_ballots),
    )


def report_for(member: Member, round_id: str) -> Report:
    """The report of the member's own unit. Raises: Http404, as `own_result` does."""
    own = own_result(member, round_id)
    return build_report(own.round, own.unit, own.part)


def build_report(view: rounds.RoundView, unit: rounds.UnitView, part: releases.FinishedUnit) -> Report:
    release = part.release
    instrument = instruments.load(view.instrument_id, view.instrument_version)
    facets = facet_lines(instrument, release)
    known = {line.id: line.index for line in facets}
    safety = [index for facet in SAFETY if (index := known.get(facet)) is not None]
    accountability = known.get(ACCOUNTABILITY)
    whole = accountability is not None and len(safety) == len(SAFETY)
    return Report(
        round=view,
        unit=unit,
        ballots=release.ballots,
        roster=release.roster_size,
        reason=release.reason.value if release.reason else "",
        facets=facets,
        statements=_statements(instrument, release, facets),
        quadrant=(
            psychometrics.quadrant(accountability, psychometrics.mean_index(safety))
            if whole and accountability is not None
            else None
        ),
        headline=psychometrics.headline({facet: known[facet] for facet in _headed_by(instrument, known)}),
        title=in_words(instrument.title),
        words=words_of(instrument),
        silences=frozenset(release.silences.values()),
    )


def headed_by(instrument: instruments.Instrument) -> tuple[str, ...]:
    """The facets that a headline speaks of: the four stages where all were asked about, else whatever there is."""
    facets = tuple(facet.id for facet in instrument.facets)
    return SAFETY if set(SAFETY) <= set(facets) else facets


def _headed_by(instrument: instruments.Instrument, known: Collection[str]) -> tuple[str, ...]:
    """Those of them that were asked; where none was, whatever was asked."""
    return tuple(facet for facet in headed_by(instrument) if facet in known) or tuple(known)


def words_of(instrument: instruments.Instrument) -> str:
    """The four stages are about safety, whatever a file says."""
    return "safety" if headed_by(instrument) == SAFETY else instrument.words


def facet_lines(instrument: instruments.Instrument, release: disclosure.UnitRelease) -> tuple[FacetLine, ...]:
    """The facets that were asked. A weekly window asks some of them; of the others there is nothing to say."""
    lines = (facet_line(facet, instrument, release) for facet in instrument.facets)
    return tuple(line for line in lines if line.why_not != NOT_ASKED)


def facet_line(
    facet: instruments.Facet, instrument: instruments.Instrument, release: disclosure.UnitRelease
) -> FacetLine:
    name = in_words(facet.name)
    codes = [statement.code for statement in instrument.of_facet(facet.id)]
    least = facet.least_statements
    if release.counts:
        codes = [code for code in codes if code in release.counts]
        if not codes:
            return FacetLine(facet.id, name, None, NOT_ASKED, None)
        # In a window people differ from statement to statement, so a facet speaks only when all of it does.
        least = len(codes)
    figures = [release.figures[code] for code in codes if release.figures is not None and code in release.figures]
    found = psychometrics.facet_figure(figures, release.roster_size, least_statements=least)
    if isinstance(found, psychometrics.Index):
        return FacetLine(facet.id, name, found, "", psychometrics.word_for(found))
    silences = {release.silences[code] for code in codes if code in release.silences}
    if silences == {disclosure.Silence.TOO_FEW_BALLOTS}:
        return FacetLine(facet.id, name, None, psychometrics.NoIndex.TOO_FEW_BALLOTS.value, None)
    if silences or (release.silences and not release.counts):
        return FacetLine(facet.id, name, None, "silent", None)
    kept = found is psychometrics.NoIndex.NOT_UPDATED
    return FacetLine(facet.id, name, None, found.value, psychometrics.last_word(figures) if kept else None)


def _statements(
    instrument: instruments.Instrument, release: disclosure.UnitRelease, facets: tuple[FacetLine, ...]
) -> tuple[tuple[FacetLine, tuple[StatementLine, ...]], ...]:
    if release.figures is None:
        return ()
    return tuple(
        (
            line,
            tuple(
                _statement_line(statement, release)
                for statement in instrument.of_facet(line.id)
                if not release.counts or statement.code in release.counts
            ),
        )
        for line in facets
    )


def _statement_line(statement: instruments.Statement, release: disclosure.UnitRelease) -> StatementLine:
    figure = (release.figures or {}).get(statement.code)
    return StatementLine(
        statement.code,
        in_words(statement.wording),
        statement.direction == "-",
        figure.band if figure else None,
        figure.updated if figure else True,
        release.counts.get(statement.code),
        release.silences.get(statement.code) is disclosure.Silence.TOO_FEW_BALLOTS,
        disclosure.margin_of(figure.n, figure.band, figure.low, figure.high) if figure and figure.updated else 0,
    )


def drawings(round_id: str, unit_id: str) -> dict[str, str]:
    """The kept drawings in the reader's language, by name; in English where there is none. One query."""
    wanted = get_language() or "en"
    kept: dict[str, dict[str, str]] = {}
    for row in Drawing.objects.filter(round_id=round_id, unit_id=unit_id, language__in={wanted, "en"}):
        kept.setdefault(row.name, {})[row.language] = row.svg
    return {name: by_language.get(wanted) or by_language["en"] for name, by_language in kept.items()}


def unit_file(member: Member, round_id: str) -> dict[str, Any]:
    """What a member takes home to `andon verify --unit`: docs/protocol, section 9. Raises: Http404."""
    view, unit = rounds.find(round_id), rounds.unit_of(member, round_id)
    if view is None or unit is None:
        raise Http404
    count = rounds.unit_count(round_id)
    part = releases.unit(round_id, unit.id)
    content: dict[str, Any] = {
        "count": count,
        "index": unit.position,
        "leaf": unit.leaf,
        "opening": unit.opening,
        "path": [step.hex() for step in unit.path],
        "release": None,
        "round": round_id,
        "slots": None,
        "unit": unit.id,
    }
    if part is not None:
        content["release"] = {
            "content": part.figures,
            "count": count,
            "index": part.position,
            "path": [step.hex() for step in part.figures_path],
            "salt": wire.b64u(part.figures_salt),
        }
        content["slots"] = {
            "count": count,
            "index": part.position,
            "list": [list(slot) for slot in part.slots],
            "path": [step.hex() for step in part.slots_path],
            "salt": wire.b64u(part.slots_salt),
        }
    return content
