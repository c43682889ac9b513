"""What a program is told when it gets no result: one kind of document, whoever refused."""

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

ADDRESSES = "/api/"
MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "The request is not well formed",
    401: "A key is needed",
    403: "The key does not reach so far",
    404: "There is nothing here",
    405: "Only reading is possible",
    422: "Something in the address is wrong",
    500: "The server failed",
    503: "The server cannot reach its storage",
}
DETAILS = {
    400: "The server cannot read this request. Compare it with docs/guide/programs.md, in Andon's documentation.",
    404: "It is absent, not released yet, or not for the member of this key.",
    405: "Send GET.",
    500: "Try again later. If it stays so, tell whoever runs this server: its log says more.",
    503: "Try again in a few minutes. If it stays so, tell whoever runs this server.",
}


def body_of(status: int, detail: str = "") -> bytes:
    """The document of RFC 9457. A status of a kind that nobody foresaw gets the words of its family."""
    known = status if status in TITLES else 500 if status >= 500 else 400
    title, detail = TITLES[known], detail or DETAILS.get(known, DETAILS[400])
    return json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail}).encode()


class Problems:
    """Middleware: no program gets a page that is meant for people.

    Guarantees: a refusal at one of the addresses for programs is the document that their description names, also one
    that was made before the address was looked at or when something failed, and sets no cookie.
    Does not: change what is logged.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if (
            response.status_code >= 400
            and request.path.startswith(ADDRESSES)
            and response.headers.get("Content-Type") != MEDIA_TYPE
        ):
            # The same object, which knows that it was logged, with other content.
            response.content = body_of(response.status_code)
            response.headers["Content-Type"] = MEDIA_TYPE
            response.headers["Content-Length"] = str(len(response.content))
            response.cookies.clear()
        return response
