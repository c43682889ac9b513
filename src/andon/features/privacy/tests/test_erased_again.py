"""Whoever was erased does not come back with older data, and the list by which this works names nobody."""

import multiprocessing
import os
import signal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from andon.features.privacy import marks, services
from andon.features.privacy.models import ErasedMark
from andon.features.privacy.tests.test_erasure import everything_stored, stored, traces_of
from andon.foundation.audit.models import AuditEntry
from andon.foundation.people.models import Member
from tests.lived_in import LivedIn

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def data(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIRECTORY = tmp_path
    return tmp_path


def brought_back(member: Member) -> Member:
    """As a restore of an older backup does it: the same row again."""
    return Member.objects.create(id=member.id, email=member.email, name=member.name, password=member.password)


def test_who_comes_back_with_older_data_is_erased_again_and_nobody_else(lived_in: LivedIn) -> None:
    bo, everybody = stored(lived_in, "Bo"), Member.objects.count()
    services.erase(member=stored(lived_in, "Bo"), by=None, at=lived_in.now)
    services.write_marks()
    brought_back(bo)
    ErasedMark.objects.all().delete()
    assert traces_of(bo, everything_stored())
    assert services.erase_again(more=(), at=lived_in.now) == services.ErasedAgain(1, 0)
    assert traces_of(bo, everything_stored()) == []
    assert Member.objects.count() == everybody - 1
    assert AuditEntry.objects.filter(kind="person.erased_again").count() == 1
    # What the older data had not heard of, the database knows again; and there is nothing more to do.
    assert ErasedMark.objects.count() == 1
    assert services.erase_again(more=(), at=lived_in.now) == services.ErasedAgain(0, 0)


def test_without_the_list_the_person_would_be_back(lived_in: LivedIn, data: Path) -> None:
    """The planted fault: an installation that lost both the rows and the file has nothing to go by."""
    bo = stored(lived_in, "Bo")
    services.erase(member=stored(lived_in, "Bo"), by=None, at=lived_in.now)
    services.write_marks()
    (data / marks.NAME).rename(data / "beside-a-newer-backup")
    ErasedMark.objects.all().delete()
    brought_back(bo)
    assert services.erase_again(more=(), at=lived_in.now) == services.ErasedAgain(0, 0)
    assert traces_of(bo, everything_stored())
    told = StringIO()
    call_command("erase_again", erasures=[data / "beside-a-newer-backup"], stdout=told)
    assert "Erased again: 1." in told.getvalue()
    assert traces_of(bo, everything_stored()) == []
    assert marks.read(data / marks.NAME) == marks.read(data / "beside-a-newer-backup")


def test_an_erasure_that_is_rolled_back_leaves_no_mark(
    lived_in: LivedIn, data: Path, django_capture_on_commit_callbacks: Any
) -> None:
    """Nobody may be erased by a later restore who was not erased now."""
    bo = stored(lived_in, "Bo")
    with django_capture_on_commit_callbacks(execute=True) as called:
        try:
            with transaction.atomic():
                services.erase(member=stored(lived_in, "Bo"), by=None, at=lived_in.now)
                raise RuntimeError
        except RuntimeError:
            pass
    assert (called, ErasedMark.objects.count(), (data / marks.NAME).exists()) == ([], 0, False)
    with django_capture_on_commit_callbacks(execute=True):
        services.erase(member=stored(lived_in, "Bo"), by=None, at=lived_in.now)
    assert marks.read(data / marks.NAME) == {marks.mark_of(bo.pk)}


def test_a_full_disk_does_not_undo_an_erasure_and_is_made_up_for(
    lived_in: LivedIn, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any, caplog: Any
) -> None:
    def full(*_args: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, django_capture_on_commit_callbacks(execute=True):
        patch.setattr(marks, "write_whole", full)
        services.erase(member=stored(lived_in, "Bo"), by=None, at=lived_in.now)
    assert not Member.objects.filter(name="Bo Lindqvist").exists()
    assert services.missing_marks() == 1
    services.write_marks()
    assert services.missing_marks() == 0
    caplog.clear()


def test_the_only_steward_stays_until_there_is_another(lived_in: LivedIn, data: Path) -> None:
    stella = stored(lived_in, "Stella")
    services.keep_marks([marks.mark_of(stella.pk)])
    with pytest.raises(CommandError, match="only steward"):
        call_command("erase_again", stdout=StringIO())
    assert Member.objects.filter(pk=stella.pk).exists()
    assert len(list(services.came_back())) == 1


def test_the_list_holds_marks_alone_in_an_order_that_says_nothing(lived_in: LivedIn, data: Path) -> None:
    people = [stored(lived_in, name) for name in ("Bo", "Ada", "Eve")]
    for member in people:
        services.erase(member=Member.objects.get(pk=member.pk), by=None, at=lived_in.now)
        services.write_marks()
    file = data / marks.NAME
    lines = file.read_text().splitlines()
    assert lines[1:] == sorted(marks.mark_of(member.pk) for member in people)
    assert file.stat().st_mode & 0o077 == 0
    for member in people:
        assert traces_of(member, file.read_text()) == []
    # The planted fault: an id would be found.
    assert traces_of(people[0], file.read_text() + people[0].pk.hex)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"people erased from Andon, 1\nnot a mark\n", b"a" * 64 + b"\n"])
def test_what_is_no_list_is_refused_and_kept(lived_in: LivedIn, data: Path, content: bytes) -> None:
    (data / marks.NAME).write_bytes(content)
    with pytest.raises(marks.BadList):
        services.keep_marks(["b" * 64])
    assert (data / marks.NAME).read_bytes() == content
    with pytest.raises(CommandError, match="not a list"):
        call_command("erase_again", stdout=StringIO())


def _add_many(file: Path, number: int) -> None:
    for count in range(20):
        marks.add(file, [f"{number:032x}{count:032x}"])


def test_processes_that_erase_at_once_lose_nobody(data: Path) -> None:
    several = multiprocessing.get_context("fork")
    workers = [several.Process(target=_add_many, args=(data / marks.NAME, number)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert len(marks.read(data / marks.NAME)) == 60


def _add_and_die(file: Path, at: int) -> None:
    for name in ("open", "fsync", "close"):
        original = getattr(os, name)

        def dying(*args: Any, _original: Any = original, **more: Any) -> Any:
            nonlocal at
            at -= 1
            if at == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return _original(*args, **more)

        setattr(os, name, dying)
    marks.add(file, ["c" * 64])


def test_a_list_that_was_being_written_at_a_kill_is_the_old_one_or_the_new_one(data: Path) -> None:
    file, several, killed = data / marks.NAME, multiprocessing.get_context("fork"), 0
    for at in range(1, 20):
        file.unlink(missing_ok=True)
        marks.add(file, ["b" * 64])
        writer = several.Process(target=_add_and_die, args=(file, at))
        writer.start()
        writer.join(60)
        killed += writer.exitcode == -signal.SIGKILL
        assert marks.read(file) in ({"b" * 64}, {"b" * 64, "c" * 64})
        marks.add(file, ["c" * 64])
        assert len(marks.read(file)) == 2
    assert killed >= 4
