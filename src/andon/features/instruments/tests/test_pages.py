"""What can be asked is read by everybody; a steward adds, confirms and retires, and reads why a file is refused."""

import html
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from andon.features.instruments import public as instruments
from andon.features.instruments.models import OwnInstrument
from andon.features.instruments.tests.test_own import OWN
from andon.features.instruments.yaml_parts import LARGEST_BYTES
from andon.foundation.audit.models import AuditEntry
from tests.architecture.repository import SOURCE
from tests.lived_in import LivedIn

pytestmark = pytest.mark.django_db(databases="__all__")
HERE = "/instruments/"


def client_of(house: LivedIn, name: str) -> Client:
    client = Client()
    client.force_login(house.people[name])
    return client


def text(answer: Any) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split()))


def send(house: LivedIn, content: bytes, name: str = "Stella") -> Any:
    file = SimpleUploadedFile("own.yaml", content)
    return client_of(house, name).post(f"{HERE}add/", {"file": file}, follow=True)


def test_a_file_that_is_not_called_yaml_is_refused(lived_in: LivedIn) -> None:
    def said_of(name: str) -> str:
        file = SimpleUploadedFile(name, b"id: own")
        return text(client_of(lived_in, "Stella").post(f"{HERE}add/", {"file": file}, follow=True))

    assert "does not end in .yaml or .yml. Nothing was stored." in said_of("own.zip")
    # The twin: what is in it is looked at.
    assert "does not end in" not in said_of("own.YML")


def test_every_member_reads_the_list_and_each_statement_before_a_round(lived_in: LivedIn) -> None:
    bo = client_of(lived_in, "Bo")
    said = text(bo.get(HERE))
    assert "Andon core 21 statements, about 4 minutes English; not validated: German, Spanish, French CC0-1.0" in said
    assert "Team psychological safety (Edmondson 1999)" in said
    assert "Add a questionnaire" not in said
    for one in instruments.available():
        page = text(bo.get(f"{HERE}{one.id}/{one.version}/"))
        assert all(statement.wording["en"] in page for statement in one.statements)
        assert one.citation in page
        assert one.sha256 in page.replace(" ", "")


def test_a_page_says_direction_rights_scale_and_what_was_published(lived_in: LivedIn) -> None:
    page = text(client_of(lived_in, "Bo").get(f"{HERE}edmondson-1999/1.0.0/"))
    assert "1. If you make a mistake on this team, it is often held against you. disagreeing is safe" in page
    assert "2. Members of this team are able to bring up problems and tough issues. agreeing is safe" in page
    assert page.count("disagreeing is safe") == 3
    assert "disagree strongly · disagree · neither agree nor disagree · agree · agree strongly" in page
    assert "No text that licenses the scale was found." in page
    assert "0.84" in page
    assert "Psico-USF" in page
    assert "Not on offer yet" in page
    assert "Read the note" not in page


def test_a_draft_says_that_it_is_one_and_the_original_is_one_tap_away(lived_in: LivedIn) -> None:
    bo, core = client_of(lived_in, "Bo"), f"{HERE}andon-core/1.1.0/"
    german = bo.get(core, headers={"Accept-Language": "de"}).content.decode()
    assert "In diesem Team kann ich sein, wie ich bin." in german
    assert "nicht validiert" in german
    assert 'href="?in=en"' in german
    original = bo.get(f"{core}?in=en", headers={"Accept-Language": "de"}).content.decode()
    assert '<span lang="en" dir="auto">I can be myself on this team.</span>' in original
    assert "This translation is not validated" not in text(bo.get(core))
    assert bo.get(f"{core}?in=xx").status_code == 200


@pytest.mark.parametrize("missing", ["andon-core/9.9.9/", "nothing/1.0.0/", "andon-core/1.1.0/rights/"])
def test_what_is_not_there_is_not_found(lived_in: LivedIn, missing: str) -> None:
    assert client_of(lived_in, "Stella").get(HERE + missing).status_code == 404


