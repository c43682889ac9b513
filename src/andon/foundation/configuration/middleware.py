"""Each request reads the settings once, however many of them it asks for."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from andon.foundation.configuration.public import reading_once


class SettingsOnce:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with reading_once():
            return self.get_response(request)
