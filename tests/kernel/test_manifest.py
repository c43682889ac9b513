import copy
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.kernel import manifest
from andon.kernel.wire import Malformed, b64u, canonical, lp
from tests.kernel.made import OTHER_ROUND, OTHER_UNIT, ROUND, STEWARD_KEY, UNIT, drawn, key_for, public_key_of

modest = settings(max_examples=40, deadline=None, derandomize=True, database=None)

# Merkle tree: the leaves and roots of Certificate Transparency's reference test (RFC 6962 and RFC 9162 share the tree).
CT_LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_roots_are_those_of_certificate_transparency() -> None:
    assert [manifest.merkle_root(CT_LEAVES[:n]).hex() for n in range(1, 9)] == CT_ROOTS
    assert manifest.merkle_root([]) == hashlib.sha256(b"").digest()


def test_every_leaf_of_every_tree_up_to_40_is_included_and_nowhere_else() -> None:
    for count in range(1, 41):
        leaves = [bytes([n]) for n in range(count)]
        root = manifest.merkle_root(leaves)
        for index, leaf in enumerate(leaves):
            path = manifest.inclusion_path(leaves, index)
            assert manifest.verify_inclusion(leaf, index=index, count=count, path=path, root=root)
            other = (index + 1) % count
            if other != index:
                assert not manifest.verify_inclusion(leaf, index=other, count=count, path=path, root=root)
            assert not manifest.verify_inclusion(b"ghost", index=index, count=count, path=path, root=root)
            longer = [*path, bytes(32)]
            assert not manifest.verify_inclusion(leaf, index=index, count=count, path=longer, root=root)
            if path:
                shorter, altered = path[:-1], [bytes([path[0][0] ^ 1, *path[0][1:]]), *path[1:]]
                assert not manifest.verify_inclusion(leaf, index=index, count=count, path=shorter, root=root)
                assert not manifest.verify_inclusion(leaf, index=index, count=count, path=altered, root=root)


def test_an_inner_node_does_not_pass_for_a_leaf() -> None:
    """Without the two prefixes, left || right would be a leaf of a smaller tree with the same root."""
    left, right = (hashlib.sha256(b"\x00" + leaf).digest() for leaf in CT_LEAVES[:2])
    root = manifest.merkle_root(CT_LEAVES[:2])
    assert manifest.merkle_root([left + right]) != root
    assert not manifest.verify_inclusion(left + right, index=0, count=1, path=[], root=root)


@pytest.mark.parametrize(("index", "count"), [(-1, 8), (8, 8), (9, 8), (0, 0), (0, -1)])
def test_an_index_outside_the_tree_is_not_included(index: int, count: int) -> None:
    path = manifest.inclusion_path(CT_LEAVES, 0)
    root = manifest.merkle_root(CT_LEAVES)
    assert not manifest.verify_inclusion(CT_LEAVES[0], index=index, count=count, path=path, root=root)


def test_a_hash_of_another_length_is_refused() -> None:
    root = manifest.merkle_root(CT_LEAVES[:2])
    with pytest.raises(Malformed):
        manifest.verify_inclusion(b"", index=0, count=2, path=[bytes(31)], root=root)
    with pytest.raises(Malformed):
        manifest.verify_inclusion(b"", index=0, count=1, path=[], root=root[:-1])
    with pytest.raises(IndexError):
        manifest.inclusion_path(CT_LEAVES, 8)


# Rosters

MEMBERS = tuple(f"{name} <{name.lower()}@example.org>" for name in ("Ada", "Bo", "Cy", "Di", "Eve"))
SALT = drawn("roster salt")


def leaf_for(members: tuple[str, ...] = MEMBERS, name: str = "Red team") -> dict[str, object]:
    roster = manifest.roster_commitment(SALT, name, members)
    return manifest.unit_leaf(UNIT, {"ballot": key_for().public_key}, roster)


def test_a_roster_opens_its_leaf() -> None:
    manifest.check_opening(leaf_for(), manifest.Opening(SALT, "Red team", MEMBERS))


def test_the_commitment_is_what_the_protocol_says() -> None:
    content = canonical({"members": list(MEMBERS), "name": "Red team"})
    expected = hashlib.sha256(lp("andon/v1/roster", SALT) + content).hexdigest()
    assert manifest.roster_commitment(SALT, "Red team", MEMBERS) == expected


def test_a_roster_that_was_changed_after_publication_is_refused() -> None:
    ghost = tuple(manifest.sorted_members([*MEMBERS, "Ghost <ghost@example.org>"]))
    swapped = tuple(manifest.sorted_members([*MEMBERS[1:], "Ghost <ghost@example.org>"]))
    for opening in (
        manifest.Opening(SALT, "Red team", ghost),
        manifest.Opening(SALT, "Red team", swapped),
        manifest.Opening(SALT, "Blue team", MEMBERS),
        manifest.Opening(drawn("another salt"), "Red team", MEMBERS),
    ):
        with pytest.raises(manifest.OpeningDoesNotMatch):
            manifest.check_opening(leaf_for(), opening)


def test_a_roster_of_four_is_refused_even_when_it_was_fixed_so() -> None:
    with pytest.raises(manifest.RosterTooSmall):
        manifest.check_opening(leaf_for(MEMBERS[:4]), manifest.Opening(SALT, "Red team", MEMBERS[:4]))


def test_a_member_listed_twice_does_not_make_five() -> None:
    twice = (*MEMBERS[:4], MEMBERS[3])
    with pytest.raises(manifest.RosterNotSorted):
        manifest.roster_commitment(SALT, "Red team", twice)
    # The operator commits to it anyway, past the function above.
    content = canonical({"members": list(twice), "name": "Red team"})
    roster = hashlib.sha256(lp("andon/v1/roster", SALT) + content).hexdigest()
    leaf = manifest.unit_leaf(UNIT, {"ballot": key_for().public_key}, roster)
    with pytest.raises(manifest.RosterNotSorted):
        manifest.check_opening(leaf, manifest.Opening(SALT, "Red team", twice))


