"""Texts of an instrument say which language they are in, where that is another than the page's."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from andon.features.results.queries import Wording, in_words
from tests.lived_in import LivedIn

GERMAN = "In diesem Team kann ich sein, wie ich bin."
IN_ENGLISH = '<span lang="en" dir="auto">'


@pytest.mark.django_db(databases="__all__")
def test_a_statement_stands_in_the_readers_language_and_is_not_marked(lived_in: LivedIn) -> None:
    client = Client()
    client.force_login(lived_in.people["Bo"])
    report = reverse("results:report", args=[lived_in.rounds["released"]])
    for asked, wording in (("de", GERMAN), ("en", "I can be myself on this team.")):
        page = client.get(report, headers={"Accept-Language": asked}).content.decode()
        assert f'<html lang="{asked}"' in page
        assert wording in page
        assert IN_ENGLISH not in page


def test_a_wording_is_the_readers_where_there_is_one() -> None:
    texts = {"en": "Trust", "de": "Vertrauen"}
    with translation.override("de"):
        assert in_words(texts) == "Vertrauen"
        assert in_words(texts).__html__() == "Vertrauen"
        assert in_words({"en": "a < b"}).__html__() == f"{IN_ENGLISH}a &lt; b</span>"
        assert in_words(texts, "en").language == "en"
    with translation.override("en"):
        assert Wording("a < b", "en").__html__() == "a &lt; b"
