"""Signing in through two identity providers that nobody here wrote, set up by a steward, as real processes."""

import contextlib
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.mailbox import Mailbox
from tests.journeys.watching import Watcher, assert_accessible, assert_fits
from tests.stack import Stack, free_ports

PEOPLE = """\
email,name,team,role
ada@example.org,Ada Okafor,Lanternworks/Night,lead
bo@example.org,Bo Lindqvist,Lanternworks/Night,member
stella@example.org,Stella Marin,Lanternworks,steward
cy@example.org,Cy Tanaka,Lanternworks/Application security,member
"""
SECRET = "a-secret-of-the-client-that-is-long-enough"


@pytest.fixture
def stack(make_stack: Callable[..., Any], mailbox: Mailbox, tmp_path: Path, watcher: Watcher) -> Any:
    # The providers' own pages ask for their fonts, styles and icons.
    for strangers in (r"fonts\.googleapis\.com", r"cdn\.jsdelivr\.net", r"favicon\.ico"):
        watcher.allow(strangers)
    stack = make_stack(ANDON_SMTP_HOST="127.0.0.1", ANDON_SMTP_PORT=str(mailbox.port))
    stack.andon("found", "Lanternworks", "--steward-key", str(tmp_path / "steward.key"))
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE)
    stack.andon("people", "import", str(file))
    return stack


