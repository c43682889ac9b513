"""Ruff's banned names bite where they are meant to, and nowhere else."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.repository import ROOT


def complaints(folder: str, line: str) -> str:
    return subprocess.run(
        [
            *(Path(sys.executable).parent / "ruff", "check", "--no-cache", "--output-format", "concise"),
            *("--stdin-filename", ROOT / folder / "planted.py", "-"),
        ],
        cwd=ROOT,
        input=line + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    ).stdout


@pytest.mark.parametrize(
    ("folder", "line"),
    [
        ("src/andon/features/ballots", "from django.contrib.auth import get_user_model"),
        ("src/andon/features/ballots", "import django.contrib.auth.models"),
        ("src/andon/features/ballots", "from django.contrib.sessions.models import Session"),
        ("src/andon/features/ballots", "from django.utils import timezone"),
        ("src/andon/features/ballots", "from datetime import datetime"),
        ("src/andon/features/ballots", "import time\n\ntime.time()"),
        ("src/andon/features/rooms", "from django.contrib.auth import get_user_model"),
        ("src/andon/features/rooms", "from django.db import models"),
        ("src/andon/features/rooms", "from django.core.cache import cache"),
        ("src/andon/features/rooms", "import logging"),
        ("src/andon/features/rooms", "import tempfile"),
        ("src/andon/features/rooms", "import time\n\ntime.time()"),
        ("src/andon/kernel", "from django.contrib.auth import get_user_model"),
        ("src/andon/kernel", "from django.db import models"),
        ("src/andon/kernel", "import secrets"),
        ("src/andon/kernel", "import random\n\nrandom.random()"),
        ("src/andon/kernel/disclosure", "from datetime import UTC, datetime\n\ndatetime.now(UTC)"),
    ],
)
def test_a_banned_name_is_refused(folder, line):
    assert "TID251" in complaints(folder, line)


@pytest.mark.parametrize(
    ("folder", "line"),
    [
        ("src/andon/foundation/people", "from django.contrib.auth import get_user_model"),
        ("src/andon/features/ballots", "import time\n\ntime.monotonic()"),
        ("src/andon/kernel", "import random\n\nrandom.Random(1)"),
    ],
)
def test_what_is_needed_is_not_refused(folder, line):
    assert "TID251" not in complaints(folder, line)
