"""The operator changes what stands in the databases and the key directory. Browser and verifier find it out.

Each test tampers, looks, and puts everything back, so that the next one begins with an honest server.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import people
from tests.stack import Stack

TEAM = "Lanternworks / Security / Detection"
ANSWERS = [4] * 21


@pytest.fixture(scope="module")
def stack(make_stack: Callable[..., Any]) -> Stack:
    stack: Stack = make_stack(before=(("demo", "--rounds=1"),), ANDON_DEMO="1")
    return stack


@pytest.fixture(scope="module")
def members(stack: Stack) -> list[str]:
    """The team of the lead: addresses, the lead's own first."""
    listed = shell(
        stack,
        """
        from andon.foundation.organisation.models import Membership
        import json
        team = Membership.objects.filter(node__name="Detection").order_by("-role", "member__email")
        addresses = list(team.values_list("member__email", flat=True))
        print(json.dumps(sorted(addresses, key=lambda address: address != "demo-lead@example.org")))
        """,
    )
    addresses: list[str] = json.loads(listed)
    return addresses


@pytest.fixture(scope="module")
def opened(stack: Stack, members: list[str]) -> str:
    """A round of the team, open, published by command."""
    stack.andon("rounds", "open", "--node", "Security/Detection", "--by", members[0])
    return shell(
        stack,
        """
        from andon.features.rounds.models import Round
        print(Round.objects.order_by("-at").first().pk)
        """,
    )


def shell(stack: Stack, program: str) -> str:
    """What the operator runs on the server; its last line."""
    lines = program.splitlines()
    indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    done = stack.manage("shell", "-v", "0", "-c", "\n".join(line[indent:] for line in lines))
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


def enter(page: Page, stack: Stack, address: str) -> None:
    """A session made on the server: how somebody signs in is another journey."""
    key = shell(
        stack,
        f"""
        from importlib import import_module
        from django.conf import settings
        from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
        from andon.foundation.people.models import Member
        member = Member.objects.get(email={address!r})
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY] = str(member.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = member.get_session_auth_hash()
        session.create()
        print(session.session_key)
        """,
    )
    page.context.add_cookies([{"name": "andon", "value": key, "url": stack.app_url, "httpOnly": True}])
    page.goto(f"{stack.app_url}/")
    expect(page.get_by_role("heading", name="Today", level=1)).to_be_visible()


def restart(stack: Stack) -> None:
    """What a process keeps in its memory is not what these tests are about."""
    for door in ("app", "anonymous"):
        stack.stop(door)
    stack.start("app", "anonymous")


@contextmanager
def changed(stack: Stack, program: str, back: str) -> Iterator[None]:
    """Tamper, and put it back."""
    shell(stack, program)
    restart(stack)
    try:
        yield
    finally:
        shell(stack, back)
        restart(stack)


def refuses(page: Page, stack: Stack, address: str, sentence: str) -> None:
    enter(page, stack, address)
    frame = page.frame_locator("[data-wallet-frame]")
    expect(frame.get_by_text(sentence)).to_be_visible()
    expect(frame.get_by_text("Slip ready")).not_to_be_visible()


def verify(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "andon.gateways.cli", "verify", stack.app_url, *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": stack.env["PATH"]},
    )


def test_an_honest_server_is_not_accused(
    stack: Stack, opened: str, members: list[str], profile: Callable[..., Page]
) -> None:
    page = profile("honest")
    enter(page, stack, members[1])
    expect(page.frame_locator("[data-wallet-frame]").get_by_text("Slip ready")).to_be_visible()
    assert verify(stack).returncode == 0


def test_a_member_added_after_the_publication_is_found_by_the_wallet(
    stack: Stack, opened: str, members: list[str], profile: Callable[..., Page]
) -> None:
    ghost = {"label": "Ghost <ghost@example.org>", "salt": "A" * 22}
    unit = f"""
        from andon.features.rounds.models import RoundUnit
        from andon.kernel.manifest import Seat
        hash_of = lambda seat: Seat.parse(seat).hash
        unit = RoundUnit.objects.get(round_id={opened!r})
    """
    with changed(
        stack,
        f"{unit}    unit.members = sorted([*unit.members, {ghost!r}], key=hash_of)\n        unit.save()",
        f"{unit}    unit.members.remove({ghost!r})\n        unit.save()",
    ):
        refuses(profile("ghost"), stack, members[2], "The people you were shown are not the ones fixed")


