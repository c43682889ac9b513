"""Reading from a server that is not trusted: bounded in size, in time, and in where it may lead."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 10.0
WHOLE_ANSWER_SECONDS = 60.0
_CHUNK_BYTES = 65_536

Fetch = Callable[[str, int], bytes]


class CannotFetch(Exception):
    """No answer that could be checked: no connection, too slow, too large, or a redirect elsewhere."""


class NotServed(CannotFetch):
    """The server answered, and says that there is nothing at this address."""


class _SameHostOnly(urllib.request.HTTPRedirectHandler):
    max_redirections = 3

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        before, after = urlsplit(req.full_url), urlsplit(newurl)
        # From http to https of the same host is an improvement; everything else leads away from what is checked.
        same = (before.hostname, before.port) == (after.hostname, after.port) and before.scheme == after.scheme
        upgraded = before.hostname == after.hostname and (before.scheme, after.scheme) == ("http", "https")
        if not (same or upgraded):
            raise CannotFetch("the server redirects to another host")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(url: str, limit: int) -> bytes:
    """The bytes at this address.

    Guarantees: at most `limit` bytes, from http or https, without cookies or credentials, never from another host.
    Raises: NotServed for 404 and 410, CannotFetch for everything else.
    """
    if not url.lower().startswith(("http://", "https://")):
        raise CannotFetch("only http and https")
    opener = urllib.request.build_opener(_SameHostOnly)
    request = urllib.request.Request(url, headers={"User-Agent": "andon-verify", "Accept-Encoding": "identity"})  # noqa: S310
    deadline = time.monotonic() + WHOLE_ANSWER_SECONDS
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            read = bytearray()
            while chunk := answer.read1(_CHUNK_BYTES):
                read += chunk
                if len(read) > limit:
                    raise CannotFetch("the answer is larger than anything the protocol knows")
                if time.monotonic() > deadline:
                    raise CannotFetch("the answer takes too long")
            if answer.length:
                raise CannotFetch("the answer was cut off")
            return bytes(read)
    except urllib.error.HTTPError as error:
        with error:
            if error.code in {404, 410}:
                raise NotServed("there is nothing at this address") from None
            raise CannotFetch(f"the server answered {error.code}") from None
    except urllib.error.URLError as error:
        raise CannotFetch(f"no connection: {type(error.reason).__name__}") from None
    except (OSError, HTTPException, ValueError) as error:
        raise CannotFetch(f"no answer: {type(error).__name__}") from None