UNSEEN = ["\u200b", "\u200c", "\u200d", "\u202e", "\u2066", "\u00ad", "\ufeff", "\u2028", "\x00"]


@pytest.mark.parametrize("unseen", UNSEEN)
def test_a_member_who_only_looks_like_two_does_not_make_five(unseen: str) -> None:
    twice = tuple(manifest.sorted_members([*MEMBERS[:4], MEMBERS[3].replace(" ", f"{unseen} ", 1)]))
    with pytest.raises(manifest.RosterUnreadable):
        manifest.check_opening(leaf_for(twice), manifest.Opening(SALT, "Red team", twice))


def test_a_name_that_needs_a_joiner_is_a_name() -> None:
    joined = tuple(manifest.sorted_members([*MEMBERS[:4], "\u0645\u06cc\u200c\u0631 <mir@example.org>"]))
    manifest.check_opening(leaf_for(joined), manifest.Opening(SALT, "Red team", joined))


def test_members_sort_by_utf16_code_units_as_in_javascript() -> None:
    assert manifest.sorted_members(["\ufb03", "\U0001f9ea", "Zoë"]) == ["Zoë", "\U0001f9ea", "\ufb03"]
    with pytest.raises(Malformed):
        manifest.sorted_members(["\ud800"])


@modest
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=7), st.text(max_size=5))
def test_an_opening_comes_back_from_the_wire(members: list[str], name: str) -> None:
    opening = manifest.Opening(SALT, name, tuple(manifest.sorted_members(members)))
    assert manifest.Opening.parse(opening.to_wire()) == opening


@pytest.mark.parametrize(
    "change",
    [{"salt": "AA"}, {"salt": 5}, {"members": "Ada"}, {"members": [5]}, {"name": None}, {"size": 5}, {"name": ...}],
)
def test_a_broken_opening_is_refused(change: dict[str, object]) -> None:
    opening = {**manifest.Opening(SALT, "Red team", MEMBERS).to_wire(), **change}
    with pytest.raises(Malformed):
        manifest.Opening.parse({key: value for key, value in opening.items() if value is not ...})


@pytest.mark.parametrize(
    "change",
    [
        {"unit": "x"},
        {"roster": "x"},
        {"keys": {}},
        {"keys": {"vote": b64u(bytes(32))}},
        {"keys": {"ballot": "AA"}},
        {"keys": []},
        {"roster": None},
        {"more": 1},
        {"keys": {"ballot": None}},
    ],
)
def test_a_broken_leaf_is_refused(change: dict[str, object]) -> None:
    manifest.check_leaf(leaf_for())
    with pytest.raises(Malformed):
        manifest.check_leaf({**leaf_for(), **change})


def test_a_leaf_is_not_made_from_broken_parts() -> None:
    with pytest.raises(Malformed):
        manifest.unit_leaf(UNIT, {"ballot": bytes(31)}, "0" * 64)
    with pytest.raises(Malformed):
        manifest.roster_commitment(bytes(31), "Red team", MEMBERS)


# Rosters of which single members can be erased


def seats_of(members: tuple[str, ...] = MEMBERS) -> tuple[manifest.Seat, ...]:
    made = [manifest.Seat.of(label, drawn(f"salt of {n}", 16)) for n, label in enumerate(members)]
    return tuple(sorted(made, key=lambda seat: seat.hash))


def seated_leaf(seats: tuple[manifest.Seat, ...], name: str = "Red team") -> dict[str, object]:
    return manifest.unit_leaf(
        UNIT, {"ballot": key_for().public_key}, manifest.SeatedOpening(SALT, name, seats).commitment()
    )


def without(label: str, seats: tuple[manifest.Seat, ...]) -> tuple[manifest.Seat, ...]:
    return tuple(seat.erased() if seat.label == label else seat for seat in seats)


def test_the_commitment_over_seats_is_what_the_protocol_says() -> None:
    salt = drawn("salt of 0", 16)
    expected = hashlib.sha256(lp("andon/v1/seat", salt) + MEMBERS[0].encode()).hexdigest()
    assert manifest.seat_hash(salt, MEMBERS[0]) == expected
    hashes = [seat.hash for seat in seats_of()]
    content = canonical({"count": 5, "name": "Red team", "seats": hashes})
    expected = hashlib.sha256(lp("andon/v1/seats", SALT) + content).hexdigest()
    assert manifest.seated_commitment(SALT, "Red team", hashes) == expected


def test_a_roster_opens_for_the_others_when_one_was_erased_and_counts_them() -> None:
    leaf = seated_leaf(seats_of())
    manifest.check_opening(leaf, manifest.SeatedOpening(SALT, "Red team", seats_of()))
    left = manifest.SeatedOpening(SALT, "Red team", without(MEMBERS[1], seats_of()))
    manifest.check_opening(leaf, left)
    assert (left.size, left.erased, left.members) == (5, 1, (MEMBERS[0], *MEMBERS[2:]))
    assert MEMBERS[1] not in str(left.to_wire())
    assert b64u(drawn("salt of 1", 16)) not in str(left.to_wire())


def test_seats_that_were_changed_after_publication_are_refused() -> None:
    seats = seats_of()
    ghost = manifest.Seat.of("Ghost <ghost@example.org>", drawn("ghost", 16))
    hidden = ghost.erased()
    for changed in ([*seats, ghost], [*seats[1:], ghost], [*seats, hidden], [*seats[1:], hidden], seats[1:]):
        in_order = tuple(sorted(changed, key=lambda seat: seat.hash))
        with pytest.raises((manifest.OpeningDoesNotMatch, manifest.RosterTooSmall)):
            manifest.check_opening(seated_leaf(seats), manifest.SeatedOpening(SALT, "Red team", in_order))
    for opening in (
        manifest.SeatedOpening(SALT, "Blue team", seats),
        manifest.SeatedOpening(drawn("another salt"), "Red team", seats),
    ):
        with pytest.raises(manifest.OpeningDoesNotMatch):
            manifest.check_opening(seated_leaf(seats), opening)


