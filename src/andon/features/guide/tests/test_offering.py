"""What a report offers follows from the bands it shows, the lowest weak stage first, and from nothing else."""

import itertools

from andon.features.guide.model import STAGES, Facet
from andon.features.guide.offering import LOWEST_FIRST, WEAK, offered
from andon.features.guide.shipped import guide
from andon.kernel.disclosure import Band

PRACTICES = guide().practices
SAFE = dict.fromkeys(map(str, Facet), Band.HIGH)


def first_facets(shown: dict[str, Band | None]) -> list[Facet]:
    return [one.facets[0] for one in offered(shown, PRACTICES)]


def test_nothing_weak_offers_nothing() -> None:
    assert offered(SAFE, PRACTICES) == ()
    assert offered(SAFE | {"learner": Band.MIXED_HIGH}, PRACTICES) == ()


def test_one_weak_facet_gets_all_three() -> None:
    assert first_facets(SAFE | {"challenger": Band.LOW}) == [Facet.CHALLENGER] * 3


def test_the_lowest_weak_stage_comes_first_however_weak_a_higher_one_is() -> None:
    shown = SAFE | {"challenger": Band.LOW, "learner": Band.MIXED_LOW}
    assert first_facets(shown) == [Facet.LEARNER, Facet.CHALLENGER, Facet.LEARNER]


def test_everything_weak_offers_the_three_lowest_stages() -> None:
    assert first_facets(dict.fromkeys(SAFE, Band.LOW)) == [Facet.INCLUSION, Facet.LEARNER, Facet.CONTRIBUTOR]


def test_accountability_comes_after_every_stage() -> None:
    assert first_facets(SAFE | {"accountability": Band.LOW, "challenger": Band.MIXED_LOW})[:2] == [
        Facet.CHALLENGER,
        Facet.ACCOUNTABILITY,
    ]


def test_what_is_not_shown_offers_nothing() -> None:
    assert offered({}, PRACTICES) == ()
    assert offered(dict.fromkeys(SAFE), PRACTICES) == ()
    hidden: dict[str, Band | None] = SAFE | {"inclusion": None, "challenger": Band.LOW}
    assert offered(hidden, PRACTICES) == offered(SAFE | {"challenger": Band.LOW}, PRACTICES)


def test_what_is_under_way_is_not_offered_again() -> None:
    shown = SAFE | {"learner": Band.LOW}
    first, *others = offered(shown, PRACTICES)
    again = offered(shown, PRACTICES, running={first.id})
    assert first not in again
    assert list(again[:2]) == others
    assert offered(shown, PRACTICES, running={one.id for one in PRACTICES}) == ()


def test_in_every_case_at_most_three_different_ones_the_first_for_the_lowest_weak_facet() -> None:
    for bands in itertools.product((None, Band.LOW, Band.MIXED_LOW, Band.HIGH), repeat=len(Facet)):
        shown = dict(zip(map(str, LOWEST_FIRST), bands, strict=True))
        weak = [facet for facet in LOWEST_FIRST if shown[facet] in WEAK]
        found = offered(shown, PRACTICES)
        assert len(set(found)) == len(found) == (3 if weak else 0)
        assert all(set(weak) & set(one.facets) for one in found)
        assert not weak or found[0].facets[0] is weak[0]


def test_how_weak_it_is_makes_no_difference() -> None:
    for stage in STAGES:
        assert offered(SAFE | {stage: Band.LOW}, PRACTICES) == offered(SAFE | {stage: Band.MIXED_LOW}, PRACTICES)
