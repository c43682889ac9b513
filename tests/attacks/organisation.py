"""An organisation with known truth that is asked for twelve rounds, while people and teams come, go and change."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

from andon.kernel import psychometrics
from andon.kernel.disclosure import Node

ROUNDS = 12
WORLD = psychometrics.World()
TOP = "top"


@dataclass(frozen=True)
class Shape:
    """How large, and how many statements are asked. ``teams`` for each department, one size for each team."""

    departments: tuple[tuple[int, ...], ...]
    statements: tuple[str, ...]
    heads: int = 1

    @property
    def facets(self) -> dict[str, tuple[str, ...]]:
        """Statements by facet: the letters in front."""
        found: dict[str, tuple[str, ...]] = {}
        for code in self.statements:
            found[code[:2]] = (*found.get(code[:2], ()), code)
        return found


SMALL = Shape(
    departments=((5, 6, 8, 5, 7, 9, 12, 5, 6, 15, 8), (6, 30, 5, 2, 20, 8, 10, 25, 9, 18)),
    statements=("IN1", "IN2", "CH1"),
)
WHOLE = Shape(
    departments=(
        (5, 6, 8, 5, 7, 9, 12, 5, 6, 15, 8, 5, 7, 10, 3),
        (6, 30, 5, 2, 20, 8, 10, 25, 9, 18, 7, 6, 5, 14),
        (5, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 4, 1),
        (30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8),
    ),
    statements=(
        *tuple(f"{facet}{number}" for facet in ("IN", "LE", "CO", "CH", "AC") for number in range(1, 5)),
        "GE1",
    ),
)


@dataclass(frozen=True)
class Asked:
    """What one round is published from: the tree with its rosters, and what each person cast, last cast last."""

    number: int
    tree: tuple[Node, ...]
    cast: Mapping[str, tuple[Mapping[str, int], ...]]

    @property
    def parents(self) -> dict[str, str | None]:
        return {node.id: node.parent_id for node in self.tree}


@dataclass
class Organisation:
    """Twelve rounds of it, each after what happened since the one before.

    Every round somebody joins, leaves and moves here and there. Two teams are merged before rounds 3 and 8, one is
    split before rounds 4 and 9, one is called otherwise before rounds 5 and 10, the second time while somebody joins,
    and before round 7 a person who was a team of their own joins the people beside them. A third of the teams always
    answers whole; of the others each person is silent one time in ten. One in ten casts twice.

    ``nobody_changes_their_mind``: each person gives the same answers in every round. That is what somebody believes
    who subtracts one round from another, so they are right here.

    Guarantees: the same seed gives the same rounds.
    """

    shape: Shape
    seed: int
    nobody_changes_their_mind: bool = False
    level: dict[str, float] = field(default_factory=dict)
    person: dict[str, float] = field(default_factory=dict)
    of_team: dict[str, list[str]] = field(default_factory=dict)
    department: dict[str, str] = field(default_factory=dict)
    always_whole: set[str] = field(default_factory=set)
    said: dict[str, dict[str, int]] = field(default_factory=dict)
    born: int = 0

    def __post_init__(self) -> None:
        self.draw = Random(self.seed)
        self._found(TOP, TOP, self.shape.heads)
        for number, sizes in enumerate(self.shape.departments):
            self._found(f"d{number}", TOP, self.shape.heads)
            for place, size in enumerate(sizes):
                self._found(f"d{number}t{place:02}", f"d{number}", size)

    def rounds(self, count: int = ROUNDS) -> Iterator[Asked]:
        for number in range(1, count + 1):
            if number > 1:
                self._live(number)
            yield Asked(number, self._tree(), self._cast())

    def _found(self, team: str, above: str, size: int) -> None:
        self.department[team] = above
        self.level[team] = self.draw.gauss(0, math.sqrt(WORLD.icc1))
        self.of_team[team] = [self._hire() for _ in range(size)]
        if self.draw.random() < 1 / 3:
            self.always_whole.add(team)

    def _hire(self) -> str:
        self.born += 1
        who = f"p{self.born:04}"
        self.person[who] = psychometrics.simulate_person(self.draw, WORLD)
        return who

    def _teams(self, least: int = 0) -> list[str]:
        return sorted(
            team for team, people in self.of_team.items() if team != TOP and "t" in team[1:] and len(people) > least
        )

    def _live(self, number: int) -> None:
        for team in self._teams():
            chance = self.draw.random()
            if chance < 0.08:
                self.of_team[team].append(self._hire())
            elif chance < 0.16 and len(self.of_team[team]) > 5:
                self.of_team[team].remove(self.draw.choice(self.of_team[team]))
            elif chance < 0.20 and len(self.of_team[team]) > 5:
                self._move(self.draw.choice(self.of_team[team]), team, self.draw.choice(self._teams()))
        if number in (3, 8):
            into, out = self._siblings(2)
            self.of_team[into] += self.of_team[out]
            self.of_team[out] = []
        if number in (4, 9):
            team = self.draw.choice(self._teams(9))
            half = len(self.of_team[team]) // 2
            self._beside(team, f"{team}half{number}", self.of_team[team][half:])
            self.of_team[team] = self.of_team[team][:half]
        if number in (5, 10):
            team = self.draw.choice(self._teams(4))
            self._beside(team, f"{team}anew{number}", self.of_team[team])
            self.of_team[team] = []
            if number == 10:
                self.of_team[f"{team}anew{number}"].append(self._hire())
        if number == 7:
            [team] = self._siblings(1)
            self._beside(team, f"{team}one", [self._hire()])

    def _move(self, who: str, out: str, into: str) -> None:
        self.of_team[out].remove(who)
        self.of_team[into].append(who)

    def _siblings(self, count: int) -> list[str]:
        department = self.draw.choice(sorted({self.department[team] for team in self._teams(4)}))
        beside = [team for team in self._teams(4) if self.department[team] == department]
        return self.draw.sample(beside, count)

    def _beside(self, team: str, name: str, people: list[str]) -> None:
        self.of_team[name], self.department[name], self.level[name] = people, self.department[team], self.level[team]
        if team in self.always_whole:
            self.always_whole.add(name)

    def _tree(self) -> tuple[Node, ...]:
        return tuple(
            Node(team, None if team == TOP else self.department[team], team, tuple(people))
            for team, people in sorted(self.of_team.items())
        )

    def _cast(self) -> dict[str, tuple[Mapping[str, int], ...]]:
        found: dict[str, tuple[Mapping[str, int], ...]] = {}
        for team, people in sorted(self.of_team.items()):
            for who in people:
                if team not in self.always_whole and self.draw.random() < 0.1:
                    continue
                ballots = [self._answer(team, who) for _ in range(1 + (self.draw.random() < 0.1))]
                found[who] = tuple(ballots)
        return found

    def _answer(self, team: str, who: str) -> dict[str, int]:
        level = self.level[team] + self.person[who]
        given = psychometrics.answer_once(self.draw, level, self.shape.statements, WORLD, skip_rate=0.02)
        return self.said.setdefault(who, given) if self.nobody_changes_their_mind else given
