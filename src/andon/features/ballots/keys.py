"""The key directory: the only place where a round's keys ever lie.

It is a volume of its own, excluded from every backup. A round has a seed (both doors read it), a box key
(the worker reads it) and an issuance key (the app reads it), each in its own folder so that an installation
can give each process only the folder it needs: the group of the folder `seed` may read what is in it, if whoever
made the folder says so by its mode, and that is how the anonymous door has an account of its own.
"""

import contextlib
import fcntl
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path

from andon.kernel import wire

MARKER = "this-is-the-andon-key-directory"
KEY_BYTES = 32


class KeyKind(StrEnum):
    SEED = "seed"
    BOX = "box"
    ISSUANCE = "issuance"


class KeyDirectoryMissing(Exception):
    """The volume is not there. That never voids a round: the service waits until it is back."""

    def __init__(self, root: Path) -> None:
        super().__init__(
            f"The key directory {root} is not mounted or was never prepared (its marker file is missing). "
            "No key was read or written. Mount the volume, or run `andon prepare` on a new installation."
        )


class KeyGone(Exception):
    """The volume is there and this key is not: it was destroyed at close, or lost."""


class KeyDirectory:
    """Creating, reading and destroying the keys of rounds.

    Guarantees: a key is durable before `create` returns and is never overwritten; `destroy` may be repeated.
    Does not: erase what a flash device or a copy-on-write file system keeps of an overwritten block.
    Raises: KeyDirectoryMissing, KeyGone.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def prepare(self) -> None:
        """Make the folders and the marker. May be repeated."""
        # By itself: a folder that is made on the way to another one has the usual mode, which lets everybody in.
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for kind in (*KeyKind, "spool"):
            (self.root / kind).mkdir(mode=0o700, exist_ok=True)
            _close_to_others(self.root / kind, group=_GROUP_READS if kind == KeyKind.SEED else 0)
        # The group may pass, to what it may read, and see nothing of what else is there.
        _close_to_others(self.root, group=_GROUP_PASSES)
        marker = self.root / MARKER
        if not marker.exists():
            marker.write_text("Never copy, back up or snapshot this directory.\n")
            _sync_directory(self.root)

    def check(self) -> None:
        if not (self.root / MARKER).is_file():
            raise KeyDirectoryMissing(self.root)

    def create(self, round_id: str, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        """Draw the three keys of a round. Keys that are there already stay as they are."""
        self.check()
        for kind in KeyKind:
            _write_once(self._path(kind, round_id), random_bytes(KEY_BYTES))

    def read(self, kind: KeyKind, round_id: str) -> bytes:
        self.check()
        try:
            key = self._path(kind, round_id).read_bytes()
        except FileNotFoundError:
            # Asked again: the volume may have gone away since, and then nobody knows what is on it.
            self.check()
            raise KeyGone(f"The {kind} key of this round is no longer there.") from None
        if len(key) != KEY_BYTES:
            raise KeyGone(f"The {kind} key of this round is damaged.")
        return key

    def destroy(self, round_id: str) -> None:
        """Overwrite and remove all keys of the round, the box key first."""
        self.check()
        for kind in (KeyKind.BOX, KeyKind.SEED, KeyKind.ISSUANCE):
            self._destroy_file(self._path(kind, round_id))

    def spool(self, round_id: str, content: bytes) -> None:
        """Keep a finished, encrypted release until it is committed: whole or not at all."""
        self.check()
        _replace(self._spool_path(round_id), content)

    def spooled(self, round_id: str) -> bytes | None:
        self.check()
        try:
            return self._spool_path(round_id).read_bytes()
        except FileNotFoundError:
            self.check()
            return None

    def destroy_spool(self, round_id: str) -> None:
        self.check()
        self._destroy_file(self._spool_path(round_id))

    @contextlib.contextmanager
    def alone(self, round_id: str) -> Iterator[None]:
        """Hold the round for this process: a second one waits. The lock dies with the process; its file goes too."""
        self.check()
        path = self.root / "spool" / f"{wire.check_id(round_id)}.lock"
        file = path.open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            while not _is_still_at(path, file.fileno()):
                # Whoever held it has removed the file: what we hold is a lock on nothing.
                file.close()
                file = path.open("w")
                fcntl.flock(file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
        finally:
            file.close()

    def _destroy_file(self, path: Path) -> None:
        _shred(path)
        # Also what a process that was killed while writing left beside the file.
        for leftover in path.parent.glob(f"{path.stem}.*.new"):
            _shred(leftover)
        # A file is also "not there" while the volume is away; then nothing was destroyed.
        self.check()
        # Also where a killed process had removed the name without waiting for the disk.
        _sync_directory(path.parent)

    def _path(self, kind: KeyKind, round_id: str) -> Path:
        return self.root / kind / f"{wire.check_id(round_id)}.key"

    def _spool_path(self, round_id: str) -> Path:
        return self.root / "spool" / f"{wire.check_id(round_id)}.release"


_GROUP_PASSES = 0o010
# With the bit that gives new files the folder's group.
_GROUP_READS = 0o2050


def _close_to_others(folder: Path, *, group: int) -> None:
    """Leave to the group at most what is named, and to everybody else nothing."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    wanted = (mode & group) | 0o700
    # Not when it is so already: an account outside the group would take the group's bit off.
    if mode != wanted:
        folder.chmod(wanted)


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        if path.parent.stat().st_mode & _GROUP_READS == _GROUP_READS:
            os.fchmod(file.fileno(), 0o640)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _write_once(path: Path, content: bytes) -> None:
    # Written beside and linked into place: the name appears with all its bytes or not at all, and a name
    # that is taken is left alone.
    beside = path.with_suffix(f".{secrets.token_hex(8)}.new")
    _write(beside, content)
    try:
        with contextlib.suppress(FileExistsError):
            os.link(beside, path)
    finally:
        _shred(beside)
    _sync_directory(path.parent)


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_suffix(f".{secrets.token_hex(8)}.new")
    _write(beside, content)
    beside.replace(path)
    _sync_directory(path.parent)


def _shred(path: Path) -> None:
    try:
        # A second name of the same file (the link above) must not lose its bytes with the first.
        if path.stat().st_nlink == 1:
            with path.open("r+b") as file:
                file.write(secrets.token_bytes(path.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
        path.unlink()
    except FileNotFoundError:
        return
    _sync_directory(path.parent)


def _is_still_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