def test_somebody_put_in_the_place_of_an_erased_one_is_found_by_the_wallet(
    stack: Stack, opened: str, members: list[str], profile: Callable[..., Page]
) -> None:
    """Without a name to know, the operator hopes that nobody asks; the commitment does not fit."""
    ghost = {"hash": "0" * 63 + "1"}
    unit = f"""
        from andon.features.rounds.models import RoundUnit
        unit = RoundUnit.objects.get(round_id={opened!r})
    """
    with changed(
        stack,
        f"{unit}    unit.members = [{ghost!r}, *unit.members]\n        unit.save()",
        f"{unit}    unit.members.remove({ghost!r})\n        unit.save()",
    ):
        refuses(profile("hidden ghost"), stack, members[7], "The people you were shown are not the ones fixed")


def test_a_key_for_one_person_is_found_by_the_wallet(
    stack: Stack, opened: str, members: list[str], profile: Callable[..., Page]
) -> None:
    seed = stack.key_directory / "seed" / f"{opened}.key"
    honest = seed.read_bytes()
    seed.write_bytes(bytes(byte ^ 1 for byte in honest))
    restart(stack)
    try:
        refuses(profile("second key"), stack, members[3], "The server could not prove that your slip was made")
    finally:
        seed.write_bytes(honest)
        restart(stack)


def test_a_manifest_that_was_changed_is_found_by_the_wallet_and_by_the_verifier(
    stack: Stack, opened: str, members: list[str], profile: Callable[..., Page]
) -> None:
    entry = f"""
        from andon.features.publiclog.models import LogEntry
        entry = LogEntry.objects.get(kind="manifest", round_id={opened!r})
    """
    with changed(
        stack,
        f"""{entry}    entry.content = bytes(entry.content).replace(b'"least_ballots":5', b'"least_ballots":6')
        entry.save()""",
        f"""{entry}    entry.content = bytes(entry.content).replace(b'"least_ballots":6', b'"least_ballots":5')
        entry.save()""",
    ):
        refuses(profile("manifest"), stack, members[4], "The public log")
        assert verify(stack).returncode == 1


def test_a_ballot_dropped_or_replaced_before_the_close_is_found_by_its_owner(
    stack: Stack, opened: str, members: list[str], profile: Callable[..., Page], tmp_path: Path
) -> None:
    receipts = {}
    for address in members[5], members[6]:
        page = profile(address)
        enter(page, stack, address)
        expect(page.frame_locator("[data-wallet-frame]").get_by_text("Slip ready")).to_be_visible()
        people.answer(page, ANSWERS)
        receipts[address] = people.receipt_of(page)
    dropped, replaced = receipts.values()
    shell(
        stack,
        f"""
        from andon.features.ballots.models import Ballot
        Ballot.objects.filter(slot=bytes.fromhex({dropped[0]!r})).delete()
        ballot = Ballot.objects.get(slot=bytes.fromhex({replaced[0]!r}))
        Ballot.objects.filter(slot=ballot.slot).update(ciphertext=bytes(len(ballot.ciphertext)))
        """,
    )
    stack.andon("rounds", "close", opened, "--now")

    for address, receipt in receipts.items():
        page = profile(address)
        page.goto(f"{stack.app_url}/results/{opened}/receipt/")
        expect(page.frame_locator("[data-wallet-frame]").get_by_text("Your receipt is not in the list")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="Take the proof home").first.click()
        file = tmp_path / f"{address}.json"
        download.value.save_as(file)
        assert verify(stack, "--unit", str(file)).returncode == 0
        found = verify(stack, "--unit", str(file), "--receipt", ":".join(receipt))
        assert found.returncode == 1, found.stdout
