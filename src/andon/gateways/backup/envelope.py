"""The outside of a backup: compressed, then encrypted to age recipients, written whole or not at all.

Guarantees: nothing unencrypted reaches a disk; a file appears under its name with all its bytes or not at all, and
never replaces another; memory is bounded whatever the size. Needs no Django.
Reference: age-encryption.org/v1.
"""

import contextlib
import errno
import fcntl
import io
import os
import re
import secrets
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyrage  # type: ignore[import-untyped]

from andon.gateways.backup.lines import BadArchive, Listener, Parser, Splitter, Summary

_PIECE_BYTES = 64 * 1024


class BadRecipient(Exception):
    """To whom the backup is to be encrypted cannot be read. Nothing was written."""


class BadIdentity(Exception):
    """The file holds no identity that opens backups. Nothing was read."""


class Exists(Exception):
    """There is a file of this name already. It was left as it is."""


def recipients_from(texts: Iterable[str]) -> list[Any]:
    """age1... and ssh-ed25519 ... recipients; lines that are empty or comments are passed over."""
    found: list[Any] = []
    for text in (text.strip() for text in texts):
        if not text or text.startswith("#"):
            continue
        try:
            kind = pyrage.ssh if text.startswith("ssh-") else pyrage.x25519
            found.append(kind.Recipient.from_str(text))
        except (pyrage.RecipientError, UnicodeEncodeError):
            raise BadRecipient(f"{text[:20]}... is not a recipient such as age1.... Nothing was written.") from None
    if not found:
        raise BadRecipient(
            "A backup is encrypted, and nobody was named who can open it. Nothing was written. "
            "Make a key pair with: andon backup --new-identity FILE. Then name its age1... with --recipient."
        )
    return found


def identities_from(file: Path) -> list[Any]:
    """The identities of a file as age writes it, or of a private key of SSH. Raises: BadIdentity."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise BadIdentity(f"{file} cannot be read: {error.strerror}. Nothing was changed.") from None
    try:
        if b"PRIVATE KEY" in content:
            return [pyrage.ssh.Identity.from_buffer(content)]
        lines = [line.strip() for line in content.decode().splitlines()]
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except (pyrage.IdentityError, UnicodeDecodeError):
        found = []
    if not found:
        raise BadIdentity(f"{file} does not hold an identity such as AGE-SECRET-KEY-1.... Nothing was changed.")
    return found


def new_identity(file: Path) -> str:
    """Write a fresh identity, for its owner only; its recipient. Raises: Exists."""
    identity = pyrage.x25519.Identity.generate()
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Exists(f"{file} is there already and is never overwritten. Nothing was written.") from None
    with os.fdopen(descriptor, "w") as handle:
        handle.write(f"# public key: {identity.to_public()}\n{identity}\n")
        handle.flush()
        os.fsync(handle.fileno())
    return str(identity.to_public())


class _Pulled(io.RawIOBase):
    """Compressed pieces, made when they are asked for."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._pieces = _compressed(lines)
        self._left = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._left) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._left += piece
        size = len(self._left) if size < 0 else size
        taken, self._left = self._left[:size], self._left[size:]
        return taken


def _compressed(lines: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(6)
    for line in lines:
        if piece := packer.compress(line):
            yield piece
    yield packer.flush()


def write(file: Path, lines: Iterator[bytes], recipients: Sequence[Any]) -> int:
    """Write the backup; its size in bytes. Raises: Exists, OSError, and whatever making the lines raises."""
    if file.exists():
        raise Exists(f"{file} is there already and is never overwritten. Nothing was written. Name another file.")
    _remove_abandoned(file)
    beside = file.with_name(f"{file.name}.{secrets.token_hex(8)}.part")
    source = _Noting(_Pulled(lines))
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            sink = _NotingSink(handle)
            try:
                pyrage.encrypt_io(source, sink, list(recipients))
            except Exception:
                # The library has one error of its own for whatever happened while lines were made, or written.
                if (error := source.error or sink.error) is not None:
                    raise error from None
                raise
            handle.flush()
            os.fsync(handle.fileno())
            size = handle.tell()
            _name(beside, file)
        _sync_directory(file.parent)
    finally:
        beside.unlink(missing_ok=True)
    return size


class _NotingSink:
    """Where the encrypted bytes go; keeps what the disk refused them with."""

    def __init__(self, inner: BinaryIO) -> None:
        self._inner = inner
        self.error: OSError | None = None

    def write(self, piece: bytes) -> int:
        try:
            return self._inner.write(piece)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        try:
            self._inner.flush()
        except OSError as error:
            self.error = error
            raise


class _Noting(io.RawIOBase):
    def __init__(self, inner: _Pulled) -> None:
        self._inner = inner
        self.error: BaseException | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            return self._inner.read(size)
        except BaseException as error:
            self.error = error
            raise


def _name(beside: Path, file: Path) -> None:
    try:
        os.link(beside, file)
    except FileExistsError:
        raise Exists(f"{file} appeared meanwhile and is never overwritten. Nothing was written.") from None
    except OSError as error:
        # A file system without hard links: there the name is only looked at before.
        if error.errno not in {errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS}:
            raise
        beside.rename(file)


_ABANDONED = re.compile(r".+\.[0-9a-f]{16}\.part")


def _remove_abandoned(file: Path) -> None:
    """What killed backups left in this folder: nobody holds its lock any more."""
    for left in file.parent.glob("*.part"):
        if not _ABANDONED.fullmatch(left.name):
            continue
        with contextlib.suppress(OSError), left.open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()


def _sync_directory(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Opened(io.RawIOBase):
    """Takes decrypted pieces and hands their lines on."""

    def __init__(self, splitter: Splitter) -> None:
        self._unpacker, self._splitter = zlib.decompressobj(), splitter
        self.error: Exception | None = None

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        try:
            data = bytes(piece)
            while data:
                self._splitter.feed(self._unpacker.decompress(data, _PIECE_BYTES))
                data = self._unpacker.unconsumed_tail
        except Exception as error:
            self.error = error
            raise
        return len(piece)

    def finish(self) -> None:
        self._splitter.feed(self._unpacker.flush())
        self._splitter.finish()
        if not self._unpacker.eof:
            raise BadArchive("The backup stops before its end.")


def read(file: Path, identities: Sequence[Any], listener: Listener) -> Summary:
    """Read all of a backup and hold it to its sums.

    Guarantees: a summary is returned for a whole and unaltered backup only. Does not: keep a listener from hearing
    lines of one that turns out to be damaged further on. Raises: BadArchive, and what the listener raises.
    """
    parser = Parser(listener)
    opened = _Opened(Splitter(parser.take))
    try:
        with file.open("rb") as handle:
            pyrage.decrypt_io(handle, opened, list(identities))
        opened.finish()
    except OSError as error:
        if opened.error is not None:
            raise _as_bad(opened.error) from None
        if error.errno is None:
            raise BadArchive(f"{file} was cut short or altered: {error}.") from None
        raise BadArchive(f"{file} cannot be read: {error.strerror}.") from None
    except pyrage.DecryptError as error:
        if opened.error is not None:
            raise _as_bad(opened.error) from None
        raise BadArchive(f"{file} cannot be opened with this identity, or was altered: {error}.") from None
    except zlib.error as error:
        raise _as_bad(error) from None
    return parser.finish()


def _as_bad(error: Exception) -> Exception:
    return BadArchive("The backup cannot be unpacked.") if isinstance(error, zlib.error) else error