def test_seats_of_four_are_refused_and_none_stands_twice() -> None:
    four = seats_of(MEMBERS[:4])
    with pytest.raises(manifest.RosterTooSmall):
        manifest.check_opening(seated_leaf(four), manifest.SeatedOpening(SALT, "Red team", four))
    for seats in ((*four, four[-1]), tuple(reversed(seats_of()))):
        with pytest.raises(manifest.RosterNotSorted):
            manifest.SeatedOpening(SALT, "Red team", seats).commitment()


def test_one_name_with_two_salts_does_not_make_five() -> None:
    twice = manifest.Seat.of(MEMBERS[3], drawn("a second salt", 16))
    seats = tuple(sorted((*seats_of(MEMBERS[:4]), twice), key=lambda seat: seat.hash))
    with pytest.raises(manifest.RosterUnreadable):
        manifest.check_opening(seated_leaf(seats), manifest.SeatedOpening(SALT, "Red team", seats))


def test_neither_form_of_a_roster_passes_for_the_other() -> None:
    seats = seats_of()
    with pytest.raises(manifest.OpeningDoesNotMatch):
        manifest.check_opening(seated_leaf(seats), manifest.Opening(SALT, "Red team", MEMBERS))
    with pytest.raises(manifest.OpeningDoesNotMatch):
        manifest.check_opening(leaf_for(), manifest.SeatedOpening(SALT, "Red team", seats))
    hashes = tuple(seat.hash for seat in seats)
    with pytest.raises(manifest.OpeningDoesNotMatch):
        manifest.check_opening(seated_leaf(seats), manifest.Opening(SALT, "Red team", hashes))


def test_a_roster_of_the_older_form_that_lost_somebody_is_not_said_to_hold() -> None:
    wire_form = {**manifest.Opening(SALT, "Red team", MEMBERS).to_wire(), "members": [*MEMBERS[1:], None]}
    opening = manifest.parse_opening(wire_form)
    assert (opening.size, opening.erased) == (5, 1)
    assert manifest.parse_opening(opening.to_wire()) == opening
    with pytest.raises(manifest.RosterNotOpenable):
        manifest.check_opening(leaf_for(), opening)


@modest
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=5), min_size=1, max_size=7), st.sets(st.integers(0, 6)))
def test_an_opening_with_seats_comes_back_from_the_wire(members: list[str], gone: set[int]) -> None:
    seats = [seat.erased() if n in gone else seat for n, seat in enumerate(seats_of(tuple(members)))]
    opening = manifest.SeatedOpening(SALT, "Red team", tuple(seats))
    assert manifest.parse_opening(opening.to_wire()) == opening


@pytest.mark.parametrize(
    "seat",
    [
        {}, {"label": "Ada"}, {"salt": b64u(bytes(16))}, {"label": "Ada", "salt": b64u(bytes(15))}, {"hash": 5},
        {"hash": "x"}, {"hash": "0" * 64, "label": "Ada"}, {"label": 5, "salt": b64u(bytes(16))}, "Ada", None, [],
        {"label": "\ud800", "salt": b64u(bytes(16))}, {"label": "Ada", "salt": 5},
    ],
)  # fmt: skip
def test_a_broken_seat_is_refused(seat: object) -> None:
    good = [one.to_wire() for one in seats_of()]
    with pytest.raises(Malformed):
        manifest.parse_opening({"members": [*good, seat], "name": "Red team", "salt": b64u(SALT)})


# Slots and releases

SLOTS = [(drawn(f"slot {n}").hex(), "ballot", drawn(f"hash {n}").hex()) for n in range(5)]


@modest
@given(st.permutations(SLOTS))
def test_a_slot_list_says_nothing_about_order(slots: list[tuple[str, str, str]]) -> None:
    content = canonical([list(slot) for slot in sorted(SLOTS)])
    expected = hashlib.sha256(lp("andon/v1/slots", SALT) + content).hexdigest()
    assert manifest.slots_commitment(SALT, slots) == expected


def test_a_dropped_added_or_replaced_ballot_changes_the_commitment() -> None:
    slot, purpose, _ = SLOTS[0]
    lists = [SLOTS, SLOTS[1:], [(slot, purpose, drawn("x").hex()), *SLOTS[1:]]]
    lists += [[*SLOTS, (drawn("x").hex(), "ballot", drawn("x").hex())], []]
    assert len({manifest.slots_commitment(SALT, slots) for slots in lists}) == 5
    assert manifest.slots_commitment(drawn("another salt"), SLOTS) != manifest.slots_commitment(SALT, SLOTS)


def test_a_broken_slot_list_is_refused() -> None:
    slot, purpose, digest = SLOTS[0]
    for slots in (
        [(slot, purpose)],
        [(slot, "vote", digest)],
        [("x", purpose, digest)],
        [(slot, purpose, "x")],
        [SLOTS[0], (slot, purpose, drawn("x").hex())],
        ["abc"],
    ):
        with pytest.raises(Malformed):
            manifest.slots_commitment(SALT, slots)
    with pytest.raises(Malformed):
        manifest.slots_commitment(bytes(31), SLOTS)
    with pytest.raises(Malformed):
        manifest.slot_leaf("x", "0" * 64)


def test_a_release_is_bound_to_every_figure_and_its_salt() -> None:
    one, other = {"bands": {"TS1": "high"}}, {"bands": {"TS1": "low"}}
    commitments = {manifest.release_commitment(SALT, one), manifest.release_commitment(SALT, other)}
    commitments.add(manifest.release_commitment(drawn("another salt"), one))
    assert len(commitments) == 3
    expected = hashlib.sha256(lp("andon/v1/release", SALT) + canonical(one)).hexdigest()
    assert manifest.release_commitment(SALT, one) == expected
    assert manifest.release_leaf(UNIT, expected) == {"release": expected, "unit": UNIT}
    with pytest.raises(Malformed):
        manifest.release_commitment(bytes(31), one)


