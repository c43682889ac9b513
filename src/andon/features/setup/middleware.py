"""While there is no organisation, every page leads to the set-up."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from andon.foundation.organisation import public as organisation

# What machines ask, which has an answer without an organisation, and the set-up itself.
_OPEN = ("/setup/", "/api/", "/.well-known/", "/healthz", "/readyz", "/metrics", "/static/")


class FirstRun:
    """Asks for the organisation until there is one, then never again in this process: it does not go away."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.is_founded = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self.is_founded and not request.path.startswith(_OPEN):
            self.is_founded = organisation.current() is not None
            if not self.is_founded:
                return redirect("setup:index")
        return self.get_response(request)
