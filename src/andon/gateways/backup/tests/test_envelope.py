"""The file of a backup, where the disk does not take all of it."""

import errno
import resource
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from andon.gateways.backup import envelope


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As on a disk that is nearly full: the system refuses to let a file grow further."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_takes_no_more_is_an_error_of_the_disk_and_leaves_nothing(tmp_path: Path) -> None:
    recipient = envelope.new_identity(tmp_path / "identity")
    keys = envelope.recipients_from([recipient])
    file = tmp_path / "backup.age"
    with files_of_at_most(100_000), pytest.raises(OSError, match="File too large") as caught:
        envelope.write(file, (secrets.token_bytes(50_000) for _line in range(20)), keys)
    assert caught.value.errno == errno.EFBIG
    assert [path.name for path in tmp_path.iterdir()] == ["identity"]
    assert envelope.write(file, iter([b"line"]), keys) == file.stat().st_size