@contextlib.contextmanager
def running(command: list[str], port: int, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert process.poll() is None, "the provider did not start"
            time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait(10)


def node_provider(stack: Stack, port: int) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    redirect = f"{stack.app_url}/accounts/oidc/keycloak/callback/"
    return running(["node", str(Path(__file__).parent / "providers.mjs"), str(port), redirect], port)


def mock_provider(port: int) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    people = [
        {"sub": "stella", "email": "stella@example.org", "email_verified": True, "groups": []},
        {"sub": "bo", "email": "bo@example.org", "email_verified": True, "groups": ["appsec"]},
        {"sub": "thief", "email": "bo@example.org", "email_verified": True},
        {"sub": "unverified", "email": "cy@example.org", "email_verified": False},
        {"sub": "stranger", "email": "stranger@example.org", "email_verified": True},
    ]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    for person in people:
        command += ["--user-claims", json.dumps(person)]
    return running(command, port)


def rescue(page: Page, stack: Stack, address: str) -> None:
    link = stack.andon("steward", "rescue", "--email", address).stdout.strip()
    page.goto(link)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/rescue/" not in url)


def set_up(page: Page, stack: Stack, issuer: str, *, groups: str = "groups") -> None:
    page.goto(f"{stack.app_url}/settings/")
    page.get_by_role("link", name="Identity providers").click()
    page.get_by_role("link", name="Add a provider").click()
    page.get_by_role("link", name="Keycloak").click()
    expect(page.get_by_label("Redirect address")).to_have_value(f"{stack.app_url}/accounts/oidc/keycloak/callback/")
    assert_accessible(page)
    assert_fits(page)
    page.get_by_label("Name on the button").fill("Lantern ID")
    page.get_by_label("Issuer").fill(issuer)
    page.get_by_label("Client ID").fill("andon")
    page.get_by_label("Client secret").fill(SECRET)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Check that it answers").click()
    expect(page.get_by_text("names this issuer")).to_be_visible()
    assert_accessible(page)


def at_node_provider(page: Page, subject: str) -> None:
    page.locator("input[name=login]").fill(subject)
    page.locator("input[name=password]").fill("anything")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def at_mock_provider(page: Page, subject: str) -> None:
    page.locator("input[name=sub]").fill(subject)
    page.get_by_role("button", name="Authorize").click()


def leave(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.app_url}/accounts/login/")
    page.get_by_role("button", name="Sign in with Lantern ID").click()


def signed_in_as(page: Page, stack: Stack, name: str) -> None:
    page.wait_for_url(re.compile(re.escape(stack.app_url)))
    page.goto(f"{stack.app_url}/you/")
    expect(page.get_by_text(name).first).to_be_visible()


def test_from_the_set_up_to_groups_and_the_day_without_a_provider(
    profile: Callable[..., Page], stack: Stack, watcher: Watcher, mailbox: Mailbox
) -> None:
    """With npm's oidc-provider."""
    [port] = free_ports(1)
    issuer = f"http://localhost:{port}"
    watcher.origins |= {stack.app_url, stack.anonymous_url, issuer}
    stella, bo = profile("stella"), profile("bo")
    with node_provider(stack, port):
        rescue(stella, stack, "stella@example.org")
        set_up(stella, stack, issuer)
        stella.get_by_role("button", name="Try it as myself").click()
        at_node_provider(stella, "stella")
        expect(stella.get_by_text("This would sign you in as yourself")).to_be_visible()
        expect(stella.get_by_text("stella@example.org").first).to_be_visible()
        assert_accessible(stella)
        stella.get_by_role("link", name="Back to Lantern ID").click()
        stella.get_by_role("button", name="Turn it on").click()
        stella.get_by_role("link", name="What groups mean").click()
        stella.get_by_label("Whoever is in the group").fill("appsec")
        stella.get_by_label("belongs to").select_option(label="Lanternworks / Application security")
        stella.get_by_role("button", name="Add the rule").click()
        assert_accessible(stella)

        leave(bo, stack)
        at_node_provider(bo, "bo")
        signed_in_as(bo, stack, "Bo Lindqvist")
        expect(bo.get_by_text("Lanternworks / Application security")).to_be_visible()

        # Stella signs in through it, and closes the other ways.
        other = profile("stella at home")
        leave(other, stack)
        at_node_provider(other, "stella")
        signed_in_as(other, stack, "Stella Marin")
        other.goto(f"{stack.app_url}/identity/")
        other.get_by_label("Only through an identity provider").check()
        other.get_by_role("button", name="Save").click()
        expect(other.get_by_text("This is how people sign in now")).to_be_visible()
        cy = profile("cy")
        cy.goto(f"{stack.app_url}/accounts/login/")
        expect(cy.get_by_role("button", name="Sign in with Lantern ID")).to_be_visible()
        expect(cy.get_by_role("button", name="Send me a code")).to_have_count(0)
        assert_accessible(cy)

    # The provider is gone.
    watcher.allow("status of 403")
    leave(cy, stack)
    expect(cy.get_by_role("heading", name="Signing in did not work")).to_be_visible()
    late = profile("stella at night")
    before = len(mailbox.received)
    rescue(late, stack, "stella@example.org")
    signed_in_as(late, stack, "Stella Marin")
    assert "rescue link" in str(mailbox.newest_to("stella@example.org", after=before)["Subject"])
    bo.goto(f"{stack.app_url}/audit/")
    expect(bo.get_by_text("A rescue link was made at the server").first).to_be_visible()


def test_whom_the_provider_names_is_who_comes_in_and_nobody_else(
    profile: Callable[..., Page], stack: Stack, watcher: Watcher
) -> None:
    """With PyPI's oidc-provider-mock."""
    [port] = free_ports(1)
    issuer = f"http://localhost:{port}"
    watcher.origins |= {stack.app_url, stack.anonymous_url, issuer}
    stella = profile("stella")
    with mock_provider(port):
        rescue(stella, stack, "stella@example.org")
        set_up(stella, stack, issuer)
        stella.get_by_role("button", name="Turn it on").click()
        bo = profile("bo")
        leave(bo, stack)
        at_mock_provider(bo, "bo")
        signed_in_as(bo, stack, "Bo Lindqvist")
        for subject, words in (
            ("thief", "another account there already belongs"),
            ("unverified", "does not vouch"),
            ("stranger", "not on the list of people"),
        ):
            page = profile(subject)
            leave(page, stack)
            watcher.allow("status of 403")
            at_mock_provider(page, subject)
            expect(page.get_by_text(words)).to_be_visible()
            assert_accessible(page)
