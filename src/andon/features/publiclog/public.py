"""The door of `publiclog`."""

from andon.features.publiclog.queries import Entry, StoredBlob, blob, find, head, manifests, newest, page, round_ids
from andon.features.publiclog.services import LogLost, append, put_blob, restore_entry

__all__ = [
    "Entry",
    "LogLost",
    "StoredBlob",
    "append",
    "blob",
    "find",
    "head",
    "manifests",
    "newest",
    "page",
    "put_blob",
    "restore_entry",
    "round_ids",
]