def test_a_steward_adds_one_and_everybody_reads_it(lived_in: LivedIn) -> None:
    answer = send(lived_in, OWN.encode())
    assert answer.redirect_chain[-1][0] == f"{HERE}own-small/1.2.0/"
    assert "The questionnaire is kept." in text(answer)
    assert "It is calm." in text(client_of(lived_in, "Bo").get(f"{HERE}own-small/1.2.0/"))
    entry = AuditEntry.objects.latest("id")
    assert (entry.kind, entry.by) == ("instrument.brought", lived_in.people["Stella"])
    assert "Nothing was changed." in text(send(lived_in, OWN.encode()))
    assert OwnInstrument.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "This file is empty. Nothing was stored."),
        (b"x" * (LARGEST_BYTES + 1), "The file is larger than 200 kB."),
        (OWN.replace("code: CA2", "code: <b>2").encode(), "Line 16, statements[2].code: a code is two capital letters"),
        (OWN.replace("id: own-small", "id: andon-core").encode(), "andon-core comes with Andon"),
        (b"\x89PNG\r\n\x1a\n", "Line 1: this is not UTF-8."),
    ],
    ids=["empty", "large", "a code", "a shipped id", "a picture"],
)
def test_a_refused_file_says_why_and_leaves_nothing(lived_in: LivedIn, content: bytes, said: str) -> None:
    before = AuditEntry.objects.count()
    answer = send(lived_in, content)
    assert answer.status_code == 422
    assert said in text(answer)
    assert "Nothing was stored." in text(answer)
    assert not OwnInstrument.objects.exists()
    assert AuditEntry.objects.count() == before


def test_whatever_stands_in_a_file_is_text_on_every_page(lived_in: LivedIn) -> None:
    hostile = (
        OWN.replace("It is calm.", '"<script>alert(1)</script>"')
        .replace("{en: Small, de: Klein}", '{en: "<img src=x onerror=a>", de: "<b>"}')
        .replace("Nobody, never.", '"<a href=javascript:a>"')
        .replace("[a, b, c, d, e]", '["<i>a", b, c, d, e]')
        .replace("One value is published.", '"<u>"')
        .replace("A paper", '"<s>"')
        .replace("en: Calm", 'en: "<em>"')
    )
    assert send(lived_in, hostile.encode()).status_code == 200
    pages = {
        "Bo": (HERE, f"{HERE}own-small/1.2.0/", f"{HERE}own-small/1.2.0/?in=de"),
        "Stella": (HERE, "/audit/", f"{HERE}add/"),
        "Ada": ("/rounds/new/",),
    }
    for name, addresses in pages.items():
        for address in addresses:
            page = client_of(lived_in, name).get(address).content.decode()
            for tag in ("<script>a", "<img", "<a href=java", "<i>", "<u>", "<s>", "<em>", "<b>"):
                assert tag not in page, address


def test_a_note_about_rights_is_confirmed_once_and_says_so(lived_in: LivedIn) -> None:
    stella, rights = client_of(lived_in, "Stella"), f"{HERE}edmondson-1999/1.0.0/rights/"
    assert "We may ask it" in text(stella.get(rights))
    assert "1 more is not on offer yet" in text(client_of(lived_in, "Ada").get("/rounds/new/"))
    for _again in range(2):
        assert "Confirmed." in text(stella.post(rights, follow=True))
    assert AuditEntry.objects.filter(kind="instrument.rights_confirmed").count() == 1
    assert "We may ask it" not in text(stella.get(rights))
    offered = text(client_of(lived_in, "Ada").get("/rounds/new/"))
    assert "Edmondson 1999" in offered
    assert "not on offer yet" not in offered
    assert "The rights note of a questionnaire was confirmed" in text(client_of(lived_in, "Bo").get("/audit/"))


def test_what_is_taken_off_the_offer_cannot_be_chosen_and_comes_back(lived_in: LivedIn) -> None:
    stella, ada = client_of(lived_in, "Stella"), client_of(lived_in, "Ada")
    assert "Andon for security work" in text(ada.get("/rounds/new/"))
    stella.post(f"{HERE}andon-security/offer/", {"do": "retire"})
    assert "Andon for security work" not in text(ada.get("/rounds/new/"))
    assert "Not offered any more" in text(ada.get(f"{HERE}andon-security/1.0.0/"))
    stella.post(f"{HERE}andon-security/offer/", {"do": "offer"})
    assert "Andon for security work" in text(ada.get("/rounds/new/"))
    refused = stella.post(f"{HERE}andon-core/offer/", {"do": "retire"}, follow=True)
    assert "always on offer" in text(refused)


def test_the_example_on_the_page_is_whole_too(lived_in: LivedIn) -> None:
    page = (SOURCE / "features/instruments/templates/instruments/add.html").read_text(encoding="utf-8")
    [example] = re.findall(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)
    assert send(lived_in, example.encode()).status_code == 200
    assert OwnInstrument.objects.count() == 1


def test_a_round_says_what_it_asks_and_leads_there(lived_in: LivedIn) -> None:
    bo, round_id = client_of(lived_in, "Bo"), lived_in.rounds["released"]
    for page in (f"/rounds/{round_id}/", f"/results/{round_id}/"):
        assert f'href="{HERE}andon-core/1.1.0/"' in bo.get(page).content.decode()
    for page in ("/rounds/", "/results/"):
        assert "Andon core" in text(bo.get(page))
