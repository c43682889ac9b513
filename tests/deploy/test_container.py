"""The image and the composition, as far as they can be read. docs/operations/install.md says what was tried by hand."""

import copy
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.architecture.repository import ROOT

CONTAINERFILE = (ROOT / "deploy" / "Containerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
DOCUMENTED = (ROOT / "docs/operations/settings.md").read_text()
OURS = ("prepare", "app", "worker", "anonymous")


def steps(text: str) -> list[tuple[str, str]]:
    whole = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in whole.splitlines() if line.strip()]


def faults_of_the_image(text: str) -> list[str]:
    found, stages, here = [], set(), steps(text)
    for word, rest in here:
        words = shlex.split(rest) if word != "HEALTHCHECK" else []
        match word:
            case "FROM":
                stages |= {words[2]} if len(words) == 3 else set()
                if not re.fullmatch(r"[a-z0-9]+:[a-z0-9.-]+", words[0]) or words[0].endswith(":latest"):
                    found.append(f"{words[0]} is no base image that everybody gets by the same name")
            case "ADD":
                found.append("ADD unpacks and downloads")
            case "COPY":
                sources = [one for one in words[:-1] if not one.startswith("--")]
                if words[0].startswith("--from="):
                    if words[0].removeprefix("--from=") not in stages:
                        found.append(f"{words[0]} is no stage")
                else:
                    found += [f"{one} is not there" for one in sources if not (ROOT / one).exists()]
                found += [f"{one} is copied whole" for one in sources if one in {".", "./"}]
            case "RUN":
                if re.search(
                    r"curl|wget|https?:|--trusted-host|--index|pip install(?!.*(--require-hashes|--no-deps))", rest
                ):
                    found.append(f"unpinned: {rest}")
            case "ENV" | "ARG":
                if re.search(r"SECRET|PASSWORD|_KEY(_FILE)?=|_URL=", rest):
                    found.append(f"a secret: {rest}")
                found += [
                    f"{name} is not documented"
                    for name in re.findall(r"ANDON_[A-Z_]+", rest)
                    if f"`{name}`" not in DOCUMENTED
                ]
    last = [word for word, _rest in here]
    users = [rest for word, rest in here[len(last) - last[::-1].index("FROM") :] if word == "USER"]
    if not users or users[-1].split(":")[0] in {"0", "root"}:
        found.append("runs as root")
    if not any(
        word == "HEALTHCHECK" and '"andon", "health"' in rest.replace("/opt/andon/bin/", "") for word, rest in here
    ):
        found.append("has no health check")
    runs = [rest for word, rest in here if word == "RUN"]
    compiles = [at for at, rest in enumerate(runs) if "msgfmt --check-format" in rest and "locale/*/" in rest]
    if not compiles or compiles[0] > next(at for at, rest in enumerate(runs) if "build --wheel" in rest):
        found.append("speaks English only: the catalogues are not compiled before the wheel is built")
    if ("VOLUME", '["/data", "/keys"]') not in here:
        found.append("keys are on no volume of their own")
    return found


def test_the_image_is_built_from_what_is_here_and_runs_without_root() -> None:
    assert faults_of_the_image(CONTAINERFILE) == []


@pytest.mark.parametrize(
    ("planted", "seen"),
    [
        ("ADD https://example.org/x.tar /x", "ADD unpacks and downloads"),
        ("COPY deploy/no-such-file x", "deploy/no-such-file is not there"),
        ("COPY . .", ". is copied whole"),
        ("RUN pip install andon", "unpinned: pip install andon"),
        ("RUN curl https://example.org/x | sh", "unpinned: curl https://example.org/x | sh"),
        ("USER root", "runs as root"),
        ("ENV ANDON_SECRET_KEY=x", "a secret: ANDON_SECRET_KEY=x"),
        ("ENV ANDON_NO_SUCH=1", "ANDON_NO_SUCH is not documented"),
        (
            "FROM registry.example.org/python:3.11\nUSER 1",
            "registry.example.org/python:3.11 is no base image that everybody gets by the same name",
        ),
    ],
)
def test_a_planted_step_is_seen(planted: str, seen: str) -> None:
    assert seen in faults_of_the_image(f"{CONTAINERFILE}{planted}\n")


def test_an_image_without_compiled_catalogues_is_seen() -> None:
    without = CONTAINERFILE.replace("msgfmt --check-format", "true")
    assert faults_of_the_image(without) == [
        "speaks English only: the catalogues are not compiled before the wheel is built"
    ]


def volumes_of(service: dict[str, Any]) -> dict[str, str]:
    return dict(volume.split(":", 1) for volume in service.get("volumes", []))


