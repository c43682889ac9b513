"""The people who appear in tests: Ada leads, Bo is a member, Cy is outside. And their wallets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from andon.kernel import ballot, wire
from andon.kernel.credential import SlipRequest

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


@dataclass
class Slip:
    """What a wallet holds for one round and purpose, made by the kernel's own client."""

    round_id: str
    purpose: str = "ballot"
    private_key: bytes = field(default_factory=lambda: Ed25519PrivateKey.generate().private_bytes_raw())
    unit_id: str = ""
    output: bytes = b""

    def __post_init__(self) -> None:
        self.public_key = Ed25519PrivateKey.from_private_bytes(self.private_key).public_key().public_bytes_raw()
        self.request = SlipRequest.begin(self.public_key)

    @property
    def blinded(self) -> bytes:
        return self.request.blinded

    @property
    def asking(self) -> dict[str, Any]:
        """The body of POST /slips/."""
        return {"blinded": [{"purpose": self.purpose, "value": wire.b64u(self.blinded)}], "round": self.round_id}

    @property
    def slot(self) -> bytes:
        return ballot.slot_of(self.public_key)

    def finish(self, issued: Mapping[str, Any]) -> "Slip":
        """Take the answer of POST /slips/."""
        [evaluation] = [wire.unb64u(e["value"]) for e in issued["evaluations"] if e["purpose"] == self.purpose]
        self.unit_id = issued["leaf"]["unit"]
        self.output = self.request.finish(evaluation, wire.unb64u(issued["leaf"]["keys"][self.purpose]))
        return self

    def cast(self, answers: Mapping[str, int], *, box_public_key: bytes, sequence: int = 1) -> bytes:
        """A cast body with these answers."""
        return self._sealed(ballot.AnswersPayload(dict(answers)), box_public_key, sequence)

    def comment(self, words: str, *, box_public_key: bytes, sequence: int = 1) -> bytes:
        """A cast body with this comment."""
        return self._sealed(ballot.CommentPayload(words), box_public_key, sequence)

    def _sealed(self, payload: ballot.Payload, box_public_key: bytes, sequence: int) -> bytes:
        place: dict[str, Any] = {"round_id": self.round_id, "unit_id": self.unit_id, "purpose": self.purpose}
        ciphertext = ballot.seal(
            ballot.encode_payload(payload),
            box_public_key=box_public_key,
            slot=self.slot,
            sequence=sequence,
            **place,
        )
        return ballot.encode_cast(
            ballot.sign_cast(self.private_key, output=self.output, sequence=sequence, ciphertext=ciphertext, **place)
        )


def box_key_of(round_id: str) -> bytes:
    """The public key that ballots of the round are sealed to, as its manifest has it."""
    from andon.features.publiclog import public as publiclog

    entry = publiclog.find("manifest", round_id)
    assert entry is not None
    return wire.unb64u(entry.body["box_key"], 32)


def slip_for(member: Any, round_id: str, purpose: str = "ballot") -> Slip:
    """A fresh slip, as the member's wallet fetches it."""
    from andon.features.issuance import services as issuance

    slip = Slip(round_id, purpose)
    issued = issuance.issue(member=member, round_id=round_id, blinded=[(purpose, slip.blinded)])
    assert isinstance(issued, issuance.Issued), type(issued).__name__
    return slip.finish(issued.to_json(wire.b64u))


def opened_round(node: Any, *, by: Any, **more: Any) -> str:
    """A round of a week that opens at once, and its id."""
    from andon.features.rounds import public as rounds

    published = rounds.publish_round(
        node_id=node.pk,
        instrument_id="andon-core",
        opens_at=NOW,
        by=by,
        at=NOW,
        **{"closes_at": NOW + WEEK, **more},
    )
    rounds.open_round(round_id=published.pk, at=NOW)
    return str(published.pk)


def found_organisation(tmp_path: Any, settings: Any, *, teams: Mapping[str, int], on: datetime = NOW) -> dict[str, Any]:
    """An organisation with teams of these sizes, a steward key and a prepared key directory.

    The first of each team leads it. Returns the members by "Team 1", "Team 2", ... and the nodes by name.
    """
    from andon.features.rounds import public as rounds
    from andon.foundation.organisation.models import Membership, Node, Organisation
    from andon.foundation.people.models import Member

    private, public = rounds.new_steward_key()
    key_file = tmp_path / "steward.key"
    key_file.write_text(private)
    settings.STEWARD_KEY_FILE = str(key_file)
    Organisation.objects.create(name="Lanternworks", steward_public_key=public)
    top = Node.objects.create(name="Lanternworks", parent=None)
    people: dict[str, Any] = {"top": top}
    for team, size in teams.items():
        node = Node.objects.create(name=team, parent=top)
        people[team] = node
        for number in range(1, size + 1):
            member = Member.objects.create_user(f"{team.lower()}{number}@example.org", f"{team} {number}")
            Membership.objects.create(
                member=member,
                node=node,
                role="lead" if number == 1 else "member",
                starts_on=(on - timedelta(days=30)).date(),
            )
            people[f"{team} {number}"] = member
    return people
