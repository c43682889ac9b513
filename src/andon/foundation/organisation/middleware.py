"""The language of a page, before it is known who reads it."""

from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from andon.foundation.organisation import languages

# What says nothing to people: no database is asked for the organisation's language.
FOR_PROGRAMS = ("/healthz", "/.well-known/")


class LanguageOfPage(LocaleMiddleware):
    """Django's own, which would not know the organisation's language, and reads a cookie that nobody sets here."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path.startswith(FOR_PROGRAMS):
            language = languages.wished(request) or translation.get_language() or "en"
        else:
            language = languages.of_page(request)
        translation.activate(language)
        request.LANGUAGE_CODE = language
