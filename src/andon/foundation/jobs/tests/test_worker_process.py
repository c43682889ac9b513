"""The worker as a process: what it promises when it is stopped, killed, or started twice."""

import time

import pytest

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def alone(make_stack):
    return make_stack(parts=("worker",))


def starts(folder):
    """How often `linger` said that it began, each time with a whole line."""
    began = folder / "began"
    return began.read_text().count("\n") if began.exists() else 0


def enqueue(stack, chore, *args):
    program = f"from andon.foundation.jobs.tests import chores; chores.{chore}.enqueue(*{args!r})"
    stack.manage("shell", "-v", "0", "-c", program)


def until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "this did not happen in time"
        time.sleep(0.02)


def test_a_task_whose_worker_was_killed_is_done_by_the_next_worker(alone, tmp_path):
    enqueue(alone, "linger", str(tmp_path))
    until(lambda: starts(tmp_path) == 1)
    alone.kill("worker")
    (tmp_path / "may-end").touch()
    assert not (tmp_path / "ended").exists()
    alone.start("worker")
    until((tmp_path / "ended").exists)
    assert starts(tmp_path) == 2
    assert "linger: was interrupted, starts again" in alone.log("worker")


def test_sigterm_lets_the_current_task_finish_and_starts_no_other(alone, tmp_path):
    enqueue(alone, "linger", str(tmp_path))
    until((tmp_path / "began").exists)
    enqueue(alone, "note", str(tmp_path), "afterwards")
    process = alone.processes["worker"]
    process.terminate()
    assert process.poll() is None
    (tmp_path / "may-end").touch()
    assert process.wait(10) == 0
    assert (tmp_path / "ended").exists()
    assert not (tmp_path / "notes").exists()


def test_a_second_worker_is_refused_and_the_first_goes_on(alone, tmp_path):
    second = alone.andon("worker", check=False)
    assert second.returncode == 1
    assert "A worker already runs" in second.stderr
    assert "Traceback" not in second.stderr
    enqueue(alone, "note", str(tmp_path), "still here")
    until((tmp_path / "notes").exists)


def test_the_log_names_tasks_and_never_what_they_worked_on(alone, tmp_path):
    enqueue(alone, "fail", "the-secret-thing")
    until(lambda: "fail: failed, ValueError at" in alone.log("worker"))
    enqueue(alone, "note", str(tmp_path), "the-secret-word")
    until(lambda: "note: done" in alone.log("worker"))
    assert "the-secret" not in alone.log("worker")
