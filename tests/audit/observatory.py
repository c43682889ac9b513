"""MDN's HTTP Observatory: what the headers of an answer should say, and a grade for a site."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.audit.grading import Finding, Grade, Planted
from tests.audit.service import MODULES, WEB, Answer, behind_caddy, broken_site, run
from tests.certificates import certificate_for
from tests.proxied import ANONYMOUS, APP

SCANNER = MODULES / "@mdn" / "mdn-http-observatory"
BEST = "A+"
# The scanner looks at the first page. It takes a name with a path as well: each is graded like a site of its own.
PAGES = {
    APP: ("", "/accounts/login/", "/static/interface/andon.svg", "/.well-known/andon"),
    ANONYMOUS: ("", "/answer/", "/frame/", "/room/", "/room/moderate/", "/self-check/", "/log/", "/doors.json"),
}
SHARING = "cross-origin-resource-sharing"
BROKEN = "broken.example.org"
SOUND = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NO_POLICY = {"Content-Security-Policy": "default-src * 'unsafe-inline' 'unsafe-eval'"}
FOREIGN_SCRIPT = "<html><head><script src='https://elsewhere.example/x.js'></script></head><body>x</body></html>"
SHARED = {
    "Access-Control-Allow-Origin": "https://http-observatory.security.mozilla.org",
    "Access-Control-Allow-Credentials": "true",
}
# What is planted, by the test that must fail: what is wrong with the answer.
PLANTED: dict[str, tuple[str, Answer]] = {
    "content-security-policy": ("a policy that allows everything", Answer(headers=SOUND | NO_POLICY)),
    "cookies": ("a session's cookie without flags", Answer(headers=SOUND | {"Set-Cookie": "sessionid=planted"})),
    SHARING: ("an answer that another site may read with cookies", Answer(headers=SOUND | SHARED)),
    "redirection": ("a page without TLS that does not send on", Answer(headers=SOUND)),
    "referrer-policy": ("addresses told to everybody", Answer(headers=SOUND | {"Referrer-Policy": "unsafe-url"})),
    "strict-transport-security": (
        "TLS asked for during a minute",
        Answer(headers=SOUND | {"Strict-Transport-Security": "max-age=60"}),
    ),
    "subresource-integrity": ("a stranger's script without its hash", Answer(FOREIGN_SCRIPT, SOUND)),
    "x-content-type-options": (
        "types that a browser may guess",
        Answer(headers={name: value for name, value in SOUND.items() if name != "X-Content-Type-Options"}),
    ),
    "x-frame-options": (
        "a page that may stand in any frame",
        Answer(
            headers={name: value for name, value in SOUND.items() if name != "X-Frame-Options"}
            | {"Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'"}
        ),
    ),
}


class Observatory:
    name = "observatory"
    about = "MDN's HTTP Observatory: headers, cookies and redirects of both doors behind TLS"
    accepted: Mapping[tuple[str, str], str] = {}

    def version(self) -> str:
        return str(json.loads((SCANNER / "package.json").read_text())["version"])

    def planted(self, folder: Path) -> Sequence[Planted]:
        authority, *certificate = certificate_for(folder, BROKEN)
        answers = {f"/{test}": answer for test, (_fault, answer) in PLANTED.items()}

        def broken(path: str, _fields: dict[str, str]) -> Answer:
            return answers.get(path, Answer(status=404))

        def plain(path: str, _fields: dict[str, str]) -> Answer:
            if path == "/redirection":
                return Answer()
            return Answer(status=301, headers={"Location": f"https://{BROKEN}{path}"})

        found = []
        with broken_site(broken, certificate=(certificate[0], certificate[1])) as site, broken_site(plain) as without:
            places = {f"{BROKEN}:443": site.port, f"{BROKEN}:80": without.port}
            for test, (fault, _answer) in PLANTED.items():
                said = scan(f"{BROKEN}/{test}", places, authority)
                keep(folder, f"{BROKEN}/{test}", said)
                # And nothing else, so that it is this fault that is seen.
                found.append(Planted(fault, failed(said) == {test}))
        return found

    def grade(self, folder: Path) -> Grade:
        findings, missed, figures = [], [], {}
        with behind_caddy(folder) as behind:
            for name, pages in PAGES.items():
                for page in pages:
                    said = scan(name + page, behind.places, behind.authority)
                    keep(folder, name + page, said)
                    if "error" in said:
                        missed.append(f"{name}{page} was not graded: {said['error']}")
                        continue
                    figures[name + page] = f"{said['scan']['grade']} ({said['scan']['score']})"
                    if said["scan"]["grade"] != BEST:
                        missed.append(f"{name}{page or '/'} is graded {said['scan']['grade']}, not {BEST}.")
                    findings += [
                        Finding(test, name + (page or "/"), said["tests"][test]["result"]) for test in failed(said)
                    ]
        count = sum(len(pages) for pages in PAGES.values())
        return Grade(f"{count} addresses of both doors", findings, figures, missed)


def scan(where: str, places: Mapping[str, int], authority: Path) -> dict[str, Any]:
    """What the scanner says of a name, with a path or without."""
    # Which sites browsers know to have TLS, which its installation would fetch. The names used here are not among them.
    (SCANNER / "conf" / "hsts-preload.json").write_text("{}")
    done = run(
        "node",
        "--require",
        WEB / "names.cjs",
        SCANNER / "src" / "scan.js",
        where,
        within_seconds=60,
        env={"PLACES": json.dumps(places), "NODE_EXTRA_CA_CERTS": str(authority)},
    )
    try:
        said: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise AssertionError(f"{where}: {done.stdout}\n{done.stderr}") from None
    return said


def failed(said: Mapping[str, Any]) -> set[str]:
    """The tests that it failed, and the one of which this version calls everything a pass: who else may read along."""
    tests = said["tests"]
    found = {name for name, one in tests.items() if one["pass"] is False}
    is_shared = not tests[SHARING]["result"].endswith("-not-implemented")
    return found | ({SHARING} if is_shared else set())


def keep(folder: Path, where: str, said: Mapping[str, Any]) -> None:
    (folder / f"{where.replace('/', '_')}.json").write_text(json.dumps(said, indent=1))


GRADER = Observatory()
