"""A monitor sees that the service works, and cannot see that somebody answered."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

from andon.features.ballots import readiness
from andon.features.ballots.models import Ballot
from andon.features.issuance.models import IssuedSlip
from andon.foundation.jobs import heartbeat
from andon.gateways.monitoring import figures
from tests.lived_in import ANSWERS, LivedIn, undone

pytestmark = pytest.mark.django_db(databases="__all__")

# A name that is not here needs a reason in docs/security/metrics.md, and a line here.
ALLOWED = {
    "andon_build_info",
    "andon_certificate_days_left",
    "andon_database_current",
    "andon_database_up",
    "andon_delegation_days_left",
    "andon_disk_free_ratio",
    "andon_keys_up",
    "andon_rounds",
    "andon_sources_failed",
    "andon_tasks_failed",
    "andon_tasks_late",
    "andon_tasks_late_minutes",
    "andon_worker_up",
}
# Whatever is counted of these tells, in a small team, about one person.
SPEAKING = re.compile(
    r"cast|slip|ballot|session|request|sign|login|visit|member|mail|http|bytes|seconds|_total|_created"
)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, lived_in: LivedIn) -> None:
    monkeypatch.setattr(readiness, "_last", {})


def names(page: bytes) -> set[str]:
    return set(re.findall(r"^([a-z_]+)[{ ]", page.decode(), re.MULTILINE))


def answer(house: LivedIn, client: Any, door: Any) -> None:
    """Somebody signs in, fetches a slip and answers, each where it is counted if anything counts it."""
    round_id = house.rounds["open"]
    before = Ballot.objects.count(), IssuedSlip.objects.count()
    client.force_login(house.people["Bo"])
    assert client.get("/").status_code == 200
    body = house.body(house.slip("Bo", round_id), ANSWERS)
    assert door.post("/cast/", data=body, content_type="application/json").status_code == 200
    assert Ballot.objects.count() == before[0] + 1
    assert IssuedSlip.objects.count() == before[1] + 1


def test_every_figure_is_on_the_list(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.certificates import certificate_for

    _authority, certificate, _key = certificate_for(tmp_path, "andon.example.org", days=9)
    monkeypatch.setenv("ANDON_TLS_CERTIFICATE", str(certificate))
    page = figures.page()
    assert names(page) <= ALLOWED
    assert not [name for name in names(page) if SPEAKING.search(name)]
    assert b"andon_certificate_days_left 8.0" in page
    assert b'andon_rounds{state="open"}' in page
    assert b"andon_sources_failed 0.0" in page


def test_a_sign_in_a_slip_and_a_ballot_leave_the_page_as_it_was(
    lived_in: LivedIn, client: Any, anonymous_client: Any
) -> None:
    with undone():
        before = figures.page()
        answer(lived_in, client, anonymous_client)
        assert figures.page() == before


@pytest.mark.parametrize("planted", [Ballot, IssuedSlip])
def test_a_figure_that_counts_them_is_seen(
    lived_in: LivedIn, client: Any, anonymous_client: Any, monkeypatch: pytest.MonkeyPatch, planted: Any
) -> None:
    def counting() -> figures.Gauges:
        yield GaugeMetricFamily("andon_planted", "One more.", value=planted.objects.count())

    monkeypatch.setattr(figures, "SOURCES", [*figures.SOURCES, counting])
    with undone():
        before = figures.page()
        assert names(before) - ALLOWED == {"andon_planted"}
        answer(lived_in, client, anonymous_client)
        assert figures.page() != before


def test_a_worker_that_is_silent_is_seen(client: Any) -> None:
    now = timezone.now()
    with undone():
        assert client.get("/readyz").content == b"worker\n"
        heartbeat.beat(now)
        assert b"andon_worker_up 1.0" in figures.page()
        ready = client.get("/readyz")
        assert (ready.status_code, ready.content) == (200, b"ready\n")
        heartbeat.beat(now - heartbeat.MISSED_AFTER - timedelta(seconds=1))
        assert b"andon_worker_up 0.0" in figures.page()
        assert client.get("/readyz").status_code == 503


@pytest.mark.parametrize("door", ["client", "anonymous_client"])
def test_a_key_volume_that_is_away_is_a_word_and_no_more(
    door: str, request: pytest.FixtureRequest, settings: Any, tmp_path: Any
) -> None:
    asked = request.getfixturevalue(door)
    with undone():
        heartbeat.beat(timezone.now())
        assert asked.get("/readyz").status_code == 200
        settings.KEY_DIRECTORY = tmp_path / "nothing"
        readiness._last.clear()
        away = asked.get("/readyz")
        assert (away.status_code, away.content) == (503, b"keys\n")
        assert b"andon_keys_up 0.0" in figures.page()


def test_a_database_of_an_older_version_is_a_word_and_no_more(anonymous_client: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(readiness, "_known_migrations", lambda: {("ballots", "9999_of_tomorrow")})
    old = anonymous_client.get("/readyz")
    assert (old.status_code, old.content) == (503, b"migrations\n")
    assert b'andon_database_current{database="ballots"} 0.0' in figures.page()