# Manifest


def a_manifest(round_id: str = ROUND, **change: object) -> dict[str, Any]:
    return {
        "andon": "v1",
        "box_key": b64u(drawn("box public")),
        "bundle": {"answer.html": drawn("answer.html").hex(), "frame.html": drawn("frame.html").hex()},
        "closes_at": "2026-11-30T17:00:00Z",
        "generations": {"ballots": drawn("g1", 16).hex(), "issuance": drawn("g2", 16).hex()},
        "instrument": {"id": "team-safety", "sha256": drawn("instrument").hex(), "version": "1"},
        "kind": "full",
        "opens_at": "2026-11-23T08:00:00Z",
        "policy": {
            "bands": "wide-4",
            "depth": 0,
            "early_close": False,
            "least_ballots": 5,
            "rules": "andon-disclosure/2",
        },
        "previous": "0" * 64,
        "purposes": ["ballot", "comment"],
        "round": round_id,
        "units": {"count": 3, "root": drawn("root").hex()},
        **change,
    }


def a_window(**change: object) -> dict[str, Any]:
    """A manifest whose questions have days of their own."""
    asked = {
        "kind": "daily",
        "purposes": ["ballot/TS1", "ballot/TS2"],
        "questions": [
            {"code": "TS1", "from": "2026-11-23T08:00:00Z"},
            {"code": "TS2", "from": "2026-11-24T08:00:00Z"},
        ],
    }
    return a_manifest(**{**asked, **change})


def test_a_manifest_is_accepted() -> None:
    assert manifest.check_manifest(a_manifest())["round"] == ROUND
    manifest.check_manifest(a_window())
    manifest.check_manifest(a_window(purposes=["ballot/TS1", "ballot/TS2", "comment"]))
    manifest.check_manifest(a_window(kind="weekly"))
    manifest.check_manifest(a_manifest(kind="weekly", purposes=["ballot"]))


@pytest.mark.parametrize(
    "change",
    [
        {"andon": "v2"}, {"box_key": "AA"}, {"box_key": None}, {"bundle": {}}, {"bundle": {"a.js": "x"}},
        {"bundle": {"../a.js": "0" * 64}}, {"bundle": {"a/b.js": "0" * 64}}, {"bundle": []},
        {"generations": {"ballots": "0" * 32}}, {"generations": {"ballots": "0" * 32, "issuance": "x"}},
        {"instrument": {"id": "x", "sha256": "x", "version": "1"}},
        {"instrument": {"id": "", "sha256": "0" * 64, "version": ""}},
        {"instrument": "x"}, {"kind": "yearly"}, {"kind": ["full"]}, {"previous": "0" * 63}, {"round": ROUND.upper()},
        {"units": {"count": 0, "root": "0" * 64}}, {"units": {"count": True, "root": "0" * 64}},
        {"units": {"count": 1, "root": "x"}}, {"units": {"count": 1}}, {"more": 1},
    ],
)  # fmt: skip
def test_a_manifest_with_a_broken_part_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(manifest.BadManifest):
        manifest.check_manifest(a_manifest(**change))


@pytest.mark.parametrize("missing", sorted(a_manifest()))
def test_a_manifest_with_a_missing_part_is_refused(missing: str) -> None:
    body = a_manifest()
    del body[missing]
    with pytest.raises(manifest.BadManifest):
        manifest.check_manifest(body)


@pytest.mark.parametrize(
    "change",
    [
        {"closes_at": "2026-11-23T08:00:00Z"}, {"closes_at": "2026-11-22T08:00:00Z"}, {"opens_at": "2026-11-23"},
        {"opens_at": "2026-11-23T08:00:00+00:00"}, {"opens_at": "2026-11-23T08:00:00.5Z"},
        {"opens_at": "2026-02-30T08:00:00Z"}, {"opens_at": 5}, {"opens_at": "2026-11-23T08:00:00Z\n"},
    ],
)  # fmt: skip
def test_dates_out_of_order_or_shape_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(manifest.BadDates):
        manifest.check_manifest(a_manifest(**change))


@pytest.mark.parametrize(
    "change",
    [
        {"least_ballots": 4}, {"least_ballots": True}, {"bands": "exact"}, {"rules": "x"}, {"early_close": 1},
        {"depth": -1}, {"depth": True}, {"depth": 65},
    ],
)  # fmt: skip
def test_a_policy_that_protects_less_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(manifest.BadPolicy):
        manifest.check_manifest(a_manifest(policy={**a_manifest()["policy"], **change}))
    manifest.check_manifest(a_manifest(policy={**a_manifest()["policy"], "least_ballots": 8}))


def test_the_first_rules_knew_no_depth_and_the_others_need_one() -> None:
    policy = a_manifest()["policy"]
    first = {name: value for name, value in policy.items() if name != "depth"}
    manifest.check_manifest(a_manifest(policy={**first, "rules": "andon-disclosure/1"}))
    for wrong in (first, {**policy, "rules": "andon-disclosure/1"}):
        with pytest.raises(manifest.BadManifest):
            manifest.check_manifest(a_manifest(policy=wrong))


def test_a_release_has_groups_or_none() -> None:
    tree = {"count": 2, "root": "0" * 64}
    body = {"round": "0" * 32, "units": tree}
    assert manifest.check_body("released", body) == body
    assert manifest.check_body("released", {**body, "groups": tree}) == {**body, "groups": tree}
    for wrong in ({**body, "groups": None}, {**body, "group": tree}, {"round": "0" * 32, "groups": tree}):
        with pytest.raises(Malformed):
            manifest.check_body("released", wrong)


@pytest.mark.parametrize(
    ("kind", "purposes"),
    [
        ("full", []), ("full", ["comment"]), ("full", ["ballot/TS1"]), ("full", ["ballot", "ballot"]),
        ("full", ["ballot", "ballot/TS1"]), ("daily", ["ballot"]), ("daily", ["comment"]), ("daily", "ballot/TS1"),
        ("weekly", [5]),
    ],
)  # fmt: skip
def test_purposes_that_do_not_fit_the_kind_are_refused(kind: str, purposes: object) -> None:
    with pytest.raises(manifest.BadPurposes):
        manifest.check_manifest(a_manifest(kind=kind, purposes=purposes))
    with pytest.raises(manifest.BadManifest):
        manifest.check_manifest(a_manifest(purposes=["vote"]))


