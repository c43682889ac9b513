"""No string of a page can be forgotten by a translator: in an invented language every one of them is bracketed.

What may stand outside of the brackets is data: names, addresses, numbers, the twelve words, the wording of statements
(which has translations of its own), and the few things that are the same in every language.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from gettext import NullTranslations
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client, override_settings
from django.test.signals import template_rendered
from django.utils.translation import trans_real

from andon.features.guide.model import Text
from andon.features.guide.shipped import in_language
from andon.features.instruments import public as instruments
from andon.features.results.models import Drawing, Drawn
from andon.features.results.tasks import draw_release
from andon.features.rounds import public as rounds
from andon.features.rounds.models import RoundUnit
from andon.foundation.organisation.models import Node
from andon.foundation.people.models import Member
from andon.foundation.providers.presets import PRESETS
from andon.foundation.providers.tests.provider import CLIENT_ID, ISSUER
from tests.architecture.repository import SOURCE
from tests.lived_in import LivedIn, undone
from tests.pages.test_engines import chromium, laid_out, which_pages, worth_laying_out
from tests.pages.test_widths import built, long_words, too_wide, without
from tests.pages.texts import Texts, read_again

OPENS, CLOSES = "⟦", "⟧"
# The same in every language: the name of the product, of the time zone, of each language, and what programs read.
EVERYWHERE = {"Andon", "UTC", "English", "Deutsch"}


class Bracketed(NullTranslations):
    """A language in which every text is itself in brackets. Stands where Django keeps the catalogue of English."""

    def gettext(self, message: str) -> str:
        text = message.rpartition(trans_real.CONTEXT_SEPARATOR)[2]
        return f"{OPENS}{text}{CLOSES}" if text.strip() else text

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def language(self) -> str:
        return "en"

    def to_language(self) -> str:
        return "en"


@contextmanager
def spoken() -> Iterator[None]:
    """Inside, this is what everything is said in."""
    language = Bracketed()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(trans_real._translations, "en", language)
        patch.setattr(trans_real, "_default", language)
        trans_real.activate("en")
        yield
        trans_real.deactivate()


@pytest.fixture
def bracketed() -> Iterator[None]:
    with spoken():
        yield


def outside(page: str) -> str:
    """What of the page stands outside of all brackets, a space for each bracketed text."""
    reader = Texts()
    reader.feed(page)
    reader.close()
    kept, depth = [], 0
    for text in reader.found:
        for sign in f"{text}\n":
            if sign == OPENS:
                depth += 1
            elif sign == CLOSES:
                depth -= 1
                kept.append(" ")
            elif depth == 0:
                kept.append(sign)
    assert depth == 0, "a bracket is left open: a text was cut, or put together from pieces"
    return "".join(kept)


def known_data() -> list[str]:
    """Names and wordings, the longest first so that none hides a part of another."""
    said = {*EVERYWHERE, "Lanternworks", "New One", "new@example.org", "not an address", "extra"}
    # Kinds of files.
    said |= {"PDF", "CSV", "JSON"}
    # What an identity provider and its steward call things, and the names of claims, which no language changes.
    said |= {
        "Lantern ID",
        "http://localhost:8000/accounts/oidc/keycloak/callback/",
        "stranger@example.org",
        "Bo Lindqvist",
        "appsec",
        CLIENT_ID,
        ISSUER,
        urlsplit(ISSUER).hostname,
    }
    said |= {settings.APP_ORIGIN, settings.ANONYMOUS_ORIGIN}
    said |= {preset.name for preset in PRESETS if preset.kind != "other"} | {preset.issuer for preset in PRESETS}
    for member in Member.objects.all():
        said |= {member.label, member.name, member.email}
    said |= {view.fingerprint for view in rounds.all_rounds()} - {""}
    said |= {node.name for node in Node.objects.all()} | {"Dawn"}
    said |= set(RoundUnit.objects.values_list("name", flat=True))
    for instrument in instruments.available():
        said |= {instrument.id, instrument.version, *instrument.title.values()}
        said |= {instrument.citation, instrument.rights, instrument.rights.partition(": ")[2]} - {""}
        said |= {instrument.priors_note, *(prior.source for prior in instrument.priors)}
        said |= {label for labels in instrument.scale.labels.values() for label in labels}
        said |= {text for statement in instrument.statements for text in statement.wording.values()}
        said |= {text for facet in instrument.facets for text in facet.name.values()}
    said |= {text for text in texts_of(in_language("en")) if text}
    return sorted(said, key=len, reverse=True)


def texts_of(value: Any) -> Iterator[str]:
    """The texts of the guide, which has files of its own for each language."""
    if isinstance(value, Text):
        yield str(value)
    elif isinstance(value, tuple):
        for part in value:
            yield from texts_of(part)
    elif is_dataclass(value):
        for field in fields(value):
            yield from texts_of(getattr(value, field.name))


def forgotten(page: str, data: list[str]) -> set[str]:
    """Words of the page that no translator would ever see."""
    rest = outside(page)
    for known in data:
        rest = rest.replace(known, " ")
    rest = re.sub(r"\b[0-9a-f]{32,}\b|\b[A-Z0-9]{3,}-[A-Z0-9]{3,}\b", " ", rest)
    return set(re.findall(r"[^\W\d_]{2,}", rest))


def draw_again(house: LivedIn) -> None:
    """Charts are kept as they were drawn, so they are drawn once more in the language of this test."""
    Drawing.objects.all().delete()
    Drawn.objects.all().delete()
    for name in ("autumn", "released"):
        draw_release.func(house.rounds[name])


@dataclass(frozen=True, slots=True)
class Invented:
    """Every page as it is in this language, which templates made them, and the data that may stand in them."""

    pages: dict[str, bytes]
    templates: set[str]
    data: list[str]


@pytest.fixture(scope="module")
def invent(lived_in: LivedIn, django_db_blocker: Any) -> Callable[[bool], Invented]:
    """By whether every page is looked at, each asked for once. The language is written from right to left, which no
    shipped one is yet: what decides about that is where lines begin, and which side a rule of a style sheet names.
    """

    @cache
    def invent(every: bool) -> Invented:
        used: set[str] = set()

        def note(template: Any, **_named: Any) -> None:
            used.add(str(template.name))

        with django_db_blocker.unblock(), undone(), spoken(), override_settings(LANGUAGES_BIDI=["en"]):
            draw_again(lived_in)
            read_again(lived_in)
            data = known_data()
            template_rendered.connect(note)
            try:
                return Invented(built(lived_in, every=every), used, data)
            finally:
                template_rendered.disconnect(note)

    return invent


@pytest.mark.sqlite_only
@pytest.mark.timeout(300)
@which_pages
def test_no_text_of_a_page_is_kept_from_translators_and_no_template_is_left_out(
    invent: Callable[[bool], Invented], every: bool
) -> None:
    invented = invent(every)
    words = {name: forgotten(page.decode(), invented.data) for name, page in invented.pages.items()}
    assert {name: sorted(found) for name, found in words.items() if found} == {}
    # Paper is no page: results/tests/test_exports.py reads it in German.
    assert templates() - invented.templates == {"results/paper.html"}


@pytest.mark.sqlite_only
@pytest.mark.timeout(600)
@which_pages
def test_every_page_fits_from_right_to_left(invent: Callable[[bool], Invented], every: bool) -> None:
    invented = invent(every)
    assert len(invented.pages) > 100
    assert without(invented.pages, b'dir="rtl"') == ["components, by nobody"]
    with chromium() as browser:
        chosen = worth_laying_out(invented.pages, every=every, more=long_words)
        assert list(too_wide(laid_out(browser), chosen)) == []


def templates() -> set[str]:
    """Every template that could hold a text. An icon holds none."""
    found = {str(file.relative_to(folder)) for folder in SOURCE.rglob("templates") for file in folder.rglob("*.html")}
    return {name for name in found if not name.startswith("interface/icons/")}


@pytest.mark.django_db(databases="__all__")
@pytest.mark.usefixtures("bracketed")
def test_letters_are_written_in_the_language_too(lived_in: LivedIn) -> None:
    for address in ("bo@example.org", "unknown@example.org"):
        Client().post("/accounts/login/", {"email": address})
    data = [*known_data(), "unknown@example.org"]
    assert len(mail.outbox) == 2
    assert [forgotten(f"{letter.subject}\n{letter.body}", data) for letter in mail.outbox] == [set(), set()]


@pytest.mark.parametrize(
    "planted",
    [
        "<p>Nobody thought of this</p>",
        "<p>⟦translated⟧ forgotten</p>",
        '<td data-label="Answered">⟦7⟧</td>',
        '<button aria-label="Menu">⟦x⟧</button>',
        "<svg><title>Four stages</title></svg>",
        '<input type="submit" value="Send">',
    ],
)
def test_a_text_that_was_forgotten_is_seen(planted: str) -> None:
    assert forgotten(planted, [])


@pytest.mark.usefixtures("bracketed")
def test_a_page_says_its_texts_in_brackets_and_its_data_without() -> None:
    page = f"<h1>{trans_real.gettext('Rounds')}</h1><p>Ada Abara, 2026-03-02, {'a' * 64}</p><script>let word</script>"
    assert forgotten(page, ["Ada Abara"]) == set()
    assert forgotten(page, []) == {"Ada", "Abara"}
