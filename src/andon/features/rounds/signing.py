"""The steward's signature over what only the steward may say in the public log."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from andon.kernel import manifest, wire


class StewardKeyMissing(Exception):
    """There is no key to sign with, so no round can be published. Nothing was changed."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The steward's signing key could not be used: {reason}. Nothing was published. "
            "Set ANDON_STEWARD_KEY_FILE to the file that holds it."
        )


def new_steward_key() -> tuple[str, str]:
    """A fresh key pair as text: (private, public), both b64u."""
    key = Ed25519PrivateKey.generate()
    return wire.b64u(key.private_bytes_raw()), wire.b64u(key.public_key().public_bytes_raw())


def steward_key(file: Path | None = None) -> bytes:
    """The private key of 32 bytes, from the file or from the configured one.

    Raises: StewardKeyMissing, without naming what the file holds.
    """
    if file is None and not settings.STEWARD_KEY_FILE:
        raise StewardKeyMissing("no file is configured")
    try:
        return wire.unb64u((file or Path(settings.STEWARD_KEY_FILE)).read_text().strip(), 32)
    except OSError as error:
        raise StewardKeyMissing(error.strerror or "the file cannot be read") from None
    except (wire.Malformed, UnicodeDecodeError):
        raise StewardKeyMissing("the file does not hold one") from None


def steward_public_key() -> str:
    """The public half of the key in the file, b64u. Raises: StewardKeyMissing."""
    return wire.b64u(Ed25519PrivateKey.from_private_bytes(steward_key()).public_key().public_bytes_raw())


def check_key(steward_public_key: str) -> None:
    """Raises: StewardKeyMissing, also where the key is not the one that the organisation began its log with."""
    public_key = Ed25519PrivateKey.from_private_bytes(steward_key()).public_key().public_bytes_raw()
    if wire.b64u(public_key) != steward_public_key:
        raise StewardKeyMissing("it is not the key that belongs to this organisation's public log")


def signed(
    kind: str, body: Callable[[str], Mapping[str, Any]], *, key_file: Path | None = None
) -> Callable[[str], tuple[Mapping[str, Any], str]]:
    """`body` with the steward's signature, for `publiclog.append`."""
    key = steward_key(key_file)

    def make(previous: str) -> tuple[Mapping[str, Any], str]:
        content = body(previous)
        return content, manifest.sign_body(key, kind, content)

    return make
