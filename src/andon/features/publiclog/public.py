"""The door of `publiclog`."""

from andon.features.publiclog.queries import Entry, StoredBlob, blob, find, head, newest, page
from andon.features.publiclog.services import LogLost, append, put_blob

__all__ = ["Entry", "LogLost", "StoredBlob", "append", "blob", "find", "head", "newest", "page", "put_blob"]
