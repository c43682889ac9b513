"""Browsers for journeys: Debian's Chromium, a profile for each person, and a watcher over all of them.

A journey asks the service through the browser or through `stack.manage(...)`, never through Django in its own
process: the service has databases of its own.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.mailbox import Mailbox, open_mailbox
from tests.journeys.watching import Watcher
from tests.stack import Stack

HERE = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
# The popups of the address bar are pages of their own in each window, which nobody opens here: two thirds of what a
# small journey costs. The switch takes the place of Playwright's, so what that switches off stands here as well.
SWITCHED_OFF = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "AimEnabled",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
FLAGS = [
    f"--disable-features={','.join(SWITCHED_OFF)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
ACT_WITHIN_MILLISECONDS = 10_000


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.journey)


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    """A real server for mail, which keeps what it is sent; one a module."""
    with open_mailbox() as opened:
        yield opened


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": FLAGS}


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    """Fails the test at its end when a page complained or asked a stranger. A stack's doors are known to it."""
    watcher = Watcher([])
    yield watcher
    faults = watcher.faults()
    assert not faults, "\n".join(faults)


@pytest.fixture
def profile(browser: Browser, watcher: Watcher, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """`profile("ada")`: a page in Ada's own browser profile; a name asked for again is the same profile.

    Keywords go to the browser's context the first time: `profile("bo", viewport={"width": 320, "height": 640})`,
    `profile("cy", java_script_enabled=False)`, `color_scheme="dark"`.
    """
    contexts: dict[str, Any] = {}
    if "stack" in request.fixturenames:
        stack: Stack = request.getfixturevalue("stack")
        watcher.origins |= {stack.app_url, stack.anonymous_url}

    def open_page(name: str, **options: Any) -> Page:
        if name not in contexts:
            defaults = {"locale": "en-GB", "timezone_id": "UTC", "reduced_motion": "reduce"}
            contexts[name] = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **defaults, **options})
            contexts[name].set_default_timeout(ACT_WITHIN_MILLISECONDS)
            watcher.watch(contexts[name])
        return contexts[name].new_page()

    yield open_page
    for context in contexts.values():
        context.close()


@pytest.fixture
def ada(profile: Callable[..., Page]) -> Page:
    """Ada leads: a page in her profile."""
    return profile("ada")


@pytest.fixture
def bo(profile: Callable[..., Page]) -> Page:
    """Bo is a member: a page in his profile."""
    return profile("bo")


@pytest.fixture
def cy(profile: Callable[..., Page]) -> Page:
    """Cy is outside: a page in their profile."""
    return profile("cy")


@pytest.fixture(scope="module")
def founded(
    make_stack: Callable[..., Any], mailbox: Mailbox, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Stack]:
    """Found an organisation with the people of a roster file; its letters arrive in the mailbox: `founded(ROSTER)`."""

    def found(roster: str) -> Stack:
        key = tmp_path_factory.mktemp("steward") / "steward.key"
        stack: Stack = make_stack(
            ANDON_SMTP_HOST="127.0.0.1", ANDON_SMTP_PORT=str(mailbox.port), ANDON_STEWARD_KEY_FILE=str(key)
        )
        stack.andon("found", "Lanternworks", "--steward-key", str(key))
        file = stack.folder / "roster.csv"
        file.write_text(roster)
        stack.andon("people", "import", str(file))
        return stack

    return found
