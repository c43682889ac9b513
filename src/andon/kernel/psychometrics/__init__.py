"""From published bands to what may honestly be said about a team, and a world with known truth to test it on.

Pure Python: values in, values out. Everything here is a function of a release; nothing here sees an answer, except
``key_answer``, which turns answers before they are counted, and the simulator, which makes its own.

Reference: docs/protocol/measurement.md.
"""

from andon.kernel.psychometrics.change import (
    Change,
    Message,
    Prior,
    Window,
    change_message,
    control_chart,
    detectable_change,
    difference_variance,
    segments,
    would_notice,
)
from andon.kernel.psychometrics.headline import HeadlineCode, HeadlineLine, headline
from andon.kernel.psychometrics.index import (
    Index,
    MalformedIndex,
    NoIndex,
    TooFewFigures,
    facet_figure,
    facet_index,
    last_word,
    mean_index,
    whole_team_bounds,
    word_for,
)
from andon.kernel.psychometrics.keying import Direction, NotAnAnswer, UnknownCode, key_answer, key_ballot
from andon.kernel.psychometrics.quadrant import QuadrantBox, Zone, quadrant
from andon.kernel.psychometrics.simulator import World, answer_once, simulate_person, simulate_team

__all__ = [
    "Change",
    "Direction",
    "HeadlineCode",
    "HeadlineLine",
    "Index",
    "MalformedIndex",
    "Message",
    "NoIndex",
    "NotAnAnswer",
    "Prior",
    "QuadrantBox",
    "TooFewFigures",
    "UnknownCode",
    "Window",
    "World",
    "Zone",
    "answer_once",
    "change_message",
    "control_chart",
    "detectable_change",
    "difference_variance",
    "facet_figure",
    "facet_index",
    "headline",
    "key_answer",
    "key_ballot",
    "last_word",
    "mean_index",
    "quadrant",
    "segments",
    "simulate_person",
    "simulate_team",
    "whole_team_bounds",
    "word_for",
    "would_notice",
]
