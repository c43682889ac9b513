"""Where the anonymous door is several processes, one of its own keeps the rooms; the others hand on what is asked."""

import http.client

from django.conf import settings

SECONDS = 3.0


class NotReached(Exception):
    pass


def keeper() -> tuple[str, int] | None:
    """Where the process that keeps the rooms listens; None where it is this one."""
    host, _, port = getattr(settings, "ROOMS_KEPT_AT", "").rpartition(":")
    return (host.removeprefix("[").removesuffix("]"), int(port)) if host else None


def ask(at: tuple[str, int], deed: str, body: bytes, *, host: str) -> tuple[int, bytes]:
    """Status and body of its answer. The body is all that travels. Raises: NotReached."""
    connection = http.client.HTTPConnection(*at, timeout=SECONDS)
    try:
        connection.request("POST", f"/rooms/{deed}", body, {"Host": host, "Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        raise NotReached from None
    finally:
        connection.close()
