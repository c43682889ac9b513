"""What is started through the nursery behaves as a process of its own (tests/starting.py)."""

import os
import signal
import subprocess
from typing import Any

import pytest

from tests import starting

ENV = {"PATH": os.environ["PATH"], "CANARY": "sang"}


def test_it_has_the_environment_the_folder_the_words_and_the_input_that_it_is_given(tmp_path: Any) -> None:
    text = "import os, sys; print(sorted(os.environ), os.getcwd(), sys.argv[1:]); print('aside', file=sys.stderr)"
    done = starting.program(text, "one", "two", env=ENV, cwd=tmp_path)
    assert done.stdout == f"{sorted(ENV)} {tmp_path} ['one', 'two']\n"
    assert (done.stderr, done.returncode) == ("aside\n", 0)


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit('a reason')", 1, "a reason\n"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL, ""),
        ("import atexit, sys; atexit.register(lambda: sys.stderr.write('bye'))", 0, "bye"),
    ],
)
def test_it_ends_as_a_process_does(text: str, status: int, said: str) -> None:
    done = starting.program(text, env=ENV)
    assert (done.returncode, done.stderr) == (status, said)


def test_a_failure_is_told_with_where_it_was() -> None:
    done = starting.program("1 / 0", env=ENV)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr


def test_what_takes_too_long_is_ended(tmp_path: Any) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        starting.program(
            "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)",
            env=ENV,
            cwd=tmp_path,
            timeout=1,
        )
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_nothing_of_a_command_stays_for_the_next() -> None:
    starting.program("import django, os; os.environ['LEFT'] = '1'; django.left = 1", env=ENV)
    done = starting.program("import django, os; print('LEFT' in os.environ, hasattr(django, 'left'))", env=ENV)
    assert done.stdout == "False False\n"


def test_no_setting_was_read_before_and_two_draw_other_numbers() -> None:
    text = "from django.conf import settings; import random; print(settings.configured, random.random())"
    first, second = (starting.program(text, env=ENV).stdout.split() for _ in range(2))
    assert first[0] == second[0] == "False"
    assert first[1] != second[1]
