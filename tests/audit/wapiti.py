"""Wapiti: crawls a site, and tries in every field of every form what has broken into other sites."""

import contextlib
import json
import os
import re
import sys
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from tests.audit.grading import Finding, Grade, Planted
from tests.audit.recorder import recording
from tests.audit.service import BODY, ROLES, TOOLS, Answer, broken_site, demonstration, failures, run
from tests.certificates import certificate_for
from tests.stack import Stack, free_ports

MODULES = "csp,http_headers,cookieflags,csrf,redirect,xss,permanentxss,sql,exec,file,crlf,ssrf,xxe"
# What would end a visit, and what makes somebody else of the visitor. The paths of a scan are told to it in full.
LEFT_OUT = ("/accounts/logout/", "/demo/sign-in/*", "/people/*/deactivate/", "/privacy/erase/*")
# Fields are tried in the order that they were found in until time is up: `make audit` prints where it was.
CRAWL_SECONDS, MODULE_SECONDS = 30, int(os.environ.get("WAPITI_SECONDS") or 7)
# What is planted must not be missed because a machine is busy.
PLANTED_SECONDS = 60
NOBODY = "nobody"
# Fewer are no crawl: each door shows at least as many to whoever it shows least.
LEAST_ADDRESSES = 12
ENVIRONMENT = "PATH=/usr/bin\nPWD=/\nHOME=/root\nUSER=root\nSHELL=/bin/sh\n"
PASSWORDS = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
# Version 3.2 has no heading for these in its reports.
UNREPORTED = "XML External Entity"

# What is planted, by how wapiti names it.
PLANTED = {
    "Reflected Cross Site Scripting": "a search that shows what was searched for as it was sent",
    "Stored Cross Site Scripting": "a guest book that keeps markup",
    "Open Redirect": "a link that sends on to wherever it is told",
    "SQL Injection": "a database that complains of a quotation mark",
    "Command execution": "a form that runs what stands behind a semicolon",
    "Path Traversal": "a page that reads any file",
    "CRLF Injection": "a header made of what was sent",
    "Server Side Request Forgery": "a form that fetches any address",
    UNREPORTED: "a reader of XML that follows entities",
    "Content Security Policy Configuration": "no policy of what may be loaded",
    "HttpOnly Flag cookie": "a cookie that scripts may read",
    "Secure Flag cookie": "a cookie that is sent without TLS",
    "MIME Type Confusion": "types that a browser may guess",
    "HTTP Strict Transport Security (HSTS)": "TLS that is not asked for",
    "Clickjacking Protection": "a page that may stand in any frame",
    "Cross Site Request Forgery": "a form without a token",
}


