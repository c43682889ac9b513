"""No string of a page can be forgotten by a translator: in an invented language every one of them is bracketed.

What may stand outside of the brackets is data: names, addresses, numbers, the twelve words, the wording of statements
(which has translations of its own), and the few things that are the same in every language.
"""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from gettext import NullTranslations
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.test.signals import template_rendered
from django.utils import translation
from django.utils.translation import trans_real

from andon.features.guide.model import Text
from andon.features.guide.shipped import in_language
from andon.features.instruments import public as instruments
from andon.features.results.models import Drawing, Drawn
from andon.features.results.tasks import draw_release
from andon.features.rounds import public as rounds
from andon.features.rounds.models import RoundUnit
from andon.foundation.organisation import waiting
from andon.foundation.organisation.models import Node, PeopleFile
from andon.foundation.people.models import Member
from andon.foundation.providers.presets import PRESETS
from andon.foundation.providers.tests.provider import CLIENT_ID, ISSUER
from tests.architecture.repository import SOURCE
from tests.lived_in import BAD_PEOPLE, LivedIn
from tests.pages import visiting

OPENS, CLOSES = "⟦", "⟧"
READ_ALOUD = {"alt", "aria-description", "aria-label", "aria-roledescription", "data-label", "placeholder", "title"}
# The same in every language: the name of the product, of the time zone, of each language, and what programs read.
EVERYWHERE = {"Andon", "UTC", "English", "Deutsch"}
NOT_READ = {"script", "style"}
FOR_PROGRAMS = {"code", "pre"}


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


@pytest.fixture
def bracketed(monkeypatch: pytest.MonkeyPatch) -> None:
    language = Bracketed()
    monkeypatch.setitem(trans_real._translations, "en", language)
    monkeypatch.setattr(trans_real, "_default", language)
    trans_real.activate("en")
    yield
    trans_real.deactivate()


class Texts(HTMLParser):
    """Everything of a page that a person sees or hears, in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0
        self._names = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in NOT_READ | FOR_PROGRAMS
        named = dict(attributes)
        # HTML's own word for names that are the same in every language, such as those of time zones.
        if tag == "select" and named.get("translate") == "no":
            self._hidden += 1
            self._names = True
        self.found += [value for name, value in attributes if value and name in READ_ALOUD]
        if tag == "input" and named.get("type") in {"submit", "button", "reset"}:
            self.found.append(named.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in NOT_READ | FOR_PROGRAMS
        if tag == "select" and self._names:
            self._hidden -= 1
            self._names = False

    def handle_data(self, text: str) -> None:
        if not self._hidden:
            self.found.append(text)


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


def read_again(house: LivedIn) -> None:
    """What is wrong with a file is kept in the language of the page it was chosen on, so it is read once more, too."""
    refused = PeopleFile.objects.filter(pk=house.files["refused"])
    refused.update(step=PeopleFile.Step.READING, content=BAD_PEOPLE, language=translation.get_language())
    waiting.read(house.files["refused"])


def kept_from_translators(house: LivedIn) -> dict[str, list[str]]:
    data, found = known_data(), {}
    for seen in visiting.every_page(house):
        words = forgotten(seen.content.decode(), data)
        if words:
            found[f"{seen.what}, by {seen.by}"] = sorted(words)
    return found


@pytest.mark.sqlite_only
@pytest.mark.django_db(databases="__all__")
@pytest.mark.usefixtures("bracketed")
def test_no_text_of_a_page_is_kept_from_translators_and_no_template_is_left_out(lived_in: LivedIn) -> None:
    draw_again(lived_in)
    read_again(lived_in)
    used: set[str] = set()

    def note(template: Any, **_named: Any) -> None:
        used.add(str(template.name))

    template_rendered.connect(note)
    try:
        assert kept_from_translators(lived_in) == {}
    finally:
        template_rendered.disconnect(note)
    # Paper is no page: results/tests/test_exports.py reads it in German.
    assert templates() - used == {"results/paper.html"}


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
