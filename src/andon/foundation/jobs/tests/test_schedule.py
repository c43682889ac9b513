from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, TaskResultStatus

from andon.foundation.jobs import public, schedule, worker
from andon.foundation.jobs.tests import chores
from andon.foundation.people.models import Session

pytestmark = pytest.mark.django_db(databases="__all__")

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch):
    monkeypatch.setattr(schedule, "_registry", {})


def close_of(*round_ids):
    return lambda now: [(round_id, chores.note, ("folder", round_id)) for round_id in round_ids]


def end_all(status, at=NOW):
    DBTaskResult.objects.update(status=status, finished_at=at)


def test_what_is_due_is_enqueued_once_while_it_waits_or_runs():
    public.register_due("closing", close_of("r1"))
    assert public.enqueue_due(NOW) == 1
    assert public.enqueue_due(NOW + SECOND) == 0
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING)
    assert public.enqueue_due(NOW + SECOND) == 0
    assert DBTaskResult.objects.get().args_kwargs == {"args": ["folder", "r1"], "kwargs": {}}


def test_the_same_task_for_another_round_is_another_task():
    public.register_due("closing", close_of("r1", "r2"))
    assert public.enqueue_due(NOW) == 2


def test_what_succeeded_and_is_due_again_is_enqueued_again():
    public.register_due("mail", close_of("outbox"))
    public.enqueue_due(NOW)
    end_all(TaskResultStatus.SUCCESSFUL)
    assert public.enqueue_due(NOW + SECOND) == 1


def test_what_failed_comes_back_after_ten_seconds_and_then_twice_as_slowly():
    public.register_due("closing", close_of("r1"))
    public.enqueue_due(NOW)
    end_all(TaskResultStatus.FAILED)
    assert public.enqueue_due(NOW + 9 * SECOND) == 0
    assert public.enqueue_due(NOW + 10 * SECOND) == 1
    end_all(TaskResultStatus.FAILED, NOW + 11 * SECOND)
    assert public.enqueue_due(NOW + 30 * SECOND) == 0
    assert public.enqueue_due(NOW + 31 * SECOND) == 1


def test_nobody_waits_longer_than_ten_minutes_for_another_attempt():
    assert schedule.wait_after(1) == timedelta(seconds=10)
    assert schedule.wait_after(500) == timedelta(minutes=10)


def test_a_feature_that_cannot_say_what_is_due_keeps_nobody_waiting(caplog):
    def broken(now):
        raise LookupError("a secret value")

    public.register_due("broken", broken)
    public.register_due("closing", close_of("r1"))
    assert public.enqueue_due(NOW) == 1
    assert "broken failed: LookupError" in caplog.text
    assert "a secret value" not in caplog.text


def test_a_name_belongs_to_one_feature():
    due = close_of("r1")
    public.register_due("closing", due)
    public.register_due("closing", due)
    with pytest.raises(ImproperlyConfigured):
        public.register_due("closing", close_of("r2"))


def test_results_are_forgotten_after_a_day():
    now = datetime.now(UTC)
    for word in ("old", "new", "waiting"):
        chores.note.enqueue("folder", word)
    old, new, _ = DBTaskResult.objects.order_by("enqueued_at")
    DBTaskResult.objects.filter(pk=old.pk).update(
        status=TaskResultStatus.SUCCESSFUL, finished_at=now - timedelta(hours=25)
    )
    DBTaskResult.objects.filter(pk=new.pk).update(status=TaskResultStatus.FAILED, finished_at=now - timedelta(hours=23))
    assert worker.forget_finished() == 1
    assert sorted(task.args_kwargs["args"][1] for task in DBTaskResult.objects.all()) == ["new", "waiting"]


def test_a_task_that_takes_the_worker_down_again_and_again_is_set_aside():
    chores.note.enqueue("folder", "deadly")
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING, worker_ids=["1", "2", "3", "4"])
    assert worker.put_back_interrupted() == 1
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING, worker_ids=["1", "2", "3", "4", "5"])
    assert worker.put_back_interrupted() == 0
    assert DBTaskResult.objects.get().status == TaskResultStatus.FAILED


def test_a_failure_is_kept_and_logged_without_what_the_task_worked_on(caplog):
    chores.fail.enqueue("the-secret-thing")
    row = DBTaskResult.objects.get()
    try:
        chores.fail.call("the-secret-thing")
    except ValueError as error:
        worker.record_failure(row, error)
    row.refresh_from_db()
    assert row.exception_class_path == "builtins.ValueError"
    assert "chores.py" in row.traceback
    assert "chores.py" in caplog.text
    assert "the-secret-thing" not in row.traceback + caplog.text


def test_the_worker_forgets_sessions_that_have_ended_and_no_others(monkeypatch):
    # The connection is the test's own.
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    for key, days in (("ended", -1), ("lasting", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() + timedelta(days=days))
    ticking = worker.Worker()
    ticking._tick()
    assert [session.session_key for session in Session.objects.all()] == ["lasting"]
