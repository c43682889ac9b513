"""What stewards may choose: by whom, how far, and what everybody can read about it afterwards."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django import forms
from django.test import Client

from andon.foundation.audit.models import AuditEntry
from andon.foundation.configuration import public as configuration
from andon.foundation.configuration.models import Choice
from andon.foundation.organisation.tests import cast as people

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def whole_number() -> forms.Field:
    return forms.IntegerField(label="Least of something", min_value=5)


def word() -> forms.Field:
    return forms.CharField(label="A word", required=False)


@pytest.fixture
def section(monkeypatch: pytest.MonkeyPatch) -> Iterator[configuration.Section]:
    made = configuration.Section(
        slug="made",
        title="Made for tests",
        lead="Nothing else.",
        order=1,
        settings=(
            configuration.Setting(
                "made.least",
                whole_number,
                default=5,
                environment="ANDON_MADE_LEAST",
                parse=int,
                anonymity="The more, the less anybody can guess.",
                is_tighter=lambda before, after: after > before,
            ),
            configuration.Setting("made.word", word, environment="ANDON_MADE_WORD"),
            configuration.Setting("made.secret", word, secret=True),
        ),
    )
    monkeypatch.setitem(configuration._sections, "made", made)
    return made


def test_nobody_chose_so_the_default_holds_and_nothing_is_stored(section: configuration.Section) -> None:
    assert configuration.read_all(["made.least", "made.word"]) == {"made.least": 5, "made.word": ""}
    assert not Choice.objects.exists()


def save(client: Client, sent: dict[str, str]) -> str:
    """As a browser does: what cannot be taken back is read, agreed to, and sent again. What the page said."""
    page = client.post("/settings/made/", sent).content.decode()
    agreed = re.search(r'name="agreed" value="(\w+)"', page)
    if agreed:
        assert client.post("/settings/made/", sent | {"agreed": agreed[1]}).status_code == 302
    return page


def test_what_cannot_be_taken_back_is_shown_and_agreed_to_before_it_is_saved(section: configuration.Section) -> None:
    client = Client()
    client.force_login(people.enter().stella)
    sent = {"made-least": "7", "made-word": "tulip"}
    page = client.post("/settings/made/", sent).content.decode()
    assert "Nothing was saved yet" in page
    assert "Least of something: before 5, from now on 7. Nobody can ever make this looser again." in page
    assert 'value="7"' in page
    assert 'value="tulip"' in page
    assert not Choice.objects.exists()
    [agreed] = re.findall(r'name="agreed" value="(\w+)"', page)
    # A yes to 7 is none to 30, and no yes to anything is none at all.
    for other in ({**sent, "made-least": "30", "agreed": agreed}, {**sent, "agreed": "on"}):
        assert "Nothing was saved yet" in client.post("/settings/made/", other).content.decode()
    assert not Choice.objects.exists()
    assert client.post("/settings/made/", {**sent, "agreed": agreed}).status_code == 302
    assert configuration.read_all(["made.least", "made.word"]) == {"made.least": 7, "made.word": "tulip"}
    # What can be changed back is saved at once.
    assert client.post("/settings/made/", {"made-least": "7", "made-word": "rose"}).status_code == 302
    assert configuration.read("made.word") == "rose"


def test_a_change_stands_in_the_change_log_with_before_and_after(section: configuration.Section) -> None:
    cast = people.enter()
    client = Client()
    client.force_login(cast.stella)
    save(client, {"made-least": "7", "made-word": "tulip"})
    assert configuration.read("made.least") == 7
    client.force_login(cast.bo)
    page = client.get("/audit/").content.decode()
    for words in ("A setting was changed", "Least of something", "before: 5", "now: 7", "Stella Marin"):
        assert words in page
    # The same again is no change.
    count = AuditEntry.objects.count()
    client.force_login(cast.stella)
    client.post("/settings/made/", {"made-least": "7", "made-word": "tulip"})
    assert AuditEntry.objects.count() == count


def months() -> forms.Field:
    return forms.TypedChoiceField(label="Kept", coerce=int, choices=[(0, "for ever"), (1, "for a month")])


def yes_or_no() -> forms.Field:
    return forms.BooleanField(label="A lead may", required=False)


def test_the_change_log_says_values_as_their_page_does(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, may = (configuration.Setting("made.kept", months, 0), configuration.Setting("made.may", yes_or_no, False))
    made = configuration.Section(slug="made", title="Made", lead="", order=1, settings=(kept, may))
    monkeypatch.setitem(configuration._sections, "made", made)
    configuration.write({"made.kept": 1, "made.may": True}, by=None, at=NOW)
    AuditEntry.objects.create(kind="setting.changed", subject="made.gone", at=NOW, facts={"before": "3", "after": "4"})
    client = Client()
    client.force_login(people.enter().bo)
    page = client.get("/audit/").content.decode()
    for words in ("before: for ever", "now: for a month", "before: no", "now: yes", "before: 3", "now: 4"):
        assert words in page


def test_what_was_promised_can_only_be_tightened(section: configuration.Section) -> None:
    client = Client()
    client.force_login(people.enter().stella)
    save(client, {"made-least": "7"})
    refused = client.post("/settings/made/", {"made-least": "6", "made-word": "lost?"})
    assert "would loosen what people were promised" in refused.content.decode()
    assert configuration.read_all(["made.least", "made.word"]) == {"made.least": 7, "made.word": ""}
    # Not by way of the service either, whoever calls it.
    with pytest.raises(configuration.OnlyTighter):
        configuration.write({"made.word": "kept?", "made.least": 6}, by=None, at=NOW)
    assert configuration.read_all(["made.least", "made.word"]) == {"made.least": 7, "made.word": ""}


def test_the_environment_comes_first_and_the_page_says_so(section: configuration.Section, settings: object) -> None:
    configuration.write({"made.word": "chosen"}, by=None, at=NOW)
    settings.ENVIRONMENT = {"ANDON_MADE_WORD": "fixed", "ANDON_MADE_LEAST": "9"}  # type: ignore[attr-defined]
    client = Client()
    client.force_login(people.enter().stella)
    page = client.get("/settings/made/").content.decode()
    assert "Fixed by ANDON_MADE_WORD in the environment" in page
    assert configuration.read_all(["made.least", "made.word"]) == {"made.least": 9, "made.word": "fixed"}
    client.post("/settings/made/", {"made-least": "20", "made-word": "other"})
    assert configuration.read("made.word") == "fixed"
    with pytest.raises(configuration.FixedByEnvironment):
        configuration.write({"made.word": "other"}, by=None, at=NOW)
    settings.ENVIRONMENT = {}  # type: ignore[attr-defined]
    assert configuration.read("made.word") == "chosen"


def test_a_secret_is_in_no_log_and_sealed_in_the_database(section: configuration.Section) -> None:
    configuration.write({"made.secret": "tulip-canary"}, by=None, at=NOW)
    assert configuration.read("made.secret") == "tulip-canary"
    assert "tulip" not in str(list(Choice.objects.values()))
    [entry] = AuditEntry.objects.filter(kind="setting.changed")
    assert "tulip" not in str(entry.facts)


def test_a_request_reads_the_settings_once_and_sees_its_own_change(
    section: configuration.Section, django_assert_num_queries: object
) -> None:
    with configuration.reading_once():
        with django_assert_num_queries(1):  # type: ignore[operator]
            assert configuration.read("made.least") == 5
            assert configuration.read("made.word") == ""
        configuration.write({"made.least": 8}, by=None, at=NOW)
        assert configuration.read("made.least") == 8


def test_only_stewards_have_settings(section: configuration.Section) -> None:
    cast = people.enter()
    client = Client()
    client.force_login(cast.bo)
    assert client.get("/settings/").status_code == 404
    assert client.post("/settings/made/", {"made-least": "9"}).status_code == 404
    assert 'href="/settings/"' not in client.get("/").content.decode()
    client.force_login(cast.stella)
    assert 'href="/settings/"' in client.get("/").content.decode()
    assert client.get("/settings/made/").status_code == 200
    assert client.get("/settings/unheard-of/").status_code == 404
    assert client.post("/settings/made/check/").status_code == 404
    assert configuration.read("made.least") == 5
