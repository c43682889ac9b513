"""Secrets among the settings, such as the password of the mail server, sealed for the database.

Guarantees: a copy of the database without the secret key tells nothing but the length. Does not: protect against
whoever has both.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class CannotOpen(Exception):
    """The secret was sealed under another secret key. It has to be entered again."""


def _fernet() -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"andon/settings/v1").derive(
        settings.SECRET_KEY.encode()
    )
    return Fernet(base64.urlsafe_b64encode(derived))


def seal(secret: str) -> str:
    return _fernet().encrypt(secret.encode()).decode("ascii")


def open_sealed(sealed: str) -> str:
    """Raises: CannotOpen."""
    try:
        return _fernet().decrypt(sealed.encode("ascii")).decode()
    except (InvalidToken, UnicodeEncodeError):
        raise CannotOpen from None
