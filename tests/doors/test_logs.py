"""What the app writes down about requests: that something failed here, and nothing about who asked for what."""

import logging
import os
import subprocess
import sys

import pytest
from django.conf import settings

from andon.project.log_lines import WithoutValues

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


def test_the_app_does_not_answer_under_the_name_of_the_anonymous_door():
    environment = {**os.environ, "ANDON_SECRET_KEY": "x" * 50}
    environment |= {"ANDON_APP_ORIGIN": "https://a.example.org", "ANDON_ANONYMOUS_ORIGIN": "https://b.example.org"}
    program = "from andon.project.settings import app; print(app.ALLOWED_HOSTS)"
    said = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout == "['a.example.org']\n"
