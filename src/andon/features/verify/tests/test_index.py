"""What a member is told in two minutes is what the threat model says at length."""

import re

import pytest
from django.test import Client
from django.utils.html import strip_tags

from andon.features.verify import views
from andon.features.verify.adversaries import ADVERSARIES
from tests.architecture.repository import ROOT

# Adults who read a text that is no story to themselves, in English (Brysbaert 2019, a review of 190 studies).
WORDS_A_MINUTE = 238


def page() -> str:
    return Client().get("/verify/").content.decode()


def told(shown: str) -> list[str]:
    """Who of the threat model's adversaries is missing in the page, or told of without how far they get."""
    model = (ROOT / "docs" / "security" / "threat-model.md").read_text()
    ids = re.findall(r"^\| (A[0-9]) \|", model, re.MULTILINE)
    assert len(ids) == 6
    by_id = {one.id: one for one in ADVERSARIES}
    text = strip_tags(shown).replace("&#x27;", "'")
    return [
        one for one in ids if one not in by_id or str(by_id[one].who) not in text or str(by_id[one].how_far) not in text
    ]


@pytest.mark.django_db(databases="__all__")
def test_every_adversary_of_the_threat_model_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(page()) == []
    monkeypatch.setattr(views, "ADVERSARIES", ADVERSARIES[1:])
    assert told(page()) == ["A0"]


@pytest.mark.django_db(databases="__all__")
def test_what_explains_takes_two_minutes_to_read() -> None:
    main = page().split('tabindex="-1">', 1)[1].split("</main>", 1)[0]
    words = strip_tags(main.split("Check it from outside")[0]).split()
    assert 300 < len(words) < 2 * WORDS_A_MINUTE, len(words)