@pytest.mark.parametrize(
    ("kind", "purposes"),
    [
        ("full", ["ballot/TS1", "ballot/TS2"]), ("daily", ["ballot"]), ("weekly", ["ballot", "ballot/TS1"]),
        ("daily", ["comment"]),
    ],
)  # fmt: skip
def test_a_window_has_a_purpose_for_each_question(kind: str, purposes: list[str]) -> None:
    with pytest.raises(manifest.BadPurposes):
        manifest.check_manifest(a_window(kind=kind, purposes=purposes))


def asked(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"code": code, "from": f"2026-11-{moment}Z"} for code, moment in pairs]


@pytest.mark.parametrize(
    "questions",
    [
        # Another order than that of the purposes, another question, one too few, one too many.
        asked(("TS2", "23T08:00:00"), ("TS1", "24T08:00:00")),
        asked(("TS1", "23T08:00:00"), ("TS3", "24T08:00:00")),
        asked(("TS1", "23T08:00:00")),
        asked(("TS1", "23T08:00:00"), ("TS2", "24T08:00:00"), ("TS3", "25T08:00:00")),
        # Both at once, later before earlier, before the opening, after it, and at the close.
        asked(("TS1", "23T08:00:00"), ("TS2", "23T08:00:00")),
        asked(("TS1", "23T08:00:00"), ("TS2", "22T08:00:00")),
        asked(("TS1", "22T08:00:00"), ("TS2", "24T08:00:00")),
        asked(("TS1", "23T09:00:00"), ("TS2", "24T08:00:00")),
        asked(("TS1", "23T08:00:00"), ("TS2", "30T17:00:00")),
        [], {}, None,
    ],
)  # fmt: skip
def test_questions_that_are_not_the_purposes_in_their_order_are_refused(questions: object) -> None:
    with pytest.raises(manifest.BadQuestions):
        manifest.check_manifest(a_window(questions=questions))


def test_the_last_of_many_questions_is_asked_before_the_close() -> None:
    purposes = ["ballot/TS1", "ballot/TS2", "ballot/TS3"]
    begins = [("TS1", "23T08:00:00"), ("TS2", "24T08:00:00")]
    manifest.check_manifest(a_window(purposes=purposes, questions=asked(*begins, ("TS3", "25T08:00:00"))))
    with pytest.raises(manifest.BadQuestions):
        manifest.check_manifest(a_window(purposes=purposes, questions=asked(*begins, ("TS3", "30T17:00:00"))))


@pytest.mark.parametrize("questions", [[{"code": "TS1"}, {"code": "TS2"}], [5, 6], asked(("TS1", "x"), ("TS2", "y"))])
def test_questions_of_another_shape_are_refused(questions: object) -> None:
    with pytest.raises(manifest.BadManifest):
        manifest.check_manifest(a_window(questions=questions))


# Fingerprint


def test_the_word_list_is_the_one_of_bip_39() -> None:
    words = manifest.word_list()
    text = "".join(f"{word}\n" for word in words).encode()
    assert hashlib.sha256(text).hexdigest() == "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"
    assert len(words) == len(set(words)) == 2048


def test_a_fingerprint_is_the_first_132_bits_in_twelve_words() -> None:
    bits = f"{int(hashlib.sha256(canonical(a_manifest())).hexdigest(), 16):0256b}"
    expected = [manifest.word_list()[int(bits[11 * n : 11 * n + 11], 2)] for n in range(12)]
    assert manifest.fingerprint(a_manifest()).split(" ") == expected


@pytest.mark.parametrize("name", sorted(a_manifest()))
def test_any_change_of_a_manifest_changes_its_fingerprint(name: str) -> None:
    assert manifest.fingerprint({**a_manifest(), name: "changed"}) != manifest.fingerprint(a_manifest())


# Log

Body = dict[str, Any]
GENESIS = {
    "andon": "v1",
    "organisation": drawn("organisation", 16).hex(),
    "steward_key": b64u(public_key_of(STEWARD_KEY)),
}
CLOSED: Body = {"box": drawn("box").hex(), "early": False, "round": ROUND}
CLOSED["units"] = {"count": 3, "root": drawn("slots").hex()}
RELEASED: Body = {"round": ROUND, "units": {"count": 3, "root": drawn("releases").hex()}}
BUNDLE: Body = {"files": {"answer.html": drawn("new").hex()}, "reason": "One browser showed nothing.", "round": ROUND}
OPENED, VOID = {"round": ROUND}, {"reason": "key_missing", "round": ROUND}
WHOLE: list[tuple[str, Body]] = [
    ("genesis", GENESIS),
    ("manifest", a_manifest()),
    ("opened", OPENED),
    ("bundle", BUNDLE),
    ("closed", CLOSED),
    ("released", RELEASED),
]


def a_log(*steps: tuple[str, Body], key: bytes = STEWARD_KEY) -> list[manifest.Entry]:
    entries: list[manifest.Entry] = []
    for kind, body in steps:
        previous = manifest.entry_hash(entries[-1]) if entries else manifest.NO_PREVIOUS
        own = {**body, "previous": previous} if kind == "manifest" else body
        signature = manifest.sign_body(key, kind, own) if kind in manifest.SIGNED_KINDS else None
        entries.append(
            manifest.make_entry(index=len(entries), previous=previous, kind=kind, body=own, signature=signature)
        )
    return entries