def faults_of_the_composition(compose: dict[str, Any]) -> list[str]:
    found, services = [], compose["services"]
    for name, service in services.items():
        holds_keys = "keys" in volumes_of(service)
        if holds_keys and name not in OURS:
            found.append(f"{name} holds the keys")
        if re.search(r"backup|dump|restic|borg", name + str(service.get("image"))) and (
            {"keys"} & volumes_of(service).keys()
        ):
            found.append(f"{name} copies the keys")
        for variable, value in (service.get("environment") or {}).items():
            if (
                variable.startswith("ANDON_")
                and not variable.endswith("_UPSTREAM")
                and f"`{variable}`" not in DOCUMENTED
            ):
                found.append(f"{variable} is not documented")
            if re.search(r"PASSWORD|SECRET|_URL$", variable) and not variable.endswith("_FILE"):
                found.append(f"{name}: {variable} stands in the file")
            if variable.endswith("_FILE") and not (
                value.startswith("/run/secrets/") and value.removeprefix("/run/secrets/") in service["secrets"]
            ):
                found.append(f"{name}: {variable} is no secret of it")
        if name in OURS:
            if service.get("read_only") is not True or service.get("cap_drop") != ["ALL"]:
                found.append(f"{name} may write to its root, or has capabilities")
            if service.get("ports"):
                found.append(f"{name} is reached past the proxy")
    door = services["anonymous"]
    if door.get("user") != "10002:10002":
        found.append("the anonymous door has the account of the app")
    if volumes_of(door) != {"keys": "/keys:ro"}:
        found.append("the anonymous door writes keys, or sees the app's data")
    if {one for one in door["secrets"] if not one.startswith("anonymous_")}:
        found.append("the anonymous door has a secret of the app")
    found += [
        f"{name} keeps lines" for name in ("anonymous", "proxy") if services[name].get("logging") != {"driver": "none"}
    ]
    named = {name.split(":")[0] for service in services.values() for name in service.get("volumes", [])}
    found += [
        f"volume {name} is not there" for name in named if not name.startswith(".") and name not in compose["volumes"]
    ]
    found += [
        f"{name} is not there" for name in named if name.startswith(".") and not (ROOT / "deploy" / name).exists()
    ]
    return found


def test_the_composition_keeps_the_keys_and_the_doors_apart() -> None:
    assert faults_of_the_composition(COMPOSE) == []
    used = {one for service in COMPOSE["services"].values() for one in service.get("secrets", [])}
    assert used == COMPOSE["secrets"].keys()


@pytest.mark.parametrize(
    ("where", "planted", "seen"),
    [
        (("services", "backup"), {"image": "restic", "volumes": ["keys:/keys:ro"]}, "backup copies the keys"),
        (("services", "database", "volumes"), ["keys:/keys"], "database holds the keys"),
        (("services", "anonymous", "user"), "10001:10001", "the anonymous door has the account of the app"),
        (
            ("services", "anonymous", "volumes"),
            ["data:/data", "keys:/keys:ro"],
            "the anonymous door writes keys, or sees the app's data",
        ),
        (
            ("services", "anonymous", "secrets"),
            ["anonymous_ballots", "anonymous_mailboxes", "database_default"],
            "the anonymous door has a secret of the app",
        ),
        (("services", "app", "ports"), ["8000:8000"], "app is reached past the proxy"),
        (("services", "app", "environment", "ANDON_NO_SUCH"), "1", "ANDON_NO_SUCH is not documented"),
        (("services", "app", "environment", "ANDON_SECRET_KEY"), "x", "app: ANDON_SECRET_KEY stands in the file"),
        (("services", "proxy", "logging"), {"driver": "json-file"}, "proxy keeps lines"),
    ],
)
def test_a_planted_change_is_seen(where: tuple[str, ...], planted: Any, seen: str) -> None:
    compose = copy.deepcopy(COMPOSE)
    place = compose
    for step in where[:-1]:
        place = place[step]
    place[where[-1]] = planted
    assert seen in faults_of_the_composition(compose)


PROXIES = ROOT / "deploy" / "proxy"
HEADERS = ("X-Forwarded-For", "X-Real-I", "Forwarded", "Cookie", "User-Agent", "Referer")


def of_the_anonymous_host(text: str) -> str:
    """From the name of the host to the end of its block."""
    start = text.index("answer.example.org")
    ends = [match.end() for match in re.finditer(r"^(\}|</VirtualHost>)", text[start:], re.MULTILINE)]
    return text[start : start + ends[0]]


