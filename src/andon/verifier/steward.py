"""`andon steward sign`: on the machine with the steward's key, which needs no network, no server and no Django."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from andon.kernel.manifest import check_body, read_time, sign_body
from andon.kernel.manifest.key_words import key_from_words
from andon.kernel.wire import Malformed, b64u, check_keys, unb64u
from andon.verifier.report import printable

MAX_BYTES = 16_000
DESCRIPTION = """\
Sign a request that `andon steward delegate` wrote, on the machine that keeps the steward's key. Nothing is sent.
What is signed is shown first, in words. The result is a file for `andon steward accept`; it holds nothing secret."""


class CannotSign(Exception):
    """Nothing was signed and nothing was written."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: `body` is exactly what will be signed."""

    body: dict[str, object]
    steward_key: str

    @property
    def begins(self) -> datetime:
        return read_time(self.body["from"])

    @property
    def until(self) -> datetime:
        return read_time(self.body["until"])

    def in_words(self) -> list[str]:
        """Everything that the signature says; a person decides on this alone."""
        days = (self.until - self.begins).days
        return [
            "You are about to let another key publish in the name of your organisation.",
            "",
            f"  organisation   {self.body['organisation']}",
            f"  signs then     {self.body['delegate']}",
            f"  from           {self.begins:%Y-%m-%d %H:%M} UTC",
            f"  until          {self.until:%Y-%m-%d %H:%M} UTC ({days} days)",
            f"  your key       {self.steward_key}",
            "",
            "It may publish rounds that open in this time, and replace a page of such a round, for everybody to see.",
            "It takes the place of the key before it at once. It cannot let a further key sign, and opens no answer.",
            "Compare the key under “signs then” with what `andon steward delegate` showed on the server.",
        ]


def parse(raw: bytes) -> Request:
    """Raises: CannotSign."""
    try:
        if len(raw) > MAX_BYTES:
            raise Malformed("the file is too long")
        fields = check_keys(json.loads(raw.decode("utf-8")), frozenset({"body", "kind", "steward_key"}))
        steward_key = fields["steward_key"]
        if fields["kind"] != "delegation" or not isinstance(steward_key, str):
            raise Malformed("another kind of request")
        unb64u(steward_key, 32)
        body = check_body("delegation", fields["body"])
    except (ValueError, RecursionError) as fault:
        reason = str(fault) if isinstance(fault, Malformed) else "not JSON"
        raise CannotSign(f"This is not a request of `andon steward delegate`: {reason}. Nothing was signed.") from None
    return Request(body, steward_key)


def sign(request: Request, private_key: bytes) -> bytes:
    """The signed request, for `andon steward accept`. Raises: CannotSign, where the key is another one."""
    public_key = b64u(Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw())
    if public_key != request.steward_key:
        raise CannotSign("This key is not the one that the organisation's log began with. Nothing was signed.")
    signature = sign_body(private_key, "delegation", request.body)
    fields = {"body": request.body, "kind": "delegation", "signature": signature, "steward_key": public_key}
    return (json.dumps(fields, indent=1, sort_keys=True) + "\n").encode()


def read_key(text: str) -> bytes:
    """A key as it is in a file (one line of base64url) or on paper (24 words). Raises: CannotSign."""
    try:
        return unb64u(text.strip(), 32)
    except Malformed:
        pass
    try:
        return key_from_words(text)
    except Malformed as fault:
        raise CannotSign(f"The key file holds neither a key nor its 24 words: {fault}. Nothing was signed.") from None


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(
        prog="andon steward sign", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    found.add_argument("file", metavar="FILE", type=Path, help="the request from the server")
    found.add_argument(
        "--key", metavar="KEYFILE", type=Path, required=True, help="the steward's key: one line, or its 24 words"
    )
    found.add_argument("--out", metavar="FILE", type=Path, help="where the result goes; default: FILE.signed")
    found.add_argument("--yes", action="store_true", help="do not ask; for somebody who has read the request before")
    return found


def main(argv: Sequence[str], *, ask: Callable[[str], str] = input) -> int:
    """Run the command and return its exit code: 0 signed, 1 not signed."""
    given = parser().parse_args(argv)
    target: Path = given.out or given.file.with_name(given.file.name + ".signed")
    try:
        request = parse(_read(given.file))
        signed = sign(request, read_key(_read(given.key).decode("utf-8", "replace")))
        sys.stdout.write("\n".join(map(printable, request.in_words())) + "\n\n")
        if not given.yes and not _agrees(ask):
            raise CannotSign("Nothing was signed.")
        _write(target, signed)
    except CannotSign as fault:
        sys.stderr.write(f"{printable(str(fault))}\n")
        return 1
    sys.stdout.write(f"Signed: {printable(str(target))}. Take it to the server: andon steward accept FILE\n")
    return 0


def _agrees(ask: Callable[[str], str]) -> bool:
    try:
        return ask("Sign this? Type yes: ").strip().lower() == "yes"
    except EOFError:
        return False


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as fault:
        raise CannotSign(f"{path} cannot be read: {fault.strerror}. Nothing was signed.") from None


def _write(path: Path, content: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise CannotSign(f"{path} is there already and is not overwritten. Name another file with --out.") from None
    except OSError as fault:
        raise CannotSign(f"{path} cannot be written: {fault.strerror}. Nothing was kept.") from None
