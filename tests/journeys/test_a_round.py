"""The way of a round: a roster file, sign-in by mail, eight answers in eight browsers, the bands, the proof."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import people
from tests.journeys.mailbox import Mailbox
from tests.stack import Stack

NAMES = ["Ada", "Bo", "Cleo", "Dan", "Eve", "Fay", "Gus", "Hal"]
ROSTER = "e-mail,name,team,role\n" + "".join(
    f"{name.lower()}@example.org,{name} Example,Lanternworks/Detection,{'lead' if name == 'Ada' else 'member'}\n"
    for name in NAMES
)
INCLUSION = [5, 5, 1, 5]
CONTRIBUTOR = [3, 3, 3, 3]
CHALLENGER = [1, 1, 5, 5]
ACCOUNTABILITY = [5, 5, 5, 1, 0]


def answers_of(name: str) -> list[int]:
    """In the order of the questionnaire. Belonging is easy in this team, challenging the lead is not.

    Two of the eight find it a little easier than the others to ask; everybody skips the last statement.
    """
    learner = [4, 4, 4, 2] if name in {"Ada", "Bo"} else [3, 3, 3, 3]
    return INCLUSION + learner + CONTRIBUTOR + CHALLENGER + ACCOUNTABILITY


@pytest.fixture(scope="module")
def stack(founded: Callable[[str], Stack]) -> Stack:
    return founded(ROSTER)


# Eight browsers and a PostgreSQL that starts and ends with them: two minutes are little on a busy machine.
@pytest.mark.timeout(300)
def test_eight_people_answer_in_their_own_browsers_and_see_their_bands(
    stack: Stack, mailbox: Mailbox, profile: Callable[..., Page], tmp_path: Path
) -> None:
    ada = profile("Ada")
    people.sign_in(ada, stack, mailbox, "ada@example.org")
    round_id = people.open_round(ada, stack, "Lanternworks / Detection")
    words = ada.locator(".fingerprint").inner_text()
    assert len(words.split()) == 12

    receipts: dict[str, tuple[str, str]] = {}
    group_words = set()
    for name in NAMES:
        page = ada if name == "Ada" else profile(name, viewport={"width": 390, "height": 844})
        if name != "Ada":
            people.sign_in(page, stack, mailbox, f"{name.lower()}@example.org")
        people.fetch_slip(page, stack)
        group_words.add(people.answer(page, answers_of(name)))
        receipts[name] = people.receipt_of(page)
    assert len(set(receipts.values())) == len(NAMES)

    people.close_round(ada, stack, round_id)

    ada.get_by_role("link", name="See the result").click()
    expect(ada.get_by_text("8 of 8 answered")).to_be_visible()
    bands = ada.locator("table.statements .band").all_inner_texts()
    assert bands == (
        ["safe"] * 4
        + ["leaning safe"] * 4
        + ["leaning unsafe"] * 4
        + ["unsafe"] * 4
        + ["safe"] * 4
        + ["leaning unsafe"]
    )

    talk_about_it(ada)

    bo = profile("Bo")
    bo.goto(f"{stack.app_url}/results/{round_id}/")
    expect(bo.get_by_text("Bo Example sees to it")).to_be_visible()
    is_shared_unless_somebody_minds(stack, ada, bo)
    is_taken_along(stack, bo, tmp_path)
    bo.goto(f"{stack.app_url}/results/{round_id}/receipt/")
    frame = bo.frame_locator("[data-wallet-frame]")
    expect(frame.get_by_text("is in the list")).to_be_visible()

    with bo.expect_download() as download:
        bo.get_by_role("link", name="Take the proof home").click()
    unit_file = tmp_path / "unit.json"
    download.value.save_as(unit_file)
    listed = json.loads(unit_file.read_text())["slots"]["list"]
    assert sorted(listed) == sorted([slot, "ballot", ciphertext] for slot, ciphertext in receipts.values())

    verified = verify(stack, "--unit", str(unit_file), "--receipt", ":".join(receipts["Bo"]))
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert words in " ".join(verified.stdout.split())
    assert len(group_words) == 1
    assert group_words.pop() in " ".join(verified.stdout.split())


def talk_about_it(page: Page) -> None:
    """The screen that leads a talk, part by part with its clock, and the step it ends in, which the report then has."""
    page.get_by_role("link", name="What to talk about · 45 minutes").click()
    page.get_by_role("link", name="Open the screen with a timer").click()
    clock = page.locator("[data-clock]")
    expect(clock).to_have_text("05:00 left")
    expect(page.get_by_role("heading", name="Say what this is for")).to_be_visible()
    expect(page.get_by_role("heading", name="Read in silence")).to_be_hidden()
    page.get_by_role("button", name="Start the clock").click()
    expect(clock).to_have_text("04:58 left")
    page.get_by_role("button", name="Pause").click()
    for _part in range(4):
        page.get_by_role("button", name="Next part").click()
    expect(page.get_by_role("button", name="Next part")).to_be_disabled()
    expect(clock).to_have_text("07:00 left")
    page.reload()
    expect(clock).to_have_text("07:00 left")
    page.get_by_role("link", name="Write down the step you agreed on").click()
    page.get_by_label("What you will try").fill("Whoever hands over a shift says one thing they are unsure of.")
    page.get_by_label("Who sees to it").select_option(label="Bo Example <bo@example.org>")
    page.get_by_label("When you look at it again").fill("2099-01-01")
    page.get_by_role("button", name="Write it down").click()
    expect(page.get_by_text("Whoever hands over a shift").first).to_be_visible()


def is_shared_unless_somebody_minds(stack: Stack, lead: Page, member: Page) -> None:
    """The lead proposes it from the report; a member finds it on Today and says no, and the lead sees that, not who."""
    lead.get_by_role("link", name="Propose to share the colours").click()
    expect(lead.locator("table.statements .band")).to_have_count(5)
    lead.get_by_label("Lanternworks").check()
    lead.get_by_role("button", name="Propose it to your unit").click()
    expect(lead.get_by_text("Proposed by Ada Example.")).to_be_visible()

    member.goto(f"{stack.app_url}/")
    expect(member.get_by_text("Your unit's colours are to be shared")).to_be_visible()
    member.get_by_role("link", name="Look at it, and say no if you like").click()
    member.get_by_role("button", name="No, keep them here").click()
    expect(member.get_by_role("button", name="No, keep them here")).to_have_count(0)
    expect(member.get_by_text("Who said no is kept nowhere")).to_be_visible()

    lead.reload()
    sharing = lead.locator("section", has=lead.get_by_role("heading", name="Who else sees these colours"))
    expect(sharing).to_contain_text("they stay with you for this round")
    expect(sharing).not_to_contain_text("Bo")


def is_taken_along(stack: Stack, page: Page, folder: Path) -> None:
    """As a paper and as a table, from the foot of the report; the change log says so."""
    files = {}
    for kind in ("PDF", "CSV"):
        # The first paper of a process loads what lays it out; a click waits for its answer unless it is told not to.
        with page.expect_download(timeout=60_000) as download:
            page.get_by_role("button", name=kind, exact=True).click(no_wait_after=True)
        files[kind] = folder / f"report.{kind.lower()}"
        download.value.save_as(files[kind])
    assert files["PDF"].read_bytes().startswith(b"%PDF-")
    table = files["CSV"].read_text(encoding="utf-8-sig")
    assert "Detection" in table
    assert len(table.splitlines()) > people.STATEMENTS
    report = page.url
    page.goto(f"{stack.app_url}/audit/")
    expect(page.get_by_text("PDF").first).to_be_visible()
    page.goto(report)


def verify(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    """From another shell, which knows nothing of the service but its address."""
    return subprocess.run(
        [sys.executable, "-m", "andon.gateways.cli", "verify", stack.app_url, *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": stack.env["PATH"]},
    )
