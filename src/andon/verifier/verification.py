"""The checks themselves, in the order in which one rests on another."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from andon.kernel.disclosure.comments import CommentsRelease, MalformedComments, may_comment, may_read_comments
from andon.kernel.manifest import (
    BadLog,
    BadOpening,
    ChainSummary,
    Delegation,
    RosterNotOpenable,
    RoundSummary,
    Slot,
    check_chain,
    check_opening,
    fingerprint,
    release_commitment,
    release_leaf,
    slot_leaf,
    slots_commitment,
    verify_inclusion,
)
from andon.kernel.wire import COMMENT, Malformed, b64u, canonical, check_digest, check_keys, parse_canonical, sha256_hex
from andon.verifier import pins
from andon.verifier import unit_file as unit_files
from andon.verifier.fetching import CannotFetch, Fetch, NotServed, fetch
from andon.verifier.report import Check, Outcome, Report
from andon.verifier.unit_file import Place, UnitFile

PAGE_ENTRIES = 100
MAX_ENTRIES = 100_000
MAX_SMALL_BYTES = 64_000
MAX_PAGE_BYTES = 8_000_000
MAX_FILE_BYTES = 16_000_000
ANSWER_PAGE, FRAME_PAGE = "answer.html", "frame.html"
NOT_SERVED = "What the manifest names is not served."
_RECEIPT = re.compile(r"([0-9a-f]{64}):([0-9a-f]{64})")
_ORIGIN = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


class BadReceipt(ValueError):
    """A receipt is slot and hash, 64 hex characters each, joined by a colon."""


class _Stop(Exception):
    """Nothing that comes later can be checked without what just failed."""


def verify(
    app_url: str,
    *,
    unit_file: Path | None = None,
    colleagues: Sequence[Path] = (),
    receipt: str | Sequence[str] | None = None,
    pin: Path | None = None,
    steward_key: str | None = None,
    fetch: Fetch = fetch,
) -> Report:
    """Check an organisation by its app's address, and with a unit file what happened in one unit.

    With unit files of colleagues as well: whether somebody was put into a group of their own behind the same names.
    A window has a receipt for each question that was answered: any number of them may be given.
    Guarantees: says OK only for what was looked at, and never sends anything but requests to read.
    Does not: see what other people are shown; compare heads or fingerprints with them.
    Raises: BadReceipt. Everything the server does ends in a check.
    """
    given = () if receipt is None else (receipt,) if isinstance(receipt, str) else receipt
    wanted = tuple(map(_parse_receipt, given))
    run = _Run(_origin(app_url) or app_url, fetch)
    try:
        door = run.find_door()
        chain = run.check_log(door)
        run.check_steward_key(chain, steward_key)
        run.tell_delegations(chain)
        if pin is not None:
            run.check_pin(chain, pin)
        run.check_rounds(door, chain)
        if unit_file is not None:
            units = [run.check_unit(chain, unit_file, wanted)]
            units += [run.check_unit(chain, path, ()) for path in colleagues]
            if colleagues:
                run.compare_units([unit for unit in units if unit is not None])
        elif wanted:
            title = "Your ballot is in the list of what was counted"
            run.unknown(title, "A receipt is compared with your unit's slot list; give the unit file as well.")
    except _Stop:
        pass
    return Report(run.app, tuple(run.checks))


class _Run:
    """One verification: what was checked so far, and files already read, by hash."""

    def __init__(self, app: str, fetch: Fetch) -> None:
        self.app = app
        self.checks: list[Check] = []
        self._fetch = fetch
        self._files: dict[str, Check] = {}

    def ok(self, title: str, *evidence: str) -> None:
        self.checks.append(Check(title, Outcome.OK, "", evidence))

    def failed(self, title: str, meaning: str, *evidence: str) -> None:
        self.checks.append(Check(title, Outcome.FAILED, meaning, evidence))

    def unknown(self, title: str, meaning: str, *evidence: str) -> None:
        self.checks.append(Check(title, Outcome.UNKNOWN, meaning, evidence))

    # The door and the log

    def find_door(self) -> str:
        title = "The app names its anonymous door"
        if _origin(self.app) is None:
            self.unknown(title, "This is not an address such as https://andon.example.org.")
            raise _Stop
        raw = self._need(title, f"{self.app}/.well-known/andon", MAX_SMALL_BYTES)
        try:
            named = check_keys(_json(raw), frozenset({"andon", "anonymous_door", "app"}))
            door = _origin(named["anonymous_door"])
        except Malformed:
            named, door = {}, None
        if named.get("andon") != "v1" or door is None or named["anonymous_door"] != door:
            self.failed(title, "This address is not an Andon of this version, or its answer was altered.")
            raise _Stop
        if named["app"] != self.app:
            meaning = "The app says that it lives elsewhere. Give that address, or ask why it differs."
            self.failed(title, meaning, str(named["app"]))
            raise _Stop
        self.ok(title, door)
        return door

    def check_log(self, door: str) -> ChainSummary:
        title = "The public log is whole, chained, signed by its steward key, and its rounds keep to their order"
        raw = self._need(title, f"{door}/log/head", MAX_SMALL_BYTES)
        try:
            head = check_keys(_json(raw), frozenset({"hash", "index"}))
            index, head_hash = head["index"], check_digest(cast(str, head["hash"]))
            if type(index) is not int or index < 0:
                raise Malformed("an index is an integer from 0")
        except Malformed:
            self.failed(title, "The head of the log has no readable shape.")
            raise _Stop from None
        if index >= MAX_ENTRIES:
            self.unknown(title, "The log is longer than this program reads.")
            raise _Stop
        entries = self._read_log(title, door, index)
        try:
            chain = check_chain(entries)
        except BadLog as fault:
            self.failed(title, _meaning(fault), f"{type(fault).__name__}: {fault}")
            raise _Stop from None
        if chain.head_index < index or chain.hashes[index] != head_hash:
            self.failed(
                title, "The door names one head and serves another log: it is forked, or entries are held back."
            )
            raise _Stop
        self.ok(
            title,
            f"organisation {chain.organisation}, {len(entries)} entries",
            f"head {chain.head_index} {chain.head_hash}",
        )
        return chain

    def _read_log(self, title: str, door: str, last: int) -> list[dict[str, object]]:
        entries: list[dict[str, object]] = []
        while len(entries) <= last:
            raw = self._need(title, f"{door}/log/?from={len(entries)}", MAX_PAGE_BYTES)
            try:
                page = check_keys(_json(raw), frozenset({"entries"}))["entries"]
                if not isinstance(page, list) or not all(isinstance(entry, dict) for entry in page):
                    raise Malformed("entries are a list of objects")
            except Malformed:
                self.failed(title, "A page of the log has no readable shape.")
                raise _Stop from None
            if not 0 < len(page) <= PAGE_ENTRIES:
                self.failed(title, "The log stops before the head that the door names: entries are held back.")
                raise _Stop
            entries += page
        return entries

    def check_steward_key(self, chain: ChainSummary, expected: str | None) -> None:
        title = "The log belongs to the steward key"
        own = b64u(chain.steward_key)
        if expected is None or expected == own:
            note = "" if expected else "compare it with the one you were given another way"
            self.ok(title, own, *([note] if note else []))
        else:
            meaning = "The log was begun with another key than the one you gave: this is somebody else's log."
            self.failed(title, meaning, own)

    def tell_delegations(self, chain: ChainSummary) -> None:
        """The chain holds already; this says who could have signed what, for somebody to wonder about."""
        if not chain.delegations:
            return
        count = len(chain.delegations)
        last = chain.delegations[-1]
        told = [f"signs now: {b64u(last.delegate)}, for rounds that open until {last.until}"]
        told += [
            f"entry {one.index}: {b64u(one.delegate)} for rounds that open from {one.begins} until {one.until}"
            for one in chain.delegations
        ]
        if count > 1:
            told.append("each replaced the one before at once; many in a short time are a reason to ask")
        self.ok(f"The steward's key let another key sign, {count} time{'s' if count > 1 else ''}", *told)

    def check_pin(self, chain: ChainSummary, path: Path) -> None:
        title = "The log extends the one seen before"
        try:
            known = pins.load(path)
            objection = pins.objection(known, app=self.app, chain=chain)
            if objection is not None:
                self.failed(title, objection)
                return
            pins.store(path, known, app=self.app, chain=chain)
        except pins.CannotPin as fault:
            self.unknown(title, str(fault))
            return
        seen = known.get(chain.organisation)
        self.ok(title, "seen for the first time" if seen is None else f"last seen at entry {seen.index}")

    # Rounds and their pages

    def check_rounds(self, door: str, chain: ChainSummary) -> None:
        rounds = list(chain.rounds.values())
        for of_round in rounds:
            self._check_round(door, of_round)
        if rounds:
            title = "The wallet's frame is the published one"
            self._check_page(title, f"{door}/frame/", rounds[-1].bundle.get(FRAME_PAGE))

    def _check_round(self, door: str, of_round: RoundSummary) -> None:
        name = f"Round {of_round.round_id[:8]}"
        instrument = cast(Mapping[str, str], of_round.manifest["instrument"])
        notes = [f"replaced after publication, signed for by the steward: {reason}" for reason in of_round.replaced]
        self.ok(
            f"{name}: the manifest is complete and signed",
            f"fingerprint: {fingerprint(of_round.manifest)}",
            f"state: {_state(of_round)}",
            f"signed by {_signer(of_round.signer)}",
            *notes,
        )
        before = len(self.checks)
        self._check_instrument(f"{name}: the statements are the published ones", door, instrument["sha256"])
        title = f"{name}: the answering page is the published one"
        self._check_page(title, f"{door}/answer/{of_round.round_id}/", of_round.bundle.get(ANSWER_PAGE))
        self._check_bundle(f"{name}: every file of the page is the published one", door, of_round.bundle)
        if of_round.void is not None:
            self.checks[before:] = map(_gone_with_a_void_round, self.checks[before:])

    def _check_instrument(self, title: str, door: str, sha256: str) -> None:
        found = self._file(title, f"{door}/blob/{sha256}", sha256, canonical_json=True)
        self.checks.append(found)

    def _check_page(self, title: str, url: str, sha256: str | None) -> None:
        if sha256 is None:
            self.failed(title, "The manifest names no such page, so what is served was never published.")
            return
        self.checks.append(self._compare(title, url, sha256))

    def _check_bundle(self, title: str, door: str, bundle: Mapping[str, str]) -> None:
        worst = Check(title, Outcome.OK, "", (f"{len(bundle)} files",))
        for name, sha256 in sorted(bundle.items()):
            found = self._file(title, f"{door}/bundle/{sha256}/{name}", sha256)
            if found.outcome is Outcome.FAILED or (worst.outcome is Outcome.OK and found.outcome is Outcome.UNKNOWN):
                worst = Check(title, found.outcome, found.meaning, (name,))
        self.checks.append(worst)

    def _file(self, title: str, url: str, sha256: str, *, canonical_json: bool = False) -> Check:
        """What stands under its own hash is read once, however many rounds name it."""
        if url not in self._files:
            self._files[url] = self._compare(title, url, sha256, canonical_json=canonical_json)
        found = self._files[url]
        return Check(title, found.outcome, found.meaning, found.evidence)

    def _compare(self, title: str, url: str, sha256: str, *, canonical_json: bool = False) -> Check:
        try:
            content = self._fetch(url, MAX_FILE_BYTES)
        except NotServed:
            return Check(title, Outcome.FAILED, NOT_SERVED, (url,))
        except CannotFetch as fault:
            return Check(title, Outcome.UNKNOWN, str(fault), (url,))
        if sha256_hex(content) != sha256:
            meaning = "The server serves something else than what was published. Do not answer with it."
            return Check(title, Outcome.FAILED, meaning, (url, f"published {sha256}", f"served {sha256_hex(content)}"))
        if canonical_json:
            try:
                parse_canonical(content)
            except Malformed:
                return Check(title, Outcome.FAILED, "What was published is not canonical JSON.", (url,))
        return Check(title, Outcome.OK, "", (sha256,))

    # One unit

    def check_unit(self, chain: ChainSummary, path: Path, receipts: Sequence[tuple[str, str]]) -> UnitFile | None:
        title = "The unit file belongs to a round of this log"
        try:
            with path.open("rb") as file:
                raw = file.read(unit_files.MAX_BYTES + 1)
            unit = unit_files.parse(raw[: unit_files.MAX_BYTES])
        except OSError as fault:
            self.unknown(title, f"The file cannot be read: {type(fault).__name__}.")
            return None
        except unit_files.BadUnitFile as fault:
            self.unknown(title, f"The file is not a unit file of this version: {fault}.")
            return None
        of_round = chain.rounds.get(unit.round_id)
        if of_round is None:
            self.failed(title, "You were given a round that was never published.")
            return None
        self.ok(title, f"round {unit.round_id}, unit {unit.unit_id}")
        self._check_leaf(of_round, unit)
        self._check_roster(unit)
        listed = self._check_slots(of_round, unit, receipts)
        self._check_release(of_round, unit, listed)
        return unit

    def compare_units(self, units: Sequence[UnitFile]) -> None:
        """One roster can stand in the tree twice, each time with other keys: each file by itself looks right."""
        title = "Everybody whose file was given is counted in one group only"
        for one, other in combinations(units, 2):
            if one.round_id != other.round_id or canonical(one.leaf) == canonical(other.leaf):
                continue
            shared = sorted(_people(one) & _people(other))
            if shared or one.unit_id == other.unit_id:
                meaning = "The same people were shown two groups with different keys: ballots can be told apart."
                self.failed(title, meaning, f"round {one.round_id}", *shared)
                return
        self.ok(title, f"{len(units)} files")

    def _check_leaf(self, of_round: RoundSummary, unit: UnitFile) -> None:
        title = "Your unit's keys and roster are in the manifest"
        keys = cast(Mapping[str, str], unit.leaf["keys"])
        if not _included(unit.leaf, unit.place, of_round.manifest["units"]):
            self.failed(title, "You were shown a key or a roster that others do not see: ballots could be told apart.")
        elif set(keys) != _purposes_of_a_unit(of_round.manifest, unit.opening.size):
            self.failed(title, "Your unit has keys for other purposes than the manifest names.")
        else:
            # Two leaves can carry one roster; only colleagues who compare these words would notice.
            words = f"your group in twelve words: {fingerprint(unit.leaf)}"
            self.ok(title, f"unit {unit.place.index + 1} of {unit.place.count}", words)

    def _check_roster(self, unit: UnitFile) -> None:
        title = "Your roster is the one that was fixed before opening"
        opening = unit.opening
        shown = [f"{opening.name}: {opening.size} members; read whether you know them all", *opening.members]
        if opening.erased:
            # A server could hide people who never were behind these places, so they are never passed over in silence.
            shown.append(f"somebody who was erased: {opening.erased} of {opening.size}; ask whether that is true")
        try:
            check_opening(unit.leaf, opening)
        except RosterNotOpenable as fault:
            self.unknown(title, f"{_meaning(fault)} A file that was saved before can still be checked.", *shown)
        except BadOpening as fault:
            self.failed(title, _meaning(fault), *shown)
        else:
            self.ok(title, *shown)

    def _check_slots(
        self, of_round: RoundSummary, unit: UnitFile, receipts: Sequence[tuple[str, str]]
    ) -> Counter[str] | None:
        """How many ballots of each purpose are listed; None unless the list is the one that was fixed."""
        title, own = "Your unit's list of ballots is the one fixed at close", "Your ballot is in the list"
        if of_round.closed is None:
            if unit.slots is not None:
                self.failed(title, "There is a list of ballots, although the log says that nothing was closed.")
            if receipts:
                self.unknown(own, f"The round is {_state(of_round)}; the list of ballots comes with its close.")
            return None
        if unit.slots is None:
            self.unknown(title, "The file was saved before the list existed. Download it again.")
            if receipts:
                self.unknown(own, "The file holds no list of ballots.")
            return None
        listed = unit.slots.listed
        leaf = slot_leaf(unit.unit_id, slots_commitment(unit.slots.salt, listed))
        counts = Counter(purpose for _, purpose, _ in listed)
        members, holds = unit.opening.size, False
        shown = tuple(f"{purpose}: {count} of {members}" for purpose, count in sorted(counts.items()))
        if not _included(leaf, unit.slots.place, of_round.closed["units"], unit.place):
            self.failed(title, "The list was changed after the close: a ballot was dropped, added or replaced.", *shown)
        elif any(count > members for count in counts.values()):
            self.failed(title, "More ballots were counted than the roster has members.", *shown)
        elif not counts.keys() <= set(cast(Iterable[str], of_round.manifest["purposes"])):
            self.failed(title, "Ballots were counted for something the manifest does not ask.", *shown)
        else:
            self.ok(title, *shown)
            holds = True
        for receipt in receipts:
            self._check_receipt(own, receipt, listed)
        return counts if holds else None

    def _check_receipt(self, title: str, receipt: tuple[str, str], listed: Sequence[Slot]) -> None:
        slot, _ = receipt
        purposes = [purpose for listed_slot, purpose, ciphertext in listed if (listed_slot, ciphertext) == receipt]
        if slot not in {listed_slot for listed_slot, _, _ in listed}:
            self.failed(title, "Your ballot was dropped: its slot is not in the list.", slot)
        elif not purposes:
            meaning = "Your ballot was replaced: its slot holds another one. (If you changed it, use the last receipt.)"
            self.failed(title, meaning, slot)
        else:
            self.ok(title, *(f"{purpose}: {slot}" if purpose != "ballot" else slot for purpose in purposes))

    def _check_release(self, of_round: RoundSummary, unit: UnitFile, listed: Counter[str] | None) -> None:
        title = "The figures you were shown are the ones fixed at release"
        if of_round.released is None:
            if unit.release is not None:
                self.failed(title, "There are figures, although the log says that nothing was released.")
            return
        if unit.release is None:
            self.unknown(title, "The file was saved before the release. Download it again.")
            return
        try:
            leaf = release_leaf(unit.unit_id, release_commitment(unit.release.salt, unit.release.content))
        except Malformed:
            self.failed(title, "The figures are not canonical JSON.")
            return
        if not _included(leaf, unit.release.place, of_round.released["units"], unit.place):
            self.failed(title, "The figures were changed after the release, or others are shown other ones.")
            return
        content = unit.release.content
        # Wrong arithmetic cannot be seen from here; figures over another number of ballots than was listed can.
        fits = content.get("unit", unit.unit_id) == unit.unit_id and (
            listed is None
            or (
                _fits_the_list(content, listed, is_window="questions" in of_round.manifest)
                and _comments_fit(content, listed, of_round.manifest, unit.opening.size)
            )
        )
        if fits:
            self.ok(title)
        else:
            self.failed(title, "The figures are said to be made of another number of ballots, or for another group.")

    def _need(self, title: str, url: str, limit: int) -> bytes:
        try:
            return self._fetch(url, limit)
        except CannotFetch as fault:
            self.unknown(title, f"{url}: {fault}")
            raise _Stop from None


def _included(leaf: Mapping[str, object], place: Place, tree: object, at: Place | None = None) -> bool:
    """Under the root and with the size that the log names, not the ones the file names.

    `at`: where the unit itself stands. All trees of a round hold its units in one order, so that a spare leaf
    somewhere else cannot show some of the unit another list than the rest.
    """
    fields = cast(Mapping[str, object], tree)
    if place.count != fields["count"] or (at is not None and place.index != at.index):
        return False
    root = bytes.fromhex(str(fields["root"]))
    return verify_inclusion(
        canonical(dict(leaf)), index=place.index, count=place.count, path=list(place.path), root=root
    )


def _purposes_of_a_unit(manifest: Mapping[str, object], members: int) -> set[str]:
    """What a unit of this size has keys for: comments only where enough people are in it to read them."""
    purposes = set(cast(Iterable[str], manifest["purposes"]))
    return purposes if may_comment(members, least_ballots=_least_ballots(manifest)) else purposes - {COMMENT}


def _least_ballots(manifest: Mapping[str, object]) -> int:
    return cast(Mapping[str, int], manifest["policy"])["least_ballots"]


def _comments_fit(
    content: Mapping[str, object], listed: Counter[str], manifest: Mapping[str, object], members: int
) -> bool:
    """Whether comments are shown exactly where the rules say so, and no more than were handed in.

    Does not: find out whether one of several was left out, as one that is empty is.
    """
    said = content.get("comments")
    if COMMENT not in _purposes_of_a_unit(manifest, members):
        return said is None
    try:
        comments = CommentsRelease.from_json(said)
    except MalformedComments:
        return False
    are_read = may_read_comments(roster_size=members, ballots=listed["ballot"], least_ballots=_least_ballots(manifest))
    return (comments.count is not None) is are_read and (comments.count or 0) <= listed[COMMENT]


def _fits_the_list(content: Mapping[str, object], listed: Counter[str], *, is_window: bool) -> bool:
    """Whether figures are made of as many ballots as are listed: of each question of a window."""
    if not is_window:
        return content.get("ballots") == listed["ballot"]
    counts, figures = content.get("counts"), content.get("figures", {})
    if not isinstance(counts, dict) or not isinstance(figures, dict):
        return False
    of_each = {purpose.removeprefix("ballot/"): count for purpose, count in listed.items() if purpose != COMMENT}
    return (
        {code: count for code, count in counts.items() if count} == of_each
        and content.get("ballots") == max(of_each.values(), default=0)
        and all(isinstance(figure, dict) and figure.get("n") == counts.get(code) for code, figure in figures.items())
    )


def _people(unit: UnitFile) -> set[str]:
    """The addresses in `Name <address>`: a name can be spelled in two ways."""
    return {member.rpartition("<")[2].rstrip(">").strip().casefold() for member in unit.opening.members}


def _signer(delegation: Delegation | None) -> str:
    if delegation is None:
        return "the steward's own key"
    return f"the key that the steward's key delegated to in entry {delegation.index}, until {delegation.until}"


def _gone_with_a_void_round(check: Check) -> Check:
    """Of a void round nothing is asked and nothing shown, and a restored server may not have its files.

    What is served of it and was never published stays a failure.
    """
    if check.outcome is not Outcome.FAILED or check.meaning != NOT_SERVED:
        return check
    meaning = (
        f"{NOT_SERVED} The round is void, so nobody answers with it; what it served before cannot be checked here."
    )
    return Check(check.title, Outcome.UNKNOWN, meaning, check.evidence)


def _state(of_round: RoundSummary) -> str:
    if of_round.void is not None:
        return f"void ({of_round.void})"
    if of_round.released is not None:
        return "released"
    if of_round.closed is not None:
        return "closed"
    return "open" if of_round.opened else "published"


def _meaning(fault: Exception) -> str:
    """The first line of a refusal's docstring is written for people; optimised Python has none."""
    return (type(fault).__doc__ or str(fault)).split("\n")[0]


def _json(raw: bytes) -> object:
    try:
        value: object = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None
    return value


def _origin(value: object) -> str | None:
    """Scheme, host and port of an address, or None when it is none."""
    if not isinstance(value, str):
        return None
    text = value.strip().rstrip("/")
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    return origin if _ORIGIN.fullmatch(origin) else None


def _parse_receipt(text: str) -> tuple[str, str]:
    found = _RECEIPT.fullmatch(text.strip().lower())
    if found is None:
        raise BadReceipt("a receipt is slot and hash, 64 hex characters each, joined by a colon")
    return found[1], found[2]
