"""The door of `ballots`.

`read_box` and `delete_ballots` are for `closing` alone; an architecture test holds everybody else off.
"""

from andon.features.ballots.bundle import BundleNotBuilt
from andon.features.ballots.bundle import installed as installed_bundle
from andon.features.ballots.keys import KeyDirectory, KeyDirectoryMissing, KeyGone, KeyKind
from andon.features.ballots.middleware import fixed_headers
from andon.features.ballots.readiness import OF_THE_ANONYMOUS_DOOR, troubles
from andon.features.ballots.readiness import by_name as troubles_by_name
from andon.features.ballots.services import (
    Accepted,
    StorageBusy,
    StoredBallot,
    cast,
    close_box,
    compact,
    delete_ballots,
    empty_write_ahead_log,
    evaluation_keys,
    generation,
    key_directory,
    only_writer,
    open_box,
    prepare_box,
    prepare_key_directory,
    read_box,
    rewrite_sorted,
    void_box,
)

__all__ = [
    "OF_THE_ANONYMOUS_DOOR",
    "Accepted",
    "BundleNotBuilt",
    "KeyDirectory",
    "KeyDirectoryMissing",
    "KeyGone",
    "KeyKind",
    "StorageBusy",
    "StoredBallot",
    "cast",
    "close_box",
    "compact",
    "delete_ballots",
    "empty_write_ahead_log",
    "evaluation_keys",
    "fixed_headers",
    "generation",
    "installed_bundle",
    "key_directory",
    "only_writer",
    "open_box",
    "prepare_box",
    "prepare_key_directory",
    "read_box",
    "rewrite_sorted",
    "troubles",
    "troubles_by_name",
    "void_box",
]
