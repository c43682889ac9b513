"""Reading an origin, for settings."""

from django.core.exceptions import ImproperlyConfigured

from andon.gateways.cli import addresses


def host_of(origin: str) -> str:
    """The host name of an origin such as https://andon.example.org:8443.

    Raises: ImproperlyConfigured for anything that is more, or less, than scheme, host and port.
    """
    try:
        host = str(addresses.read_origin("The origin", origin).hostname)
    except addresses.BadAddresses as error:
        raise ImproperlyConfigured(str(error)) from None
    # As a browser's Host header has it.
    return f"[{host}]" if ":" in host else host
