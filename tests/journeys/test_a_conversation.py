"""A moderator and three phones: what each sees, when, after a reload, and that nothing of it stays anywhere."""

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Response, expect

from tests.journeys.watching import Watcher, assert_accessible, assert_fits, assert_focus_visible, assert_spacing
from tests.stack import Stack

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
NARROW = {"width": 320, "height": 640}
OWN_WORDS = "We name the canary kqzwvx before it sings."
COLOURS = ("color-contrast", "link-in-text-block")
# As much later as one look, the way and a slow machine may cost.
AT_ONCE_MILLISECONDS = 1_500
HELD_BACK = {"cards", "chosen", "look_again_in", "mine", "phase", "phones", "statement", "turn", "turns_in"}


@pytest.fixture(scope="module")
def stack(make_stack: Callable[..., Any]) -> Stack:
    made: Stack = make_stack(parts=("app", "anonymous"), ANDON_DEMO="1", ANDON_ANONYMOUS_WORKERS="1")
    made.andon("demo", "--rounds=1")
    return made


class Wire:
    """All that went between a page and the doors."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.answers: list[tuple[str, str]] = []

    def watch(self, page: Page) -> Page:
        page.on("request", lambda request: self.asked.append(request))
        page.on("response", self._answer)
        return page

    def _answer(self, response: Response) -> None:
        if "/rooms/" in response.url:
            self.answers.append((response.url.rsplit("/", 1)[1], response.text()))

    def cookies(self) -> list[str]:
        return [request.url for request in self.asked if request.all_headers().get("cookie")]


def open_room(page: Page, stack: Stack) -> str:
    page.goto(f"{stack.anonymous_url}/room/moderate/")
    page.get_by_role("button", name="Open a room").click()
    expect(page.get_by_role("heading", name="Join with your phone")).to_be_visible()
    return page.locator(".code").inner_text()


def put(page: Page, statement: str) -> None:
    page.get_by_label("Statement", exact=True).select_option(statement)
    page.get_by_role("button", name="Put it on the table").click()


def join(page: Page, stack: Stack, code: str) -> None:
    page.goto(f"{stack.anonymous_url}/room/#{code}")
    page.get_by_role("button", name="Join the room").click()
    expect(page.get_by_role("heading", name="You are in the room")).to_be_visible()


def choose(page: Page, answer: int) -> None:
    page.locator(f'.choice input[value="{answer}"]').check()
    expect(page.get_by_text("Your card lies face down.")).to_be_visible()


def early(answers: list[tuple[str, str]]) -> Iterator[str]:
    """Answers that hold anything that depends on a card before the cards turned."""
    for deed, body in answers:
        said = json.loads(body)
        if deed in {"create", "join", "leave", "end"}:
            continue
        if "error" in said:
            continue
        if set(said) != HELD_BACK:
            yield f"{deed}: {sorted(said)}"
        elif said["phase"] != "turned" and said["cards"] is not None:
            yield f"{deed}: {body}"


@pytest.fixture
def phones(profile: Callable[..., Page]) -> list[Page]:
    return [profile(name, viewport=PHONE) for name in ("bo", "cy", "di")]


def test_three_phones_choose_and_all_cards_turn_at_once(
    stack: Stack, ada: Page, phones: list[Page], watcher: Watcher
) -> None:
    # What a room says no to is an error to a browser: it has ended, too few cards, asked again right after a reload.
    watcher.allow("404|409|429")
    wire = Wire()
    for page in (ada, *phones):
        wire.watch(page)
    code = open_room(ada, stack)
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", code)
    for phone in phones:
        join(phone, stack, code)
        # The code is in no address that a server or the history sees.
        assert phone.url == f"{stack.anonymous_url}/room/"
    expect(ada.get_by_text("3 phones are here")).to_be_visible()

    put(ada, "CH2")
    for phone in phones:
        expect(phone.get_by_role("heading", name="Doubts about a plan are welcome")).to_be_visible()
        expect(phone.get_by_text("You are few")).to_be_visible()
    choose(phones[0], 2)
    choose(phones[1], 2)
    expect(ada.get_by_text("2 of 3 have chosen")).to_be_visible()
    expect(ada.locator(".card.back")).to_have_count(2)
    ada.get_by_role("button", name="Turn the cards over").click()
    expect(ada.get_by_text("at least three phones")).to_be_visible()

    # Each of them is loaded anew, and nothing is lost.
    for page in (ada, *phones):
        page.reload()
    expect(ada.get_by_text("2 of 3 have chosen")).to_be_visible()
    expect(phones[0].locator('.choice input[value="2"]')).to_be_checked()
    expect(phones[2].get_by_text("You have not chosen yet.")).to_be_visible()
    assert list(early(wire.answers)) == []

    phones[2].get_by_role("button", name="Pass").click()
    expect(phones[2].get_by_text("You pass.")).to_be_visible()
    choose(phones[2], 5)
    choose(phones[0], 1)
    assert list(early(wire.answers)) == []
    turned_at = []
    for page in (ada, *phones):
        expect(page.locator(".face-up")).to_be_visible()
        turned_at.append(page.evaluate("() => performance.timeOrigin + performance.now()"))
    assert max(turned_at) - min(turned_at) < AT_ONCE_MILLISECONDS
    for page in (ada, *phones):
        assert page.locator(".face-up .count").all_inner_texts() == ["1 card", "1 card", "no card", "no card", "1 card"]
        assert "The cards have turned: 1 card with 1" in page.locator("#announcement").inner_text()
        expect(page.get_by_role("heading", name=re.compile("Someone sees it differently"))).to_be_visible()
    # In the order of answers, whoever chose first.
    assert list(early(wire.answers)) == []

    ada.get_by_role("button", name="Next statement").click()
    ada.get_by_label("Statement", exact=True).select_option("own")
    ada.get_by_label("A sentence that one can agree with").fill(OWN_WORDS)
    ada.get_by_role("button", name="Put it on the table").click()
    for phone in phones:
        expect(phone.get_by_role("heading", name=OWN_WORDS)).to_be_visible()
    phones[0].get_by_role("button", name="Leave the room").click()
    expect(phones[0].get_by_role("button", name="Join the room")).to_be_visible()
    expect(ada.get_by_text("0 of 2 have chosen")).to_be_visible()

    ada.get_by_role("button", name="End the room").click()
    ada.get_by_role("button", name="End the room").click()
    for page in (ada, phones[1], phones[2]):
        expect(page.get_by_role("heading", name="This room is gone")).to_be_visible()
        assert page.evaluate("() => sessionStorage.length") == 0
    assert wire.cookies() == []
    assert all(code.replace("-", "") not in request.url for request in wire.asked)


def test_values_in_an_answer_before_the_turn_are_seen() -> None:
    honest = dict.fromkeys(HELD_BACK) | {"phase": "open", "chosen": 3}
    assert list(early([("look", json.dumps(honest))])) == []
    assert list(early([("look", json.dumps(honest | {"cards": [1, 0, 0, 0, 0]}))])) != []
    assert list(early([("look", json.dumps(honest | {"choices": {"x": 1}}))])) != []


def test_a_new_start_of_the_door_ends_rooms_kindly(
    stack: Stack, ada: Page, phones: list[Page], watcher: Watcher
) -> None:
    watcher.allow("404|ERR_CONNECTION|Failed to load resource")
    join(phones[0], stack, open_room(ada, stack))
    stack.stop("anonymous")
    expect(phones[0].get_by_text("The room is not reached at the moment.")).to_be_visible()
    stack.start("anonymous")
    for page in (ada, phones[0]):
        expect(page.get_by_role("heading", name="This room is gone")).to_be_visible()
        expect(page.get_by_text("Nothing of it was kept.")).to_be_visible()


def look(page: Page, *sizes: dict[str, int]) -> None:
    for size in sizes:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme="light")
        assert_accessible(page)
        page.emulate_media(color_scheme="dark")
        assert_accessible(page, only=COLOURS)
        assert_fits(page)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(NARROW)
    assert_fits(page)
    assert_spacing(page)
    page.evaluate("() => { document.documentElement.dir = 'rtl' }")
    assert_fits(page)
    page.evaluate("() => { document.documentElement.dir = 'ltr' }")
    page.set_viewport_size(sizes[0])  # type: ignore[arg-type]


def test_every_screen_can_be_used_by_everybody(stack: Stack, ada: Page, phones: list[Page], watcher: Watcher) -> None:
    watcher.allow("404")
    wall = {"width": 1920, "height": 1080}
    ada.goto(f"{stack.anonymous_url}/room/moderate/")
    look(ada, DESKTOP, PHONE)
    code = open_room(ada, stack)
    look(ada, DESKTOP, PHONE, wall)
    phones[0].goto(f"{stack.anonymous_url}/room/")
    look(phones[0], PHONE, DESKTOP)
    phones[0].get_by_label("Code of the room").fill("wrong")
    phones[0].keyboard.press("Enter")
    expect(phones[0].get_by_text("A code has eight letters and digits")).to_be_visible()
    phones[0].get_by_label("Code of the room").fill("0000 0000")
    phones[0].keyboard.press("Enter")
    expect(phones[0].get_by_text("There is no room with this code.")).to_be_visible()
    look(phones[0], PHONE)
    for phone in phones:
        join(phone, stack, code.lower())
    look(phones[0], PHONE, DESKTOP)
    put(ada, "IN4")
    expect(phones[0].get_by_role("radiogroup")).to_be_visible()
    # By keyboard alone.
    phones[0].locator('.choice input[value="1"]').focus()
    for _press in range(3):
        phones[0].keyboard.press("ArrowRight")
    assert_focus_visible(phones[0])
    expect(phones[0].locator('.choice input[value="4"]')).to_be_checked()
    look(phones[0], PHONE, DESKTOP)
    look(ada, DESKTOP, PHONE, wall)
    for phone, answer in zip(phones[1:], (4, 5), strict=True):
        choose(phone, answer)
    expect(ada.locator(".face-up")).to_be_visible()
    look(ada, DESKTOP, PHONE, wall)
    look(phones[0], PHONE, DESKTOP)
    ada.get_by_role("button", name="Next statement").click()
    look(ada, DESKTOP, PHONE)
    ada.get_by_role("button", name="Back to the room").click()
    ada.get_by_role("button", name="End the room").click()
    look(ada, DESKTOP, PHONE)


def test_the_self_check_leaves_nothing_and_asks_for_nothing(stack: Stack, bo: Page) -> None:
    bo.set_viewport_size(PHONE)  # type: ignore[arg-type]
    bo.goto(f"{stack.anonymous_url}/self-check/")
    expect(bo.get_by_role("button", name="Begin")).to_be_visible()
    look(bo, PHONE, DESKTOP)
    asked: list[str] = []
    bo.on("request", lambda request: asked.append(request.url))
    bo.get_by_role("button", name="Begin").click()
    for part in range(5):
        for group in bo.locator(".asked").all():
            group.locator("input").nth(1).check()
        if part == 0:
            look(bo, PHONE, DESKTOP)
        bo.get_by_role("button", name=re.compile("Next|Show my picture")).click()
    expect(bo.get_by_role("heading", name="Your picture")).to_be_visible()
    for details in bo.locator("details").all():
        details.evaluate("element => { element.open = true }")
    look(bo, PHONE, DESKTOP)
    stored = "() => [localStorage.length, sessionStorage.length, document.cookie]"
    assert bo.evaluate(stored) == [0, 0, ""]
    bo.get_by_role("button", name="Keep on this device").click()
    expect(bo.get_by_text("Kept in this browser.")).to_be_visible()
    assert bo.evaluate(stored) == [1, 0, ""]
    time.sleep(1.5)
    assert asked == []
    bo.reload()
    bo.get_by_role("button", name="Show them").click()
    expect(bo.get_by_role("heading", name="Your picture")).to_be_visible()
    bo.get_by_role("button", name="Delete everything here").click()
    assert bo.evaluate(stored) == [0, 0, ""]
    expect(bo.get_by_text("Kept on this device")).to_have_count(0)


def test_today_leads_there_and_the_pages_speak_german(stack: Stack, profile: Callable[..., Page]) -> None:
    page = profile("german", locale="de-DE", viewport=PHONE)
    page.goto(f"{stack.app_url}/accounts/login/")
    page.locator('form[action="/demo/sign-in/member/"] button').click()
    page.get_by_role("link", name="Einen Gesprächsraum öffnen").click()
    expect(page.get_by_role("heading", name="Einen Gesprächsraum öffnen")).to_be_visible()
    page.get_by_role("button", name="Einen Raum öffnen").click()
    expect(page.get_by_role("heading", name="Tritt mit deinem Telefon bei")).to_be_visible()
    assert_fits(page)
    page.goto(f"{stack.anonymous_url}/self-check/")
    expect(page.get_by_role("heading", name=re.compile("Selbstcheck"))).to_be_visible()


def test_rooms_work_where_the_door_is_several_processes(
    make_stack: Callable[..., Any], ada: Page, bo: Page, watcher: Watcher
) -> None:
    watcher.allow("503")
    several: Stack = make_stack(parts=("anonymous",), ANDON_ANONYMOUS_WORKERS="3")
    watcher.origins |= {several.anonymous_url}
    assert set(several.processes) == {"anonymous", "rooms"}
    for _time in range(3):
        join(bo, several, open_room(ada, several))
        expect(ada.get_by_text("1 phone is here")).to_be_visible()
        ada.evaluate("() => sessionStorage.clear()")
        bo.evaluate("() => sessionStorage.clear()")
    join(bo, several, open_room(ada, several))
    # Without the process that keeps them, a page says that it tries again.
    several.stop("rooms")
    expect(bo.get_by_text("The room is not reached at the moment.")).to_be_visible()
