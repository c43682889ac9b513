"""What a group above units shows, made of its release and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import Http404

from andon.features.instruments import public as instruments
from andon.features.releases import public as releases
from andon.features.results import queries
from andon.features.rounds import public as rounds
from andon.foundation.people.models import Member
from andon.kernel import disclosure

A_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class SpreadLine:
    """How many units stand in each band, lowest first; of a facet or of a statement."""

    id: str
    name: queries.Wording
    counts: tuple[tuple[disclosure.Band, int], ...]

    @property
    def units(self) -> int:
        return sum(number for _band, number in self.counts)


@dataclass(frozen=True, slots=True)
class ShareLine:
    """A statement of a large group: shares of the answers 1 to 5 after keying, and the mean on the scale of 1 to 5."""

    wording: queries.Wording
    reversed: bool
    shares: tuple[disclosure.Share, ...]
    mean: disclosure.Share


@dataclass(frozen=True, slots=True)
class FacetMean:
    """A facet of a large group on the scale of 0 to 100, with a range at least as wide as its name says."""

    name: queries.Wording
    low: int
    middle: int
    high: int


@dataclass(frozen=True, slots=True)
class GroupInGroup:
    line: rounds.GroupLine
    turnout: disclosure.TurnoutStep | None


@dataclass(frozen=True, slots=True)
class GroupReport:
    """What those who were asked in a round see of a group of it."""

    round: rounds.RoundView
    view: rounds.GroupView
    turnout: disclosure.TurnoutStep | None
    reason: disclosure.NotShown | None
    units: int | None
    facets: tuple[SpreadLine, ...]
    statements: tuple[SpreadLine, ...]
    means: tuple[FacetMean, ...]
    shares: tuple[tuple[queries.Wording, tuple[ShareLine, ...]], ...]
    below: tuple[GroupInGroup, ...]
    has_own_unit: bool
    title: queries.Wording
    has_stages: bool
    words: str
    epsilon: float
    epsilon_of_a_year: float
    rounds_of_a_year: int


def report_for(member: Member, round_id: str, node_id: str, *, page: str, now: datetime) -> GroupReport:
    """A group of a round that the member may see. Raises: Http404, also while the round is not released."""
    view = rounds.access_round(member, round_id, needs="see")
    group = rounds.group_of(round_id, node_id, page=page)
    if group is None:
        raise Http404
    lines = group.lines
    parts = releases.groups_shown(round_id, [group.group.node_id, *(line.node_id for line in lines)])
    if group.group.node_id not in parts:
        raise Http404
    release = parts[group.group.node_id].release
    instrument = instruments.load(view.instrument_id, view.instrument_version)
    known = {line.node_id: parts[line.node_id].release.turnout for line in lines if line.node_id in parts}
    counted = rounds.rounds_with_depth(member, since=now - A_YEAR)
    return GroupReport(
        round=view,
        view=group,
        turnout=release.turnout,
        reason=release.reason,
        units=release.units,
        facets=_facets(instrument, release.facets),
        statements=_statements(instrument, release.statements),
        means=_means(instrument, release.figures),
        shares=_shares(instrument, release.figures),
        below=tuple(GroupInGroup(line, known.get(line.node_id)) for line in lines),
        has_stages=set(queries.SAFETY) <= {facet.id for facet in instrument.facets},
        title=queries.in_words(instrument.title),
        words=queries.words_of(instrument),
        has_own_unit=rounds.unit_of(member, round_id) is not None,
        epsilon=disclosure.epsilon(disclosure.RHO),
        epsilon_of_a_year=disclosure.epsilon(disclosure.RHO * max(1, counted)),
        rounds_of_a_year=counted,
    )


def _facets(instrument: instruments.Instrument, spread: disclosure.Spread | None) -> tuple[SpreadLine, ...]:
    return tuple(
        SpreadLine(facet.id, queries.in_words(facet.name), tuple(spread[facet.id].items()))
        for facet in instrument.facets
        if spread is not None and facet.id in spread
    )


def _statements(instrument: instruments.Instrument, spread: disclosure.Spread | None) -> tuple[SpreadLine, ...]:
    return tuple(
        SpreadLine(statement.code, queries.in_words(statement.wording), tuple(spread[statement.code].items()))
        for statement in instrument.statements
        if spread is not None and statement.code in spread
    )


def _means(
    instrument: instruments.Instrument, figures: Mapping[str, disclosure.LargeFigure] | None
) -> tuple[FacetMean, ...]:
    """Facets as the mean of their statements' means.

    The range is the mean of their ranges: however much the statements hang together, it is wide enough.
    """
    found = []
    for facet in instrument.facets if figures else ():
        means = [figures[one.code].mean() for one in instrument.of_facet(facet.id) if figures and one.code in figures]
        known = [mean for mean in means if mean is not None]
        if known and len(known) == len(means):
            low, middle, high = (
                round(25 * (sum(getattr(mean, end) for mean in known) / len(known) - 1))
                for end in ("low", "middle", "high")
            )
            found.append(FacetMean(queries.in_words(facet.name), low, middle, high))
    return tuple(found)


def _shares(
    instrument: instruments.Instrument, figures: Mapping[str, disclosure.LargeFigure] | None
) -> tuple[tuple[queries.Wording, tuple[ShareLine, ...]], ...]:
    if not figures:
        return ()
    return tuple(
        (queries.in_words(facet.name), tuple(_share_lines(instrument.of_facet(facet.id), figures)))
        for facet in instrument.facets
    )


def _share_lines(
    statements: Sequence[instruments.Statement], figures: Mapping[str, disclosure.LargeFigure]
) -> list[ShareLine]:
    lines = []
    for statement in statements:
        figure = figures.get(statement.code)
        shares, mean = (figure.shares(), figure.mean()) if figure else (None, None)
        if shares is not None and mean is not None:
            lines.append(ShareLine(queries.in_words(statement.wording), statement.direction == "-", shares, mean))
    return lines