class Wapiti:
    name = "wapiti"
    about = "Wapiti: crawls both doors as nobody and the app in every role, and attacks every field"
    accepted: Mapping[tuple[str, str], str] = {
        ("Clickjacking Protection", "anonymous door"): (
            "Every answer of this door says by frame-ancestors who may frame it, and browsers go by that where both "
            "stand. The older header cannot say that the app alone may frame the wallet."
        ),
    }

    def version(self) -> str:
        return run(TOOLS / "wapiti", "--version", within_seconds=60).stdout.split()[-1]

    def planted(self, folder: Path) -> Sequence[Planted]:
        certificate, key = certificate_for(folder, "localhost")[1:]
        with broken_site(Holes(), certificate=(certificate, key)) as site:
            said = scan(f"https://localhost:{site.port}", folder, "planted", start=("/",), seconds=PLANTED_SECONDS)
        rules = {one.rule for one in findings_of(said)}
        return [Planted(fault, rule in rules) for rule, fault in PLANTED.items()]

    def grade(self, folder: Path) -> Grade:
        found, missed, figures, all_addresses = [], [], {}, 0
        app, anonymous = (f"https://localhost:{port}" for port in free_ports(2))
        certificate = certificate_for(folder, "localhost")[1:]
        origins = {"ANDON_APP_ORIGIN": app, "ANDON_ANONYMOUS_ORIGIN": anonymous, "ANDON_BEHIND_PROXY": "1"}
        with demonstration(folder / "stack", **origins) as stack:
            for who, door in ((NOBODY, "anonymous"), *((role, "app") for role in (NOBODY, *ROLES))):
                origin = app if door == "app" else anonymous
                role = "" if who == NOBODY else who
                with recording(origin, stack.env[f"ANDON_{door.upper()}_BIND"], certificate, role=role) as recorder:
                    said = scan(origin, folder, f"{door}-{who}", start=starts(door, who, stack))
                    place = f"{door} door as {who}"
                    found += [Finding(one.rule, f"{place} {one.place}", one.said) for one in findings_of(said)]
                    found += [Finding("a failure", place, one) for one in recorder.failed]
                    if recorder.outside:
                        missed.append(f"{place} it was not signed in for {recorder.outside} requests.")
                    addresses, requests = len(recorder.addresses), sum(recorder.addresses.values())
                    if addresses < LEAST_ADDRESSES:
                        missed.append(f"{place} it saw {addresses} addresses, fewer than {LEAST_ADDRESSES}.")
                    all_addresses += addresses
                    figures[place] = (
                        f"{addresses} addresses, {requests} requests, {said['infos']['crawled_pages_nbr']} pages and "
                        f"forms found; {said['stopped']} of {len(MODULES.split(','))} modules ran out of time; signed "
                        f"in again {recorder.losses} times"
                    )
                    print(f"{place}: {figures[place]}", file=sys.stderr, flush=True)
            found += failures(stack)
        return Grade(f"{all_addresses} addresses", found, figures, missed)


def starts(door: str, who: str, stack: Stack) -> Sequence[str]:
    """Where a crawl begins: pages that no link of the first one leads to."""
    if door == "anonymous":
        return ("/", "/answer/", "/frame/", "/room/", "/room/moderate/", "/self-check/", "/log/?from=0", "/doors.json")
    return ("/accounts/login/", "/accounts/password/forgotten/") if who == NOBODY else ("/",)


def scan(
    origin: str, folder: Path, name: str, *, start: Sequence[str], seconds: int = MODULE_SECONDS
) -> dict[str, Any]:
    """What Wapiti reports of a site, with `seconds` for each module."""
    report = folder / f"{name}.json"
    with broken_site(Called(), certificate=None) as endpoint:
        called = f"http://localhost:{endpoint.port}/"
        done = run(
            TOOLS / "wapiti",
            *("--url", f"{origin}{start[0]}", "--scope", "domain", "--flush-session", "--module", MODULES),
            *(word for path in start[1:] for word in ("--start", f"{origin}{path}")),
            *(word for path in LEFT_OUT for word in ("--exclude", f"{origin}{path}")),
            *("--max-scan-time", str(CRAWL_SECONDS), "--max-attack-time", str(seconds), "--tasks", "4"),
            *("--endpoint", called, "--dns-endpoint", "localhost", "--verify-ssl", "0"),
            *("--store-session", str(folder / f"{name}-session")),
            *("--format", "json", "--output", report, "--no-bugreport", "--verbose", "1"),
            # What is under way is let to its end, and a report is written of all of it.
            within_seconds=60 + 2 * (CRAWL_SECONDS + seconds * len(MODULES.split(","))),
        )
    (folder / f"{name}.log").write_text(done.stdout + done.stderr)
    assert report.exists(), done.stdout[-3000:] + done.stderr[-3000:]
    said: dict[str, Any] = json.loads(report.read_text())
    said["vulnerabilities"][UNREPORTED] = unreported(done.stdout)
    said["stopped"] = len(re.findall(r"^Max attack time was reached", done.stdout + done.stderr, re.MULTILINE))
    return said


