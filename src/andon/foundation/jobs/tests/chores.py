"""Tasks that the tests of the worker let it do. They are imported by its process, so they are a module."""

import os
import time
from pathlib import Path

from django_tasks import task


@task()
def note(folder: str, word: str) -> None:
    with (Path(folder) / "notes").open("a") as file:
        file.write(f"{word}\n")


@task()
def fail(secret: str) -> None:
    raise ValueError(f"could not work on {secret}")


@task()
def linger(folder: str) -> None:
    """Say that it began; end only when it is allowed to."""
    with (Path(folder) / "began").open("a") as file:
        file.write(f"{os.getpid()}\n")
    while not (Path(folder) / "may-end").exists():
        time.sleep(0.02)
    (Path(folder) / "ended").touch()
