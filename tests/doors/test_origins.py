"""Two doors, two names, one site: what is refused before anything starts, and how it says so."""

import subprocess

import pytest
from django.core.exceptions import ImproperlyConfigured

from andon.gateways.cli import addresses
from andon.project.origins import host_of


@pytest.mark.parametrize(
    ("app", "anonymous"),
    [
        ("http://localhost:8000", "http://localhost:8001"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8001"),
        ("http://[::1]:8000", "http://[::1]:8001"),
        ("https://andon.example.org", "https://answer.example.org"),
        ("https://andon.example.org:8443", "https://answer.example.org:8444"),
        ("https://example.org", "https://answer.example.org"),
        ("https://andon.example.co.uk", "https://answer.example.co.uk"),
        ("https://localhost:8000", "https://localhost:8001"),
    ],
)
def test_two_names_of_one_site_are_served(app: str, anonymous: str) -> None:
    addresses.check(app, anonymous)


@pytest.mark.parametrize(
    ("app", "anonymous", "said"),
    [
        ("http://andon.example.org", "https://answer.example.org", "ANDON_APP_ORIGIN is http://andon.example.org"),
        ("https://andon.example.org", "http://answer.example.org", "ANDON_ANONYMOUS_ORIGIN is http://answer"),
        ("http://192.0.2.7:8000", "http://192.0.2.7:8001", "without TLS"),
        ("http://localhost.example.org", "http://answer.example.org", "without TLS"),
        ("https://localhost:8000", "http://localhost:8001", "one has TLS"),
        ("http://localhost:8000", "http://localhost:8000", "differ in their port"),
        ("http://localhost:8000", "http://127.0.0.1:8001", "share a name"),
        ("https://andon.example.org", "https://andon.example.org:8443", "share the host name"),
        ("https://andon.example.org", "https://answer.example.net", "one site"),
        ("https://andon.co.uk", "https://answer.co.uk", "one site"),
        ("https://192.0.2.7", "https://192.0.2.8", "one site"),
        ("https://andon", "https://answer", "one site"),
        ("https://andon.example.org/", "https://answer.example.org", "not an origin"),
        ("https://ada@andon.example.org", "https://answer.example.org", "not an origin"),
        ("https://andon.example.org:x", "https://answer.example.org", "not an origin"),
        ("andon.example.org", "https://answer.example.org", "not an origin"),
    ],
)
def test_what_browsers_could_not_work_with_is_refused(app: str, anonymous: str, said: str) -> None:
    with pytest.raises(addresses.BadAddresses, match=said.replace("[", r"\[")):
        addresses.check(app, anonymous)


def test_the_host_of_an_origin_is_as_a_browser_sends_it() -> None:
    assert host_of("https://andon.example.org:8443") == "andon.example.org"
    assert host_of("http://[::1]:8000") == "[::1]"
    with pytest.raises(ImproperlyConfigured, match="not an origin"):
        host_of("https://andon.example.org/path")


@pytest.mark.parametrize("words", [("check",), ("serve",)])
def test_neither_check_nor_serve_goes_on_without_tls(make_stack, words) -> None:
    stack = make_stack(parts=())
    stack.env |= {"ANDON_APP_ORIGIN": "http://andon.example.org", "ANDON_ANONYMOUS_ORIGIN": "http://answer.example.org"}
    done: subprocess.CompletedProcess[str] = stack.andon(*words, check=False)
    assert done.returncode == 1
    assert "browsers refuse to make slips" in done.stderr
    assert "Nothing was" in done.stderr
    assert "Traceback" not in done.stderr