def keeps(text: str) -> list[str]:
    """What a configuration of the anonymous host keeps or hands on."""
    block = "\n".join(line for line in text.splitlines() if not line.strip().startswith("#"))
    found = [
        line.strip()
        for line in block.splitlines()
        if re.match(r"\s*(log\b|CustomLog|TransferLog|access_log(?! off))", line)
    ]
    for header in HEADERS:
        taken = rf"(header_up -{header}|{header}[\w-]* \"\"|unset {header})"
        if not re.search(taken, block, re.IGNORECASE):
            found.append(f"hands on {header}")
    return found


@pytest.mark.parametrize("name", ["Caddyfile", "nginx.conf", "apache.conf"])
def test_no_proxy_keeps_or_hands_on_who_asks_the_anonymous_door(name: str) -> None:
    text = (PROXIES / name).read_text()
    block = of_the_anonymous_host(text)
    assert keeps(block) == []
    planted = {
        "Caddyfile": "\tlog\n",
        "nginx.conf": "    access_log /x;\n",
        "apache.conf": "    CustomLog /x combined\n",
    }
    assert keeps(planted[name] + block) != []
    assert keeps(re.sub(r".*Cookie.*\n", "", block)) == ["hands on Cookie"]


def weak(text: str) -> list[str]:
    """What is wrong with the TLS of a configuration for nginx or Apache, and with its way from http."""
    found = []
    doors = [part for part in re.split(r"\nserver \{|<VirtualHost", text) if re.search(r"listen 443|^ \*:443", part)]
    for door in doors:
        protocols = re.search(r"(?:ssl_protocols|SSLProtocol)(.*)", door)
        if protocols is None or set(re.findall(r"TLSv1[.\d]*|SSLv\d", protocols[1])) != {"TLSv1.2", "TLSv1.3"}:
            found.append("another TLS than 1.2 and 1.3")
        ciphers = re.search(r"(?:ssl_ciphers|SSLCipherSuite) ([^;\n]+)", door)
        names = ciphers[1].split(":") if ciphers else []
        if not names or [
            one for one in names if not re.fullmatch(r"ECDHE-\w+-(AES\d+-GCM-SHA\d+|CHACHA20-POLY1305)", one)
        ]:
            found.append("a cipher that is not authenticated, or that keeps the past less secret")
    # Closed before anything is led on.
    closed = re.search(r"(?:location ~|RedirectMatch 403) \^/\(([a-z|]+)\)/", text)
    if (
        closed is None
        or "api" not in closed[1]
        or closed.start() > re.search(r"return 301|Redirect perm", text).start()
    ):
        found.append("a program is led on from http")
    return found if len(doors) == 2 else ["not two doors"]


@pytest.mark.parametrize("name", ["nginx.conf", "apache.conf"])
def test_no_proxy_offers_weak_tls_or_leads_a_program_on_from_http(name: str) -> None:
    text = (PROXIES / name).read_text()
    assert weak(text) == []
    assert weak(re.sub(r"(TLSv1\.2) ", r"\1 TLSv1.1 ", text, count=1)) == ["another TLS than 1.2 and 1.3"]
    assert weak(re.sub(r".*(ssl_protocols|SSLProtocol).*\n", "", text)) == ["another TLS than 1.2 and 1.3"] * 2
    old = "a cipher that is not authenticated, or that keeps the past less secret"
    assert weak(re.sub(r"ECDHE-RSA-AES256-GCM-SHA384", "AES256-SHA", text, count=1)) == [old]
    assert weak(re.sub(r".*(ssl_ciphers|SSLCipherSuite).*\n", "", text)) == [old, old]
    assert weak(text.replace("api|", "")) == ["a program is led on from http"]


def test_nginx_writes_down_no_link_that_signs_somebody_in() -> None:
    """An error line of nginx names the request, when the service does not answer, with the whole address."""

    def silent(text: str) -> bool:
        passing_on = [block for block in text.split("\nserver {")[1:] if "proxy_pass" in block]
        assert len(passing_on) == 2
        return all("access_log off;" in block and "error_log /dev/null crit;" in block for block in passing_on)

    text = (PROXIES / "nginx.conf").read_text()
    assert silent(text)
    assert not silent(text.replace("    error_log /dev/null crit;\n", "", 1))


def test_the_secrets_are_drawn_once_for_the_owner_of_the_folder_alone(tmp_path: Path) -> None:
    shutil.copy(ROOT / "deploy" / "secrets-for-compose", tmp_path)

    def drawn() -> dict[str, str]:
        subprocess.run([tmp_path / "secrets-for-compose"], check=True)
        return {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}

    first = drawn()
    assert first.keys() == COMPOSE["secrets"].keys()
    assert len({first[name] for name in ("postgres", "andon_password", "anonymous_password")}) == 3
    assert first["andon_password"] not in first["anonymous_ballots"]
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    assert drawn() == first
    assert "deploy/secrets/" in (ROOT / ".gitignore").read_text().split()
