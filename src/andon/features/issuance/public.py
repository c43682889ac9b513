"""The door of `issuance`."""

from andon.features.issuance.services import (
    AlreadyIssued,
    Issued,
    NoSuchPurpose,
    NoSuchRound,
    NotIssuing,
    compact,
    delete_issuance,
    issue,
    issued_in,
    wallet_id,
)

__all__ = [
    "AlreadyIssued",
    "Issued",
    "NoSuchPurpose",
    "NoSuchRound",
    "NotIssuing",
    "compact",
    "delete_issuance",
    "issue",
    "issued_in",
    "wallet_id",
]
