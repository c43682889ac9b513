"""A report of an instrument without the four stages leaves out what was not asked about, and keeps everything else."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from andon.features.instruments import public as instruments
from andon.features.results.models import Drawing, Drawn
from andon.features.results.tasks import draw_release
from tests.lived_in import LivedIn, founded, members

pytestmark = pytest.mark.django_db(databases="__all__")
DAY = timedelta(days=1)
TEAM = members("Ada", "Bo")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any) -> Iterator[LivedIn]:
    with django_db_blocker.unblock(), founded(tmp_path_factory.mktemp("others")) as made:
        made.add_team("Detection", "Lanternworks", TEAM)
        for instrument_id in ("andon-security", "dora-culture"):
            _ask(made, instrument_id, value=5)
        yield made


def _ask(made: LivedIn, instrument_id: str, *, value: int) -> None:
    """Everybody gives every statement the same answer."""
    round_id = made.open_round(instrument_id, "Detection", by="Ada", ago=10 * DAY, instrument=instrument_id)
    made.answer(round_id, TEAM, dict.fromkeys(instruments.load(instrument_id).codes, value))
    made.close(round_id, ago=3 * DAY)
    draw_release.func(round_id)


def report(house: LivedIn, instrument_id: str, **headers: str) -> str:
    client = Client()
    client.force_login(house.people["Bo"])
    answer = client.get(f"/results/{house.rounds[instrument_id]}/", headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def bands(page: str) -> list[str]:
    return re.findall(r'<td><span class="band [a-z-]+">([a-z ]+)<', page)


def test_everybody_agreed_and_only_the_reversed_statement_is_unsafe(house: LivedIn) -> None:
    page = report(house, "andon-security")
    assert bands(page) == ["safe", "safe", "safe", "safe", "unsafe", "safe", "safe", "safe"]
    assert "Speaking up in security work: safe." in text(page)
    assert "disagreeing is the safe answer" in text(page)


def test_there_is_no_pyramid_no_quadrant_and_no_word_of_stages(house: LivedIn) -> None:
    page = report(house, "andon-security")
    for missing in (
        "The four stages",
        "Safety and accountability",
        "There is no box",
        "chart-",
        "The drawing is being",
    ):
        assert missing not in page
    assert "stage" not in text(page)
    assert page.count('class="range-mark"') == 1
    assert re.search(r"\d+, surely between \d+ and \d+", text(page))
    assert not Drawing.objects.filter(round_id=house.rounds["andon-security"]).exists()
    assert Drawn.objects.filter(round_id=house.rounds["andon-security"]).exists(), "the worker does not try for ever"


def test_what_is_not_about_safety_is_called_high_or_low(house: LivedIn) -> None:
    page = report(house, "dora-culture")
    assert bands(page) == ["high"] * 6
    assert "Generative culture: high." in text(page)
    assert "safe" not in text(page[page.index("At a glance") : page.index("How these figures")])
    assert "eversed" not in page


def test_the_readers_language_names_the_facet(house: LivedIn) -> None:
    assert "Offen reden in der Sicherheitsarbeit" in report(house, "andon-security", **{"Accept-Language": "de"})
