"""Which rounds keep `andon prepare` from making a key directory in the place of one that is not mounted."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from andon.features.rounds import public as rounds
from andon.features.rounds.models import CloseRequest, Ending, Publication, Round
from andon.foundation.organisation.models import Node
from andon.gateways.cli import prepare
from tests.cast_of_people import NOW, WEEK, found_organisation

pytestmark = pytest.mark.django_db(databases="__all__")
MANY = 200


@pytest.fixture
def people(tmp_path: Path, settings: Any, key_directory: Path) -> Iterator[dict[str, Any]]:
    return found_organisation(tmp_path, settings, teams={"Detection": 6})


def planned(node: Node, *, opens_in: timedelta = timedelta(0)) -> Round:
    opens_at = NOW + opens_in
    return Round.objects.create(
        node=node,
        instrument_id="andon-core",
        instrument_version="1",
        policy={"early_close": True, "least_ballots": 5},
        opens_at=opens_at,
        closes_at=opens_at + WEEK,
        at=NOW,
    )


def test_an_open_round_counts_however_many_began_and_ended_after_it(people: dict[str, Any]) -> None:
    Publication.objects.create(round=planned(people["Detection"]), at=NOW, log_index=1, fingerprint="words")
    for number in range(MANY):
        later = planned(people["Detection"], opens_in=timedelta(minutes=number + 1))
        Ending.objects.create(round=later, kind=Ending.Kind.VOID, reason="withdrawn", at=NOW)
    assert prepare._needs_lost_keys() == 1
    # What would not have seen it: a list that ends.
    assert not [view for view in rounds.all_rounds() if view.state is rounds.State.PUBLISHED]


@pytest.mark.parametrize("step", ["the manifest may be in the log", "withdrawn and not destroyed yet"])
def test_a_round_in_between_counts_for_its_keys_exist(people: dict[str, Any], step: str) -> None:
    begun = planned(people["Detection"])
    if step.startswith("withdrawn"):
        Publication.objects.create(round=begun, at=NOW, log_index=1, fingerprint="words")
        CloseRequest.objects.create(round=begun, at=NOW, early=False)
    assert prepare._needs_lost_keys() == 1
    Ending.objects.create(round=begun, kind=Ending.Kind.VOID, reason="withdrawn", at=NOW)
    assert prepare._needs_lost_keys() == 0


def shared(folder: Path) -> dict[str, str]:
    folder.mkdir()
    folder.chmod(0o2770)
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "ballots.sqlite3")}


def test_a_box_in_a_shared_folder_is_for_the_group(tmp_path: Path) -> None:
    database = shared(tmp_path / "door")
    prepare._share_file(database)
    assert Path(database["NAME"]).stat().st_mode & 0o777 == 0o660


def test_a_link_that_the_other_account_put_there_opens_no_file_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = tmp_path / "app.sqlite3"
    ours.touch(0o600)
    database = shared(tmp_path / "door")
    Path(database["NAME"]).symlink_to(ours)
    with pytest.raises(prepare.Refusal, match="and put no link in its place"):
        prepare._share_file(database)
    assert ours.stat().st_mode & 0o777 == 0o600
    # The planted fault: a file that is opened wherever the link leads.
    monkeypatch.setattr(prepare.os, "O_NOFOLLOW", 0)
    prepare._share_file(database)
    assert ours.stat().st_mode & 0o777 == 0o660
