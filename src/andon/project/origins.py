"""Reading an origin, for settings."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured


def host_of(origin: str) -> str:
    """The host name of an origin such as https://andon.example.org:8443.

    Raises: ImproperlyConfigured for anything that is more, or less, than scheme, host and port.
    """
    parts = urlsplit(origin)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query or parts.fragment:
        raise ImproperlyConfigured(f"{origin!r} is not an origin such as https://andon.example.org")
    return parts.hostname
