"""The log names files by their hash. A restore may bring back the names without the files."""

from typing import Any

import pytest

from andon.features.instruments import public as instruments
from andon.features.publiclog import public as publiclog
from andon.features.publiclog.models import Blob
from andon.features.rounds import public as rounds
from tests.lived_in import LivedIn

pytestmark = pytest.mark.django_db(databases="__all__")


def named_in_the_log() -> set[str]:
    bodies = [published.body for published in publiclog.manifests()]
    return {sha256 for body in bodies for sha256 in (body["instrument"]["sha256"], *body["bundle"].values())}


def test_what_manifests_name_is_served_again_where_this_installation_can_make_it(lived_in: LivedIn) -> None:
    kept = set(Blob.objects.values_list("sha256", flat=True))
    assert kept >= named_in_the_log() > set()
    Blob.objects.all().delete()
    for _twice in range(2):
        rounds.keep_published_files_again()
        assert set(Blob.objects.values_list("sha256", flat=True)) == named_in_the_log()


def test_nothing_else_is_kept_in_the_place_of_what_cannot_be_made_again(
    lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_named: Any) -> None:
        raise instruments.UnknownInstrument("brought after the backup")

    statements = {published.body["instrument"]["sha256"] for published in publiclog.manifests()}
    load = instruments.load
    Blob.objects.all().delete()
    with monkeypatch.context() as without:
        without.setattr(instruments, "load", gone)
        rounds.keep_published_files_again()
    assert set(Blob.objects.values_list("sha256", flat=True)) == named_in_the_log() - statements
    # Another wording under the same name and version.
    monkeypatch.setattr(instruments, "load", lambda *_named: load("dora-culture"))
    rounds.keep_published_files_again()
    assert not statements & set(Blob.objects.values_list("sha256", flat=True))
