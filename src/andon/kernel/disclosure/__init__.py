"""What may be said about the answers of a group, and the proof that it says nothing about one person.

Pure Python: values in, values out, no clock, no randomness, no storage. The rules are those of
``docs/protocol/disclosure.md``; this package is the only place where they are written as code.
"""

from andon.kernel.disclosure.bands import Band, ImpossibleTotal, TooFewBallots, band, band_edges
from andon.kernel.disclosure.exclusion import Cell, MalformedPrior, excluded_answers, wide_cells, worst_likelihood_ratio
from andon.kernel.disclosure.release import (
    BANDS,
    RULES,
    MalformedAnswer,
    MalformedPolicy,
    MalformedRelease,
    MoreBallotsThanRoster,
    NoStatements,
    Policy,
    StatementFigure,
    UnitAnswers,
    UnitRelease,
    UnknownStatement,
    Withheld,
    publish_unit,
)
from andon.kernel.disclosure.spread import groups_with_spread, spread_of
from andon.kernel.disclosure.turnout import TurnoutStep, turnout_step
from andon.kernel.disclosure.units import (
    LEAST_UNIT,
    DuplicateNode,
    MemberInTwoNodes,
    Node,
    NotAsked,
    ReasonNotAsked,
    SizedNode,
    SizedPlan,
    SizedUnit,
    TreeHasLoop,
    Unit,
    UnitPlan,
    UnknownParent,
    units_from_rosters,
    units_from_sizes,
)

__all__ = [
    "BANDS",
    "LEAST_UNIT",
    "RULES",
    "Band",
    "Cell",
    "DuplicateNode",
    "ImpossibleTotal",
    "MalformedAnswer",
    "MalformedPolicy",
    "MalformedPrior",
    "MalformedRelease",
    "MemberInTwoNodes",
    "MoreBallotsThanRoster",
    "NoStatements",
    "Node",
    "NotAsked",
    "Policy",
    "ReasonNotAsked",
    "SizedNode",
    "SizedPlan",
    "SizedUnit",
    "StatementFigure",
    "TooFewBallots",
    "TreeHasLoop",
    "TurnoutStep",
    "Unit",
    "UnitAnswers",
    "UnitPlan",
    "UnitRelease",
    "UnknownParent",
    "UnknownStatement",
    "Withheld",
    "band",
    "band_edges",
    "excluded_answers",
    "groups_with_spread",
    "publish_unit",
    "spread_of",
    "turnout_step",
    "units_from_rosters",
    "units_from_sizes",
    "wide_cells",
    "worst_likelihood_ratio",
]