def test_a_whole_log_holds() -> None:
    entries = a_log(*WHOLE)
    summary = manifest.check_chain(entries)
    assert summary.head_index == 5
    assert summary.head_hash == manifest.entry_hash(entries[-1]) == summary.hashes[-1]
    assert summary.steward_key == public_key_of(STEWARD_KEY)
    (of_round,) = summary.rounds.values()
    assert (of_round.opened, of_round.closed, of_round.released) == (True, CLOSED, RELEASED)
    assert of_round.bundle == BUNDLE["files"]
    assert of_round.replaced == (BUNDLE["reason"],)


def test_a_void_round_holds_from_every_state_before_its_release() -> None:
    for length in (2, 3, 5):
        summary = manifest.check_chain(a_log(*WHOLE[:length], ("void", VOID)))
        assert summary.rounds[ROUND].void == "key_missing"


def test_two_rounds_at_once_hold() -> None:
    other = {"round": OTHER_ROUND}
    steps = [*WHOLE[:2], ("manifest", a_manifest(OTHER_ROUND)), ("opened", other), *WHOLE[2:]]
    assert list(manifest.check_chain(a_log(*steps)).rounds) == [ROUND, OTHER_ROUND]


def test_an_altered_body_breaks_the_chain() -> None:
    for position, path in ((2, ("round",)), (4, ("box",)), (4, ("early",))):
        entries = copy.deepcopy(a_log(*WHOLE))
        body: Any = entries[position]["body"]
        body[path[0]] = {"round": OTHER_ROUND, "box": "0" * 64, "early": True}[path[0]]
        with pytest.raises((manifest.BrokenChain, manifest.OutOfOrder, manifest.BadClosing)):
            manifest.check_chain(entries)


def test_an_altered_entry_in_the_middle_no_longer_fits_the_next() -> None:
    entries = copy.deepcopy(a_log(*WHOLE))
    body: Any = entries[4]["body"]
    body["box"] = "0" * 64
    with pytest.raises(manifest.BrokenChain):
        manifest.check_chain(entries)


def test_a_removed_entry_leaves_a_gap() -> None:
    entries = a_log(*WHOLE)
    del entries[3]
    with pytest.raises(manifest.Gap):
        manifest.check_chain(entries)
    with pytest.raises(manifest.Gap):
        manifest.check_chain(a_log(*WHOLE)[1:])


def test_a_repeated_or_exchanged_entry_is_a_gap() -> None:
    entries = a_log(*WHOLE)
    with pytest.raises(manifest.Gap):
        manifest.check_chain([*entries[:3], entries[2], *entries[3:]])
    with pytest.raises(manifest.Gap):
        manifest.check_chain([*entries[:2], entries[3], entries[2], *entries[4:]])


def resigned(entries: list[manifest.Entry], position: int, change: Callable[[Body], None]) -> list[manifest.Entry]:
    """Another log of the operator, who can hash but not sign."""
    entries = copy.deepcopy(entries)
    body: Any = entries[position]["body"]
    change(body)
    for later in range(position + 1, len(entries)):
        entries[later]["previous"] = manifest.entry_hash(entries[later - 1])
    return entries


def test_a_manifest_changed_by_the_operator_fails_its_signature() -> None:
    def shorten(body: Body) -> None:
        body["closes_at"] = "2026-11-24T17:00:00Z"

    with pytest.raises(manifest.WrongSignature):
        manifest.check_chain(resigned(a_log(*WHOLE[:3]), 1, shorten))


def test_a_bundle_changed_by_the_operator_fails_its_signature() -> None:
    def inject(body: Body) -> None:
        body["files"]["answer.html"] = "0" * 64

    with pytest.raises(manifest.WrongSignature):
        manifest.check_chain(resigned(a_log(*WHOLE[:4]), 3, inject))


def test_a_signature_for_one_kind_is_none_for_another() -> None:
    entries = a_log(*WHOLE[:3])
    body = {**BUNDLE}
    signature = manifest.sign_body(STEWARD_KEY, "manifest", body)
    previous = manifest.entry_hash(entries[-1])
    forged = manifest.make_entry(index=3, previous=previous, kind="bundle", body=body, signature=signature)
    with pytest.raises(manifest.WrongSignature):
        manifest.check_chain([*entries, forged])


def test_a_log_signed_by_another_key_is_refused() -> None:
    theirs = {**GENESIS, "steward_key": b64u(public_key_of(drawn("their key")))}
    entries = a_log(("genesis", theirs), key=drawn("their key"))
    manifest.check_chain(entries)
    with pytest.raises(manifest.BadGenesis):
        manifest.check_entry(entries[0], previous_entry=None, steward_public_key=public_key_of(STEWARD_KEY))
    with pytest.raises(manifest.WrongSignature):
        manifest.check_chain(a_log(*WHOLE, key=drawn("their key")))


def test_a_manifest_signed_for_another_place_in_the_log_is_refused() -> None:
    entries = a_log(*WHOLE[:1])
    previous = manifest.entry_hash(entries[0])
    body = a_manifest(previous="1" * 64)
    signature = manifest.sign_body(STEWARD_KEY, "manifest", body)
    entries.append(manifest.make_entry(index=1, previous=previous, kind="manifest", body=body, signature=signature))
    with pytest.raises(manifest.BadPrevious):
        manifest.check_chain(entries)


def test_a_signed_entry_cannot_be_checked_without_a_key() -> None:
    entries = a_log(*WHOLE[:2])
    with pytest.raises(manifest.WrongSignature):
        manifest.check_entry(entries[1], previous_entry=entries[0], steward_public_key=None)


# Delegations

DELEGATE, SUCCESSOR = drawn("delegate"), drawn("successor")


