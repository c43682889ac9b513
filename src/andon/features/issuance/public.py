"""The door of `issuance`."""

from andon.features.issuance.services import compact, delete_issuance, issued_purposes, wallet_id

__all__ = ["compact", "delete_issuance", "issued_purposes", "wallet_id"]
