"""What people wrote in their own words is kept for as long as the organisation says, and no longer."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from andon.features.privacy import services, tasks
from andon.features.releases.models import ReleasedComment
from andon.features.results.tests.test_comments import say
from andon.features.rounds.models import Ending
from andon.foundation.audit.models import AuditEntry
from andon.foundation.configuration import public as configuration
from andon.kernel import disclosure
from tests.lived_in import LivedIn

pytestmark = pytest.mark.django_db(databases="__all__")

TEXTS = ("We wait for each other.", "It is quiet here.")


@pytest.fixture
def round_id(lived_in: LivedIn) -> str:
    written = [disclosure.Comment(f"{number:064x}", text) for number, text in enumerate(TEXTS)]
    return say(lived_in, disclosure.comments_release(written), *TEXTS)


def closed(round_id: str, lived_in: LivedIn, *, days: int) -> None:
    Ending.objects.filter(round_id=round_id).update(at=lived_in.now - timedelta(days=days))


def test_comments_go_a_year_after_the_close_and_the_page_says_so(lived_in: LivedIn, round_id: str) -> None:
    closed(round_id, lived_in, days=360)
    assert services.forget_comments(lived_in.now) == 0
    assert ReleasedComment.objects.count() == len(TEXTS)
    closed(round_id, lived_in, days=370)
    assert "comments" in {key for key, _task, _arguments in tasks.due(timezone.now())}
    assert services.forget_comments(lived_in.now) == 1
    assert not ReleasedComment.objects.exists()
    [entry] = AuditEntry.objects.filter(kind="comments.forgotten")
    assert entry.by is None
    assert TEXTS[0] not in str(entry.facts)
    client = Client()
    client.force_login(lived_in.people["Bo"])
    page = client.get(f"/results/{round_id}/").content.decode()
    assert "The comments of this round were deleted" in page
    assert "Nobody wrote a comment" not in page
    assert services.forget_comments(lived_in.now) == 0


@pytest.mark.parametrize(("months", "number"), [(3, 1), (24, 0), (0, 0)])
def test_a_steward_chooses_for_how_long(lived_in: LivedIn, round_id: str, months: int, number: int) -> None:
    closed(round_id, lived_in, days=400)
    configuration.write({"retention.comments_months": months}, by=None, at=lived_in.now)
    assert services.forget_comments(lived_in.now) == number


def test_a_round_that_is_not_shown_keeps_what_its_release_is_held_to(lived_in: LivedIn, round_id: str) -> None:
    from andon.features.releases.models import Release

    closed(round_id, lived_in, days=400)
    Release.objects.filter(round_id=round_id).update(shown=False)
    assert services.forget_comments(lived_in.now) == 0
    assert ReleasedComment.objects.count() == len(TEXTS)