class Log:
    """A log in which every entry may be signed by whoever a test likes."""

    def __init__(self) -> None:
        self.entries = a_log(WHOLE[0])

    def add(self, kind: str, body: Body, key: bytes = STEWARD_KEY) -> "Log":
        previous = manifest.entry_hash(self.entries[-1])
        own = {**body, "previous": previous} if kind == "manifest" else body
        signature = manifest.sign_body(key, kind, own) if kind in manifest.SIGNED_KINDS else None
        index = len(self.entries)
        self.entries.append(
            manifest.make_entry(index=index, previous=previous, kind=kind, body=own, signature=signature)
        )
        return self

    def delegate(self, to: bytes = DELEGATE, key: bytes = STEWARD_KEY, **change: object) -> "Log":
        body = {
            "andon": "v1",
            "delegate": b64u(public_key_of(to)),
            "from": "2026-11-01T00:00:00Z",
            "organisation": GENESIS["organisation"],
            "previous": manifest.entry_hash(self.entries[-1]),
            "until": "2027-11-01T00:00:00Z",
        }
        return self.add("delegation", {**body, **change}, key)

    def check(self) -> manifest.ChainSummary:
        return manifest.check_chain(self.entries)


def test_a_delegate_signs_manifests_and_bundles_and_the_summary_says_so() -> None:
    log = Log().add("manifest", a_manifest(OTHER_ROUND)).delegate()
    log.add("manifest", a_manifest(), DELEGATE).add("bundle", BUNDLE, DELEGATE)
    summary = log.check()
    (delegation,) = summary.delegations
    assert (delegation.delegate, delegation.index) == (public_key_of(DELEGATE), 2)
    assert summary.rounds[ROUND].signer == delegation
    assert summary.rounds[OTHER_ROUND].signer is None
    assert summary.steward_key == public_key_of(STEWARD_KEY)


def test_the_steward_s_own_key_still_signs_after_a_delegation() -> None:
    assert Log().delegate().add("manifest", a_manifest()).check().rounds[ROUND].signer is None


def test_a_delegate_before_its_delegation_is_nobody() -> None:
    with pytest.raises(manifest.WrongSignature):
        Log().add("manifest", a_manifest(), DELEGATE).check()
    # Nor does a delegation that is put behind it make it good.
    with pytest.raises(manifest.WrongSignature):
        Log().add("manifest", a_manifest(), DELEGATE).delegate().check()


def test_a_replaced_delegate_signs_nothing_any_more() -> None:
    for kind, body in (("manifest", a_manifest()), ("bundle", BUNDLE)):
        log = Log().delegate().add("manifest", a_manifest(OTHER_ROUND), DELEGATE)
        log = log.add("manifest", a_manifest(), DELEGATE) if kind == "bundle" else log
        log.delegate(SUCCESSOR)
        with pytest.raises(manifest.WrongSignature):
            copy.deepcopy(log).add(kind, body, DELEGATE).check()
        log.add(kind, body, SUCCESSOR).check()


@pytest.mark.parametrize("change", [{"until": "2026-11-23T07:59:59Z"}, {"from": "2026-11-23T08:00:01Z"}])
def test_a_round_that_opens_outside_the_delegation_is_refused(change: dict[str, str]) -> None:
    Log().delegate(**{"from": "2026-11-23T08:00:00Z", "until": "2026-11-23T08:00:01Z"}).add(
        "manifest", a_manifest(), DELEGATE
    ).check()
    with pytest.raises(manifest.OutsideDelegation):
        Log().delegate(**change).add("manifest", a_manifest(), DELEGATE).check()


def test_a_page_is_replaced_by_a_delegate_of_the_time_of_its_round() -> None:
    """A successor whose time begins while the round runs can repair its page; one of next year cannot."""
    for begins, holds in (("2026-11-30T17:00:00Z", True), ("2026-11-30T17:00:01Z", False)):
        log = Log().delegate().add("manifest", a_manifest(), DELEGATE)
        log.delegate(SUCCESSOR, **{"from": begins}).add("bundle", BUNDLE, SUCCESSOR)
        if holds:
            log.check()
        else:
            with pytest.raises(manifest.OutsideDelegation):
                log.check()


def test_only_the_steward_s_key_delegates() -> None:
    with pytest.raises(manifest.WrongSignature):
        Log().delegate().delegate(SUCCESSOR, key=DELEGATE).check()
    with pytest.raises(manifest.WrongSignature):
        Log().delegate(key=DELEGATE).check()


@pytest.mark.parametrize(
    "change",
    [
        {"organisation": "0" * 32},
        {"delegate": GENESIS["steward_key"]},
        {"previous": "0" * 64},
    ],
)
def test_a_delegation_for_another_log_or_to_the_steward_s_key_itself_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(manifest.BadDelegation):
        Log().delegate(**change).check()


def test_a_delegation_may_have_waited_while_other_things_happened() -> None:
    log = Log()
    early = manifest.entry_hash(log.entries[-1])
    log.add("manifest", a_manifest()).add("opened", OPENED).delegate(previous=early).check()


def test_a_replaced_key_is_not_brought_back_by_showing_its_delegation_again() -> None:
    log = Log().delegate()
    first = log.entries[-1]
    log.delegate(SUCCESSOR)
    again = manifest.make_entry(
        index=3,
        previous=manifest.entry_hash(log.entries[-1]),
        kind="delegation",
        body=first["body"],  # type: ignore[arg-type]
        signature=str(first["signature"]),
    )
    log.entries.append(again)
    with pytest.raises(manifest.BadDelegation):
        log.check()


def test_a_delegation_that_was_signed_and_never_used_dies_with_the_next_one() -> None:
    log = Log()
    early = manifest.entry_hash(log.entries[-1])
    log.delegate(SUCCESSOR)
    with pytest.raises(manifest.BadDelegation):
        log.delegate(previous=early).check()


@pytest.mark.parametrize(
    "change",
    [
        {"until": "2026-11-01T00:00:00Z"}, {"until": "2026-10-01T00:00:00Z"}, {"until": "2027-12-06T00:00:01Z"},
        {"from": "2026-11-01"}, {"delegate": "AA"}, {"organisation": "x"}, {"previous": "x"}, {"andon": "v2"},
        {"more": 1}, {"until": 5},
    ],
)  # fmt: skip
def test_a_delegation_of_another_shape_or_of_more_than_400_days_is_refused(change: dict[str, object]) -> None:
    Log().delegate(until="2027-12-06T00:00:00Z").check()
    with pytest.raises(manifest.BadEntry):
        Log().delegate(**change)


