"""The planted fault of test_sending_a_file.py: an app that lets every large body come, as whoever says so."""

from typing import Any

from andon.project import wsgi_app

door = wsgi_app.door
strangers = iter(range(1_000_000))


async def ask_nobody(scope: Any, headers: Any, large: Any) -> str:
    return f"stranger {next(strangers)}"


door._asked_first = ask_nobody  # type: ignore[method-assign]