def unreported(log: str) -> list[dict[str, str]]:
    """What stands in what it prints, and is forgotten in what it reports."""
    return [
        {"method": "", "path": urllib.parse.urlsplit(where).path, "info": f"XXE vulnerability in {where}"}
        for where in re.findall(r"^XXE vulnerability in (\S+)", log, re.MULTILINE)
    ]


def findings_of(said: Mapping[str, Any]) -> list[Finding]:
    return [
        Finding(rule, f"{one['method']} {one['path']}", " ".join(str(one["info"]).split())[:300])
        for kind in ("vulnerabilities", "anomalies")
        for rule, ones in said[kind].items()
        for one in ones
    ]


class Called:
    """Where a server that can be made to fetch an address comes to, and tells whoever asks."""

    def __init__(self) -> None:
        self.calls: dict[str, dict[str, list[dict[str, str]]]] = {}

    def __call__(self, path: str, _fields: dict[str, str]) -> Answer:
        match path.strip("/").split("/"):
            case ["ssrf", _session, asked, parameter, *_rest]:
                call = {"url": path, "date": "today", "ip": "127.0.0.1", "method": "GET"}
                self.calls.setdefault(asked, {}).setdefault(parameter, []).append(call)
            case ["get_ssrf.php"]:
                return Answer(json.dumps(self.calls), {"Content-Type": "application/json"})
            case ["get_xxe.php"]:
                return Answer("{}", {"Content-Type": "application/json"})
        return Answer("")


class Holes:
    """A site with a hole for each module."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def __call__(self, path: str, fields: dict[str, str]) -> Answer:
        sent = next((value for name, value in fields.items() if name != BODY), "")
        match path:
            case "/search":
                return page(f"You searched for {sent}.")
            case "/guests":
                if sent:
                    self.kept.append(sent)
                return page("".join(self.kept) + form("/guests", "message", method="post"))
            case "/go":
                return Answer("", {"Location": sent}, 302) if sent else page("nowhere")
            case "/find" if "'" in sent or '"' in sent:
                return page("You have an error in your SQL syntax; check the manual that corresponds to your MySQL")
            case "/ping" if ";env" in sent or "|env" in sent:
                return page(ENVIRONMENT)
            case "/read" if "etc/passwd" in sent:
                return page(PASSWORDS)
            case "/language":
                return Answer(page("chosen").body, {"X-Language": sent})
            case "/fetch":
                return page(fetched(sent))
            case "/order" if "file:///etc/passwd" in fields[BODY] and "&xxe;" in fields[BODY]:
                return page(PASSWORDS)
            case "/":
                return Answer(FRONT.body, {"Set-Cookie": "session=planted"})
        return page("nothing")


def page(text: str) -> Answer:
    return Answer(f"<!doctype html><html lang='en'><head><title>Holes</title></head><body>{text}</body></html>")


def form(action: str, name: str, *, method: str) -> str:
    field = f"<input type='text' name='{name}' value='one'>"
    return f"<form action='{action}' method='{method}'>{field}<input type='submit' value='Send'></form>"


FRONT = page(
    "".join(
        f"<a href='{path}?{name}=one'>{path}</a>"
        for path, name in (
            ("/search", "q"),
            ("/go", "to"),
            ("/find", "name"),
            ("/ping", "host"),
            ("/read", "file"),
            ("/language", "to"),
            ("/fetch", "from"),
            ("/order", "xml"),
            ("/guests", "page"),
        )
    )
    + form("/guests", "message", method="post")
)


def fetched(address: str) -> str:
    """Really fetched, and from this machine alone: others are none of ours."""
    if urllib.parse.urlsplit(address).hostname != "localhost":
        return "cannot be reached"
    with contextlib.suppress(OSError, ValueError), urllib.request.urlopen(address, timeout=5) as answer:
        return escape(answer.read(1000).decode(errors="replace"))
    return "cannot be reached"


GRADER = Wapiti()
