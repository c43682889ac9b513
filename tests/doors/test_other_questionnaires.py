"""A whole round with another questionnaire, through both doors: brought or confirmed, opened, answered, closed."""

import hashlib
import html
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from andon.features.closing import public as closing
from andon.features.instruments import public as instruments
from andon.features.publiclog import public as publiclog
from andon.features.rounds.models import Round
from tests.anonymous_client import AnonymousClient
from tests.architecture.repository import ROOT
from tests.cast_of_people import Slip
from tests.lived_in import LivedIn, founded, members

# Outside of a transaction, as in real life: forgetting rewrites the file of ballots.
pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
TEAM = members("Ada", "Bo")


@pytest.fixture
def house(transactional_db: None, tmp_path: Path) -> Iterator[LivedIn]:
    with founded(tmp_path) as made:
        made.add_team("Detection", "Lanternworks", TEAM)
        made.add_member("Stella", duty="steward")
        yield made


def client_of(house: LivedIn, name: str) -> Client:
    client = Client()
    client.force_login(house.people[name])
    return client


def opened(house: LivedIn, instrument_id: str) -> Any:
    choice = {"node": house.nodes["Detection"].pk, "instrument": instrument_id, "opens": "now", "closes": "7d"}
    return client_of(house, "Ada").post("/rounds/new/", choice | {"confirm": "yes"})


def answered(house: LivedIn, name: str, round_id: str, answers: dict[str, int]) -> None:
    """A slip from the app, for whoever is signed in; the ballot to the other door, which knows nobody."""
    slip = Slip(round_id)
    issued = client_of(house, name).post("/slips/", slip.asking, content_type="application/json")
    slip.finish(json.loads(issued.content))
    cast = AnonymousClient().post("/cast/", house.body(slip, answers), content_type="application/json")
    assert cast.status_code in {200, 201}, cast.content


def colours(house: LivedIn, round_id: str) -> list[str]:
    page = client_of(house, "Bo").get(f"/results/{round_id}/").content.decode()
    return re.findall(r'<td><span class="band [a-z-]+">([a-z ]+)<', page)


def a_round(house: LivedIn, instrument_id: str) -> str:
    """Opened by a page, answered with "agree strongly" throughout; what the other door serves is what was signed."""
    assert opened(house, instrument_id).status_code == 302
    row = Round.objects.get(instrument_id=instrument_id)
    entry = publiclog.find("manifest", row.pk)
    assert entry is not None
    signed = entry.body["instrument"]
    served = AnonymousClient().get(f"/blob/{signed['sha256']}")
    assert served.status_code == 200
    assert hashlib.sha256(served.content).hexdigest() == signed["sha256"]
    codes = [statement["code"] for statement in json.loads(served.content)["statements"]]
    for name in TEAM:
        answered(house, name, row.pk, dict.fromkeys(codes, 5))
    return str(row.pk)


def close(round_id: str) -> None:
    closing.close_round(round_id=round_id, at=timezone.now() + timedelta(days=7), early=False, by=None)


def test_edmondsons_seven_are_asked_after_a_steward_confirmed_and_three_are_turned_once(house: LivedIn) -> None:
    refused = opened(house, "edmondson-1999")
    assert refused.status_code == 422
    assert not Round.objects.exists()
    client_of(house, "Stella").post("/instruments/edmondson-1999/1.0.0/rights/")
    round_id = a_round(house, "edmondson-1999")
    close(round_id)
    assert colours(house, round_id) == ["unsafe", "safe", "unsafe", "safe", "unsafe", "safe", "safe"]


def test_an_own_questionnaire_closes_as_it_was_asked_whatever_became_of_it(house: LivedIn) -> None:
    guide = (ROOT / "docs/guide/instruments.md").read_text(encoding="utf-8")
    [text] = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    stella = client_of(house, "Stella")

    def bring(content: str) -> Any:
        file = SimpleUploadedFile("own.yaml", content.encode())
        return stella.post("/instruments/add/", {"file": file})

    assert bring(text).status_code == 302
    round_id = a_round(house, "own-handover")
    # Meanwhile there is a newer version with another direction, and the whole is off the offer.
    assert bring(text.replace("1.0.0", "2.0.0").replace('"-"', '"+"')).status_code == 302
    stella.post("/instruments/own-handover/offer/", {"do": "retire"})
    assert opened(house, "own-handover").status_code == 422
    close(round_id)
    assert colours(house, round_id) == ["safe", "unsafe", "safe"]
    page = client_of(house, "Bo").get(f"/results/{round_id}/", headers={"Accept-Language": "de"}).content.decode()
    assert "Wer bei der Übergabe nachfragt, gilt als misstrauisch." in html.unescape(page)
    assert instruments.load("own-handover").version == "2.0.0"


def test_the_same_people_are_not_asked_the_same_questionnaire_again_at_once(house: LivedIn) -> None:
    assert opened(house, "andon-security").status_code == 302
    again = opened(house, "andon-security")
    assert again.status_code == 422
    assert b"last 28 days" in again.content
