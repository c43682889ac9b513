"""How well statements measure one thing, and how much of an answer belongs to the team.

For pilots with consent, imported studies and tests. Never of a live team: at five people an alpha of .82 has an
interval of .39 to .98, and the computation would be a second use of answers that were promised one.

Reference: docs/protocol/measurement.md, section 9.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

Table = Sequence[Sequence[float | None]]
"""People by statements, keyed; None where somebody skipped."""

CONVERGED = 1e-12
MOST_STEPS = 10_000


class TooLittleData(ValueError):
    """Fewer people, statements or groups than the figure needs, or answers without any variance."""


class NotOneFactor(ValueError):
    """The statements do not share one factor with finite loadings: no omega exists."""


def alpha(table: Table) -> float:
    """Cronbach's alpha of the columns, from people who answered every statement.

    Guarantees: k / (k - 1) x (1 - sum of the statements' variances / variance of the sums).
    Does not: show that the statements measure one thing, or hold where they load unequally (see omega).
    Raises: TooLittleData below 2 statements or 2 whole rows, or without variance.
    Reference: Cronbach 1951, doi:10.1007/BF02310555.
    """
    columns = _whole_columns(table)
    k = len(columns)
    of_sums = _covariance(sums := [math.fsum(row) for row in zip(*columns, strict=True)], sums)
    if of_sums <= 0:
        raise TooLittleData("answers without any variance have no reliability")
    return k / (k - 1) * (1 - math.fsum(_covariance(column, column) for column in columns) / of_sums)


def omega(table: Table) -> float:
    """McDonald's omega (total) of a single factor, from people who answered every statement.

    The loadings are those that leave the smallest squared residual covariances outside of the diagonal; each is found
    from the others until none moves.

    Guarantees: equals alpha where all loadings are equal and errors uncorrelated.
    Does not: test whether one factor is enough.
    Raises: TooLittleData below 3 statements or 3 whole rows; NotOneFactor where a loading outgrows its variance or the
    loadings do not settle.
    Reference: McDonald 1999, Test Theory, ISBN 978-0-8058-3075-4, chapter 6.
    """
    columns = _whole_columns(table, least_columns=3, least_rows=3)
    k = len(columns)
    covariances = [[_covariance(one, other) for other in columns] for one in columns]
    loadings = [math.sqrt(covariances[i][i]) / 2 for i in range(k)]
    for _ in range(MOST_STEPS):
        moved = 0.0
        for i in range(k):
            others = [j for j in range(k) if j != i]
            weight = math.fsum(loadings[j] ** 2 for j in others)
            if weight == 0:
                raise NotOneFactor("the statements share no factor")
            found = math.fsum(covariances[i][j] * loadings[j] for j in others) / weight
            moved = max(moved, abs(found - loadings[i]))
            loadings[i] = found
        if moved < CONVERGED:
            break
    else:
        raise NotOneFactor("the loadings did not settle")
    errors = [covariances[i][i] - loadings[i] ** 2 for i in range(k)]
    if min(errors) < 0:
        raise NotOneFactor("a statement loads more than its variance")
    common = math.fsum(loadings) ** 2
    return common / (common + math.fsum(errors))


def icc_oneway(values: Sequence[float], groups: Sequence[Hashable]) -> tuple[float, float]:
    """ICC(1) and ICC(2) of a one-way layout with groups of any sizes: one value and one group per person.

    ICC(1) is the share of variance that lies between groups, ICC(2) the reliability of a group's mean at the average
    group size. With MSB and MSW the mean squares between and within K groups of N people,
    n0 = (N - sum n^2 / N) / (K - 1): ICC(1) = (MSB - MSW) / (MSB + (n0 - 1) MSW), ICC(2) = (MSB - MSW) / MSB.

    Guarantees: for equal groups the values of Shrout and Fleiss' case 1; both may be below zero, and are then printed
    so, for a cut at zero would bias an average of studies.
    Raises: TooLittleData below 2 groups, without a group of 2, or where group means do not differ at all; ValueError
    unless there is one group per value.
    Reference: Shrout & Fleiss 1979, doi:10.1037/0033-2909.86.2.420; for unequal groups Bliese & Halverson 1998,
    doi:10.1177/014920639802400203.
    """
    members: dict[Hashable, list[float]] = {}
    for value, group in zip(values, groups, strict=True):
        members.setdefault(group, []).append(value)
    people, count = len(values), len(members)
    if count < 2 or people <= count:
        raise TooLittleData("an ICC needs at least two groups, and two people in one of them")
    grand = math.fsum(values) / people
    between = within = 0.0
    for group_values in members.values():
        mean = math.fsum(group_values) / len(group_values)
        between += len(group_values) * (mean - grand) ** 2
        within += math.fsum((value - mean) ** 2 for value in group_values)
    msb, msw = between / (count - 1), within / (people - count)
    if msb == 0:
        raise TooLittleData("groups whose means are all the same have no ICC")
    typical = (people - math.fsum(len(group) ** 2 for group in members.values()) / people) / (count - 1)
    return (msb - msw) / (msb + (typical - 1) * msw), (msb - msw) / msb


def _whole_columns(table: Table, *, least_columns: int = 2, least_rows: int = 2) -> list[list[float]]:
    rows = [[float(value) for value in row if value is not None] for row in table if None not in row]
    if len({len(row) for row in table}) > 1:
        raise ValueError("every row of the table has one value for each statement")
    if len(rows) < least_rows or len(rows[0]) < least_columns:
        raise TooLittleData(f"at least {least_rows} whole rows and {least_columns} statements are needed")
    return [list(column) for column in zip(*rows, strict=True)]


def _covariance(one: Sequence[float], other: Sequence[float]) -> float:
    n = len(one)
    mean_one, mean_other = math.fsum(one) / n, math.fsum(other) / n
    return math.fsum((a - mean_one) * (b - mean_other) for a, b in zip(one, other, strict=True)) / (n - 1)