def test_a_delegation_inserted_later_breaks_the_chain() -> None:
    log = Log().add("manifest", a_manifest()).add("opened", OPENED)
    inserted = Log().delegate().entries[1]
    with pytest.raises((manifest.Gap, manifest.BrokenChain)):
        manifest.check_chain([log.entries[0], inserted, *log.entries[1:]])
    renumbered = [log.entries[0], inserted, *({**entry, "index": n + 2} for n, entry in enumerate(log.entries[1:]))]
    with pytest.raises(manifest.BrokenChain):
        manifest.check_chain(renumbered)


def test_an_entry_of_a_kind_that_nobody_knows_is_refused() -> None:
    log = Log()
    previous = manifest.entry_hash(log.entries[-1])
    body = {"andon": "v1"}
    entry = {"body": body, "index": 1, "kind": "delegations", "previous": previous, "signature": None}
    with pytest.raises(manifest.UnknownKind):
        manifest.check_chain([*log.entries, entry])


def test_a_missing_or_needless_signature_is_refused() -> None:
    entries = a_log(*WHOLE[:3])
    with pytest.raises(manifest.Unsigned):
        manifest.check_chain([entries[0], {**entries[1], "signature": None}])
    with pytest.raises(manifest.NeedlessSignature):
        manifest.check_chain([*entries[:2], {**entries[2], "signature": entries[1]["signature"]}])
    with pytest.raises(manifest.Unsigned):
        manifest.make_entry(index=0, previous=manifest.NO_PREVIOUS, kind="genesis", body=GENESIS)


def test_a_log_begins_with_its_one_genesis() -> None:
    with pytest.raises(manifest.BadGenesis):
        manifest.check_chain([])
    with pytest.raises(manifest.BadGenesis):
        manifest.check_chain(a_log(("genesis", GENESIS), ("genesis", GENESIS)))
    with pytest.raises(manifest.BadGenesis):
        manifest.check_chain(a_log(("manifest", a_manifest())))


@pytest.mark.parametrize(
    "steps",
    [
        [("opened", OPENED)],
        [("void", VOID)],
        [("bundle", BUNDLE)],
        [WHOLE[1], WHOLE[1]],
        [WHOLE[1], ("opened", OPENED), ("opened", OPENED)],
        [WHOLE[1], ("closed", CLOSED)],
        [WHOLE[1], ("opened", OPENED), ("closed", CLOSED), ("closed", CLOSED)],
        [WHOLE[1], ("opened", OPENED), ("closed", CLOSED), ("opened", OPENED)],
        [WHOLE[1], ("opened", OPENED), ("released", RELEASED)],
        [*WHOLE[1:], ("released", RELEASED)],
        [*WHOLE[1:], ("void", VOID)],
        [*WHOLE[1:], ("bundle", BUNDLE)],
        [WHOLE[1], ("void", VOID), ("void", VOID)],
        [WHOLE[1], ("void", VOID), ("opened", OPENED)],
    ],
)
def test_a_round_that_skips_or_repeats_a_step_is_refused(steps: list[tuple[str, Body]]) -> None:
    with pytest.raises(manifest.OutOfOrder):
        manifest.check_chain(a_log(WHOLE[0], *steps))


def test_a_round_that_closes_against_its_manifest_is_refused() -> None:
    units = {"count": 2, "root": drawn("slots").hex()}
    for closed in ({**CLOSED, "early": True}, {**CLOSED, "units": units}):
        with pytest.raises(manifest.BadClosing):
            manifest.check_chain(a_log(*WHOLE[:3], ("closed", closed)))
    policy = {**a_manifest()["policy"], "early_close": True}
    steps = [WHOLE[0], ("manifest", a_manifest(policy=policy)), WHOLE[2], ("closed", {**CLOSED, "early": True})]
    manifest.check_chain(a_log(*steps))


@pytest.mark.parametrize(
    "change",
    [
        {"kind": 5}, {"index": "0"}, {"index": True}, {"index": -1}, {"previous": 5}, {"previous": "x"}, {"more": 1},
        {"signature": 5}, {"signature": "AA"}, {"body": []}, {"body": {}}, {"body": {**GENESIS, "andon": "v2"}},
        {"body": {**GENESIS, "organisation": "x"}}, {"body": {**GENESIS, "steward_key": "AA"}},
    ],
)  # fmt: skip
def test_an_entry_of_another_shape_is_refused(change: dict[str, object]) -> None:
    (entry,) = a_log(WHOLE[0])
    with pytest.raises(manifest.BadEntry):
        manifest.check_chain([{**entry, **change}])


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("opened", {**OPENED, "at": "x"}),
        ("closed", {**CLOSED, "early": 0}),
        ("closed", {**CLOSED, "box": "x"}),
        ("released", {"round": ROUND, "release": "0" * 64}),
        ("void", {**VOID, "reason": "Because I said so."}),
        ("bundle", {**BUNDLE, "reason": ""}),
        ("bundle", {**BUNDLE, "files": {}}),
        ("manifest", a_manifest(kind="yearly")),
    ],
)
def test_a_body_of_another_shape_is_refused(kind: str, body: Body) -> None:
    with pytest.raises(manifest.BadEntry):
        manifest.make_entry(index=1, previous="0" * 64, kind=kind, body=body, signature=b64u(bytes(64)))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(manifest.UnknownKind):
        manifest.make_entry(index=1, previous="0" * 64, kind="reopened", body=OPENED)
    with pytest.raises(manifest.UnknownKind):
        manifest.sign_body(STEWARD_KEY, "opened", OPENED)
    with pytest.raises(Malformed):
        manifest.sign_body(bytes(31), "genesis", GENESIS)


def test_the_hash_of_an_entry_is_over_its_canonical_form() -> None:
    (entry,) = a_log(WHOLE[0])
    assert manifest.entry_hash(entry) == hashlib.sha256(canonical(entry)).hexdigest()
    assert OTHER_UNIT not in str(entry)
