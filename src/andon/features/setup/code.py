"""The set-up code: whoever reads the terminal, or the data directory, is the one who may found the organisation.

Without it, whoever reaches the port first would become the steward.

Guarantees: 78 bits from the system's randomness, compared in constant time; after ten wrong tries the code is worth
nothing, also across processes and restarts, until a new one is made at the machine. Does not: hold off somebody who
may read the data directory, who holds the installation anyway.
"""

import fcntl
import hmac
import os
import re
import secrets
from pathlib import Path

NAME = "setup-code"
TRIES = 10
# Without letters and digits that are taken for one another.
_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_GROUPS, _GROUP = 4, 4


def shown(code: str) -> str:
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def current(folder: Path) -> str | None:
    """The code that holds, or None: there is none, or it was tried too often."""
    try:
        code, tries = _read(folder / NAME)
    except FileNotFoundError:
        return None
    return code if code and tries < TRIES else None


def make(folder: Path) -> str:
    """The code that holds, or a new one."""
    present = current(folder)
    if present is not None:
        return present
    code = "".join(secrets.choice(_LETTERS) for _ in range(_GROUPS * _GROUP))
    beside = folder / f"{NAME}.{secrets.token_hex(4)}.new"
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(f"{shown(code)}\n0\n")
        handle.flush()
        os.fsync(handle.fileno())
    beside.replace(folder / NAME)
    return code


def is_right(folder: Path, typed: str) -> bool:
    """Whether this is the code that holds. A wrong one is counted, on the disk."""
    letters = "".join(sign for sign in typed.upper() if sign.isalnum())
    try:
        file = (folder / NAME).open("r+", encoding="ascii", errors="replace")
    except FileNotFoundError:
        return False
    with file:
        # One after the other: a hundred guesses at once are a hundred tries.
        fcntl.flock(file, fcntl.LOCK_EX)
        code, tries = _parse(file.read())
        if not code or tries >= TRIES:
            return False
        if hmac.compare_digest(letters.encode(), code.encode()):
            return True
        file.seek(0)
        file.truncate()
        file.write(f"{shown(code)}\n{tries + 1}\n")
        file.flush()
        os.fsync(file.fileno())
        return False


def tag(folder: Path, key: str) -> str:
    """What a session keeps of the code that was typed: worth nothing once the code is another, or gone."""
    try:
        # Also when it was tried too often since: a stranger's guessing must not throw out who is setting up.
        code, _tries = _read(folder / NAME)
    except FileNotFoundError:
        return ""
    return hmac.new(key.encode(), b"andon/setup-code:" + code.encode(), "sha256").hexdigest() if code else ""


def remove(folder: Path) -> None:
    (folder / NAME).unlink(missing_ok=True)


def _read(file: Path) -> tuple[str, int]:
    with file.open(encoding="ascii", errors="replace") as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        return _parse(handle.read())


def _parse(text: str) -> tuple[str, int]:
    lines = text.split()
    code = lines[0].replace("-", "") if lines else ""
    # A number that nobody here wrote is as good as too many tries: the code then is worth nothing.
    tries = int(lines[1]) if len(lines) > 1 and re.fullmatch("[0-9]{1,4}", lines[1]) else TRIES
    return (code, tries) if len(code) == _GROUPS * _GROUP else ("", 0)
