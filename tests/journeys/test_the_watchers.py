"""The watchers of the journeys see what they are there to see: one planted fault each, and a page without any."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.journeys.watching import assert_accessible, assert_fits, assert_styled

STYLE = "body { color: #1f2a2e; background: #fbfaf7 } h1 { font-size: 2rem }"
PAGE = """<!doctype html><html lang="en"><head><title>A page</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/style.css">{head}</head>
<body><main><h1>A page</h1>{body}</main></body></html>"""


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[str, dict[str, str]]]:
    pages = {"/style.css": STYLE, "/favicon.ico": ""}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            page = pages.get(self.path)
            self.send_response(200 if page is not None else 404)
            self.send_header("Content-Type", "text/css" if self.path.endswith(".css") else "text/html")
            self.end_headers()
            self.wfile.write((page or "").encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", pages
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def visit(site, watcher, bo):
    origin, pages = site
    watcher.origins.add(origin)

    def visit(body="", head=""):
        pages["/"] = PAGE.format(body=body, head=head)
        bo.goto(f"{origin}/")
        bo.wait_for_load_state("networkidle")
        return bo

    return visit


def taken(watcher):
    """The faults so far, which then no longer fail this test."""
    faults = watcher.faults()
    watcher.seen.clear()
    return faults


def test_a_sound_page_passes(visit, watcher):
    page = visit("<p>Nothing to see.</p>")
    assert_accessible(page)
    assert_fits(page)
    assert watcher.faults() == []


def test_a_console_error_is_seen(visit, watcher):
    visit("<script>console.error('planted')</script>")
    assert any("planted" in fault for fault in taken(watcher))


def test_an_uncaught_error_is_seen(visit, watcher):
    visit("<script>setTimeout(() => { throw new Error('planted') })</script>")
    assert any("page error" in fault for fault in taken(watcher))


def test_a_request_to_a_stranger_is_seen(visit, watcher):
    visit("<img alt='' src='http://127.0.0.1:9/pixel.png'>")
    assert any("request to another origin: GET http://127.0.0.1:9/pixel.png" in fault for fault in taken(watcher))


def test_what_a_test_provokes_on_purpose_is_excused(visit, watcher):
    watcher.allow(r"planted")
    visit("<script>console.error('planted')</script>")
    assert watcher.faults() == []


def test_a_barrier_is_found(visit):
    with pytest.raises(AssertionError, match="label"):
        assert_accessible(visit("<input type='text'>"))


def test_a_page_that_was_looked_at_is_judged_as_it_is_now_by_the_engine_that_is_there(visit):
    page = visit("<p>Nothing to see.</p>")
    assert_accessible(page)
    page.evaluate(
        "() => { axe.isTheSame = true; document.querySelector('main').append(document.createElement('input')) }"
    )
    with pytest.raises(AssertionError, match="label"):
        assert_accessible(page)
    assert page.evaluate("() => axe.isTheSame")


def test_a_frame_is_named_and_nobody_waits_for_what_is_in_it(visit):
    page = visit("<iframe src='/style.css'></iframe>")
    with pytest.raises(AssertionError, match="frame-title"):
        assert_accessible(page)
    page.evaluate("() => { document.querySelector('iframe').title = 'A frame' }")
    # What axe asks a frame, it asks by a message.
    page.frames[1].evaluate(
        "() => { globalThis.asked = 0; addEventListener('message', () => { globalThis.asked += 1 }) }"
    )
    assert_accessible(page)
    assert page.frames[1].evaluate("() => globalThis.asked") == 0


def test_a_contrast_that_is_too_low_is_found_because_the_styles_arrived(visit):
    with pytest.raises(AssertionError, match="color-contrast"):
        assert_accessible(visit("<p class='faint'>Hard to read.</p>", head="<style>.faint { color: #ccc }</style>"))


def test_a_page_without_its_styles_is_no_page_without_barriers(visit, watcher):
    page = visit(head="<link rel='stylesheet' href='/gone.css'>")
    with pytest.raises(AssertionError, match=r"gone\.css"):
        assert_styled(page)
    taken(watcher)


def test_a_page_that_is_too_wide_is_seen(visit):
    with pytest.raises(AssertionError, match="px wide"):
        assert_fits(visit("<div style='width: 3000px'>wide</div>"))
