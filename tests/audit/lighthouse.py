"""Lighthouse: how a page loads in Chromium, and what stands in the way of the people who read it."""

import json
import re
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.audit.grading import Finding, Grade, Planted
from tests.audit.service import MODULES, Answer, broken_site, demonstration, header_of, run, sign_in
from tests.journeys.conftest import CHROMIUM, FLAGS
from tests.stack import Stack, free_ports

BOUND = {"accessibility": 100, "best-practices": 100}
FORMS = ("desktop", "mobile")
# (door, who is signed in, path); {report} is the newest result that a member may read.
PAGES = (
    ("app", "", "/accounts/login/"),
    ("app", "member", "/"),
    ("app", "member", "/results/{report}/"),
    ("app", "steward", "/people/"),
    ("anonymous", "", "/answer/"),
    ("anonymous", "", "/room/moderate/"),
)
HEAD = "<!doctype html><html lang='en'><head><title>x</title><meta name='viewport' content='width=device-width'></head>"
# What is planted, by the audit that must fail.
PLANTED = {
    "image-alt": ("a picture without words", "<main><h1>x</h1><img src='/icon.svg' width='9' height='9'></main>"),
    "label": ("a field without a label", "<main><h1>x</h1><input></main>"),
    "color-contrast": (
        "text that is too pale",
        "<main><h1>x</h1><p style='color:#ccc'>Some words.</p></main>",
    ),
    "errors-in-console": ("an error in a script", "<main><h1>x</h1><script>throw new Error('planted')</script></main>"),
    "deprecations": ("what browsers will stop to know", "<main><h1>x</h1><script>onunload=()=>{}</script></main>"),
}
ICON = Answer("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'></svg>", {"Content-Type": "image/svg+xml"})


class Lighthouse:
    name = "lighthouse"
    about = "Lighthouse: accessibility and good practice of pages of both doors, on a desk and on a phone"
    accepted: Mapping[tuple[str, str], str] = {}

    def version(self) -> str:
        return str(json.loads((MODULES / "lighthouse" / "package.json").read_text())["version"])

    def planted(self, folder: Path) -> Sequence[Planted]:
        bodies = {f"/{audit}": body for audit, (_fault, body) in PLANTED.items()}

        def answer(path: str, _fields: dict[str, str]) -> Answer:
            return Answer(f"{HEAD}<body>{bodies[path]}</body></html>") if path in bodies else ICON

        found = []
        with broken_site(answer) as site, chromium(folder) as port:
            for audit, (fault, _body) in PLANTED.items():
                said = look(
                    f"http://localhost:{site.port}/{audit}", folder / f"{audit}.json", form="desktop", port=port
                )
                found.append(Planted(fault, audit in failed(said)))
        return found

    def grade(self, folder: Path) -> Grade:
        found, missed, figures = [], [], {}
        with demonstration(folder / "stack") as stack:
            report = newest_report(stack, header_of(sign_in(stack, "member")))
            for role, pages in groupby(PAGES, key=lambda page: page[1]):
                with chromium(folder, stack, role) as port:
                    for door, _role, path in pages:
                        origin = stack.app_url if door == "app" else stack.anonymous_url
                        address = origin + path.format(report=report)
                        for form in FORMS:
                            place = f"{door} door {path} as {role or 'nobody'}, {form}"
                            file = folder / f"{len(figures)}.json"
                            said = look(address, file, form=form, port=port)
                            # Otherwise it is the page for signing in that is graded.
                            if said["finalDisplayedUrl"] != address:
                                missed.append(f"{place}: {said['finalDisplayedUrl']} was shown.")
                            scores = {name: round(one["score"] * 100) for name, one in said["categories"].items()}
                            missed += [
                                f"{place}: {name} is {scores[name]}, below {least}."
                                for name, least in BOUND.items()
                                if scores[name] < least
                            ]
                            found += [Finding(one, place, said["audits"][one]["title"]) for one in failed(said)]
                            figures[place] = ", ".join(f"{name} {score}" for name, score in scores.items())
                            print(f"{place}: {figures[place]}", file=sys.stderr, flush=True)
        return Grade(f"{len(PAGES)} pages, each in {len(FORMS)} forms", found, figures, missed)


def newest_report(stack: Stack, cookies: str) -> str:
    asked = urllib.request.Request(f"{stack.app_url}/results/", headers={"Cookie": cookies})
    with urllib.request.urlopen(asked, timeout=20) as answer:
        found = re.search(r'href="/results/([0-9a-f]{32})/"', answer.read().decode())
    assert found is not None
    return found[1]


@contextmanager
def chromium(folder: Path, stack: Stack | None = None, role: str = "") -> Iterator[int]:
    """The port of a browser that somebody has signed in with. A header would not do: what a page fetches has none."""
    (port,) = free_ports(1)
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            folder / f"profile-{role}", executable_path=CHROMIUM, args=[*FLAGS, f"--remote-debugging-port={port}"]
        )
        if stack is not None and role:
            cookies = sign_in(stack, role).items()
            context.add_cookies([{"name": name, "value": value, "url": stack.app_url} for name, value in cookies])
        yield port
        context.close()


def look(address: str, report: Path, *, form: str, port: int) -> dict[str, Any]:
    """What Lighthouse says of a page in the browser at a port."""
    words: list[str | Path] = ["node", MODULES / "lighthouse" / "cli" / "index.js", address, "--quiet"]
    words += ["--only-categories=accessibility,best-practices,performance", "--output=json", f"--output-path={report}"]
    words += [f"--port={port}", "--max-wait-for-load=30000", "--no-enable-error-reporting"]
    words += ["--preset=desktop"] if form == "desktop" else []
    done = run(*words, within_seconds=120)
    assert report.exists(), done.stderr[-2000:]
    said: dict[str, Any] = json.loads(report.read_text())
    assert "runtimeError" not in said, said["runtimeError"]
    return said


def failed(said: Mapping[str, Any]) -> list[str]:
    """The audits of the two bounded categories that a page failed. One that could not look counts as failed."""
    return sorted(
        one["id"]
        for name in BOUND
        for one in said["categories"][name]["auditRefs"]
        if one["weight"]
        and (
            said["audits"][one["id"]]["scoreDisplayMode"] == "error"
            or (said["audits"][one["id"]]["score"] is not None and said["audits"][one["id"]]["score"] < 1)
        )
    )


GRADER = Lighthouse()
