"""The language of what is said: the reader's choice, else what their browser asks for, else the organisation's."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation.trans_real import get_supported_language_variant, parse_accept_lang_header

from andon.foundation.configuration import public as configuration


def is_on_offer(language: str) -> bool:
    return language in dict(settings.LANGUAGES)


def own() -> str:
    """The organisation's language; English where the chosen one is not on offer in this version."""
    chosen = str(configuration.read("organisation.language"))
    return chosen if is_on_offer(chosen) else settings.LANGUAGE_CODE


def wished(request: HttpRequest) -> str | None:
    """The first language on offer that the browser asks for."""
    for asked, _weight in parse_accept_lang_header(request.META.get("HTTP_ACCEPT_LANGUAGE", "")):
        if asked == "*":
            return None
        try:
            return get_supported_language_variant(asked)
        except LookupError:
            continue
    return None


def of_page(request: HttpRequest, chosen: str = "") -> str:
    """Asks the database only where neither the reader nor the browser says anything that is on offer."""
    return chosen if is_on_offer(chosen) else wished(request) or own()


def of_letter(chosen: str) -> str:
    """For what is read later, elsewhere: the reader's choice, else the organisation's."""
    return chosen if is_on_offer(chosen) else own()
