"""What the app writes down about requests: that something failed here, and nothing about who asked for what."""

import json
import logging
import os
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from andon.project.log_lines import JsonLines, WithoutValues

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/nothing/here/", {}),
        ("/slips/offer/", {}),
        ("/slips/", {}),
        ("/", {"headers": {"host": "elsewhere.example"}}),
    ],
)
def test_a_request_that_is_answered_with_no_leaves_no_line(client, path, more, capfd, caplog):
    assert client.get(path, **more).status_code in {302, 400, 401, 404, 405}
    assert caplog.records == []
    assert capfd.readouterr().err == ""


def test_a_form_without_its_token_leaves_no_line(client, caplog):
    client.handler.enforce_csrf_checks = True
    assert client.post("/accounts/login/", {"email": "ada@example.org"}).status_code == 403
    assert caplog.records == []


def test_a_failure_is_written_down_without_its_message():
    try:
        raise ValueError("Key (email)=(ada@example.org) already exists.")
    except ValueError:
        record = logging.LogRecord("django.request", logging.ERROR, "", 0, "failed", (), sys.exc_info())
    line = WithoutValues().format(record)
    assert "ada@example.org" not in line
    assert "ValueError" in line
    assert "test_logs.py" in line
    assert settings.LOGGING["handlers"]["stderr"]["formatter"] == "line"
    assert settings.LOGGING["formatters"]["line"]["()"].endswith("WithoutValues")


def links_with_a_token(resolver: URLResolver, before: str = "/") -> list[str]:
    found = []
    for pattern in resolver.url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += links_with_a_token(pattern, path)
        elif isinstance(pattern, URLPattern) and "token" in pattern.pattern.converters:
            found.append(path.replace("<str:token>", "5e1f:planted:token"))
    return found


def test_a_failure_on_the_page_of_a_link_does_not_write_the_link_down():
    """Whoever reads the log within its time would sign in as the one it was sent to."""
    links = links_with_a_token(get_resolver())
    assert len(links) >= 4
    for link in links:
        record = logging.LogRecord("django.request", logging.ERROR, "", 0, "Internal Server Error: %s", (link,), None)
        for formatter in (WithoutValues(settings.LOGGING["formatters"]["line"]["format"]), JsonLines()):
            line = formatter.format(record)
            assert "Internal Server Error: /" in line
            assert "planted" not in line, line


def test_the_app_does_not_answer_under_the_name_of_the_anonymous_door():
    environment = {**os.environ, "ANDON_SECRET_KEY": "x" * 50}
    environment |= {"ANDON_APP_ORIGIN": "https://a.example.org", "ANDON_ANONYMOUS_ORIGIN": "https://b.example.org"}
    program = "from andon.project.settings import app; print(app.ALLOWED_HOSTS)"
    said = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout == "['a.example.org']\n"


def logged(door: str, log_format: str, program: str) -> str:
    """What a program writes to standard error under the logging of a door, in a process of its own."""
    environment = {"PATH": os.environ["PATH"], "ANDON_SECRET_KEY": "x" * 50, "ANDON_LOG_FORMAT": log_format}
    environment |= {"PART_OF_ANDON": door, "DJANGO_SETTINGS_MODULE": f"andon.project.settings.{door}"}
    start = f"import logging, django; django.setup()\n{program}"
    done = subprocess.run(
        [sys.executable, "-c", start], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stderr


FAILURE = """
ONLY_THERE = globals().get("ONLY_THERE", ())
class Request:
    META = {"REMOTE_ADDR": "203.0.113.9", "PATH_INFO": "/answer/planted/"}
    user = "ada@example.org"
try:
    try:
        raise ValueError("planted: ada@example.org")
    except ValueError as inner:
        raise KeyError("planted 203.0.113.9") from inner
except KeyError:
    logging.getLogger("andon.ballots").error(
        "a ballot could not be kept: %s", "KeyError", exc_info=True, stack_info=True,
        extra={"request": Request, "path": "/answer/planted/", "status_code": 500},
    )
for name in ("django.request", "django.security.DisallowedHost", *ONLY_THERE):
    logging.getLogger(name).warning("Bad Request: %s", "/answer/planted/", extra={"request": Request})
"""


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("door", ["app", "anonymous"])
def test_no_format_repeats_who_asked_for_what(door, log_format):
    # What a library may say at the app without a request, the anonymous door keeps to itself, whoever says it.
    only_there = ("django.server", "django.db.backends", "asyncio", "anything") if door == "anonymous" else ()
    lines = logged(door, log_format, f"ONLY_THERE = {only_there}{FAILURE}")
    assert "a ballot could not be kept: KeyError" in lines
    assert "ValueError" in lines
    assert "planted" not in lines
    assert "203.0.113.9" not in lines
    assert "ada@example.org" not in lines


def test_a_line_of_json_says_when_how_bad_where_from_and_what(monkeypatch):
    app, anonymous = (json.loads(logged(door, "json", FAILURE).splitlines()[0]) for door in ("app", "anonymous"))
    assert set(app) == {"time", "level", "logger", "message", "part", "error"}
    assert (app["level"], app["logger"], app["part"]) == ("ERROR", "andon.ballots", "app")
    assert app["error"].splitlines()[0] == "KeyError"
    # With a time it would say when somebody's answers came.
    assert set(anonymous) == set(app) - {"time"}


def test_a_line_of_text_is_one_line_with_a_time_in_utc(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    sent = "/accounts/login/\n2026-03-02 09:00:00.000Z ERROR andon planted\x1b[2J\u2028"
    record = logging.LogRecord("andon.test", logging.ERROR, "", 0, "A line about %s", (sent,), None)
    record.created, record.msecs = datetime(2026, 3, 2, 9, 1, 2, tzinfo=UTC).timestamp(), 3.0
    line = WithoutValues("%(asctime)s %(levelname)s %(name)s %(message)s").format(record)
    assert line.startswith("2026-03-02 09:01:02.003Z ERROR andon.test A line about /accounts/login/\\n2026")
    assert line.isprintable()
    # The twin: what Python's own formatter would have written.
    planted = logging.Formatter("%(asctime)s %(message)s").format(record)
    assert planted.startswith("2026-03-02 18:01:02,003")
    assert len(planted.splitlines()) == 2
    monkeypatch.undo()
    time.tzset()


def test_a_time_in_a_line_of_the_anonymous_door_is_seen():
    program = "from andon.project import log_lines; log_lines.JsonLines.has_time = True\n"
    planted = program + "log_lines.JsonLinesWithoutTime.has_time = True\n" + FAILURE
    assert "time" in json.loads(logged("anonymous", "json", planted).splitlines()[0])


def test_a_format_that_there_is_not_is_refused():
    with pytest.raises(subprocess.CalledProcessError) as refused:
        logged("app", "xml", "")
    assert "neither text nor json" in refused.value.stderr
