"""CycloneDX: a bill of what is shipped, and whether each part of it may be.

python -m tests.audit.bill FOLDER   writes the two bills, as `make bill` does.
"""

import json
import re
import subprocess
import sys
import venv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.repository import ROOT
from tests.audit import environments
from tests.audit.grading import Finding, Grade, Planted

SECONDS = 300
PYTHON_BILL = "andon-python.cdx.json"
BROWSER_BILL = "andon-browser.cdx.json"
# Licences that ask for no more than their own text to go along. MPL-2.0 asks for the sources of its own files where
# those were changed; we change none.
ALLOWED = frozenset({
    "0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0",
    "PSF-2.0", "Unlicense", "Zlib",
})  # fmt: skip
# What packages said before there were identifiers.
CLASSIFIERS: Mapping[str, str] = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
}


class Bill:
    name = "bill"
    about = "parts of what is shipped that no bill names, or whose licence is unknown or not on the list (CycloneDX)"
    accepted: Mapping[tuple[str, str], str] = {
        ("licence", "python/psycopg"): (
            "LGPL: a library of its own that is installed beside Andon unchanged and can be replaced by whoever runs "
            "it, which is what the licence asks for (docs/decisions/0012-psycopg.md). psycopg-binary likewise."
        ),
        ("licence", "python/pyphen"): (
            "Three licences to choose from; we take the LGPL. WeasyPrint breaks words with it; it is installed beside "
            "Andon unchanged and can be replaced."
        ),
        ("licence", "python/qrcode"): (
            "BSD; the other classifier stands for the part of it that was taken from elsewhere, which its LICENSE "
            "says is MIT."
        ),
        ("no-licence", "python/pyrage"): (
            "No field of its metadata names one. Its description and the LICENSE in the wheel do: MIT."
        ),
    }

    def version(self) -> str:
        return f"{environments.version_of('cyclonedx-bom')} and npm {npm_version()}"

    def planted(self, folder: Path) -> Sequence[Planted]:
        found = {finding.place: finding.rule for finding in [*planted_python(folder), *planted_browser(folder)]}
        return [
            Planted(f"{fault}, {place.partition('/')[0]}", found.pop(place, None) == rule)
            for place, (rule, fault) in PLANTED.items()
        ] + [Planted(f"a part with a good licence, which is let pass: {found or 'yes'}", not found)]

    def grade(self, folder: Path) -> Grade:
        python, browser = write(folder)
        packages, bundled = wanted_python(), wanted_browser(ROOT / "package-lock.json")
        findings = [*judge("python", python, packages), *judge("browser", browser, bundled)]
        return Grade(
            f"{len(packages)} Python and {len(bundled)} browser packages",
            findings,
            {"licences": ", ".join(sorted({said for bill in (python, browser) for said in all_licences(bill)}))},
        )


def write(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    python = python_bill(Path(sys.executable), folder / PYTHON_BILL)
    kept = wanted_python()
    # The environment holds what tests need, too.
    python["components"] = [one for one in python["components"] if canonicalize_name(one["name"]) in kept]
    refs = {"root-component", *(one["bom-ref"] for one in python["components"])}
    python["dependencies"] = [
        {**one, **({"dependsOn": [ref for ref in one["dependsOn"] if ref in refs]} if "dependsOn" in one else {})}
        for one in python.get("dependencies", [])
        if one["ref"] in refs
    ]
    (folder / PYTHON_BILL).write_text(json.dumps(python, indent=1, sort_keys=True) + "\n")
    return python, browser_bill(ROOT, folder / BROWSER_BILL)


def python_bill(interpreter: Path, to: Path) -> dict[str, Any]:
    asked = [environments.program("cyclonedx-py"), "environment", "--output-reproducible", "-o", str(to)]
    run([*asked, "--pyproject", str(ROOT / "pyproject.toml"), str(interpreter)], ROOT)
    return bill_in(to)


def browser_bill(folder: Path, to: Path) -> dict[str, Any]:
    script = environments.FOLDER / "node_modules" / "@cyclonedx" / "cyclonedx-npm" / "bin" / "cyclonedx-npm-cli.js"
    if not script.exists():
        raise environments.NotInstalled(f"{script} is not there. Nothing was looked at. Run `deploy/setup audit`.")
    asked = ["node", str(script), "--omit", "dev", "--package-lock-only", "--output-reproducible", "-o", str(to)]
    run([*asked, "package.json"], folder)
    return bill_in(to)


def npm_version() -> str:
    packages = json.loads((environments.FOLDER / "package-lock.json").read_text())["packages"]
    version: str = packages["node_modules/@cyclonedx/cyclonedx-npm"]["version"]
    return version


def run(arguments: Sequence[str], folder: Path) -> str:
    return subprocess.run(arguments, cwd=folder, check=True, capture_output=True, text=True, timeout=SECONDS).stdout


def bill_in(file: Path) -> dict[str, Any]:
    bill: dict[str, Any] = json.loads(file.read_text())
    if bill.get("bomFormat") != "CycloneDX":
        raise RuntimeError(f"{file} is no bill of CycloneDX.")
    return bill


def wanted_python() -> frozenset[str]:
    """The list that stands beside the wheel (`make wheel`), as far as it is for this machine."""
    uv = ROOT / ".tools" / "bin" / "uv"
    asked = [str(uv), "export", "--quiet", "--locked", "--extra", "server", "--no-dev", "--no-emit-project"]
    return wanted_in(run([*asked, "--no-header", "--no-hashes", "--no-annotate"], ROOT))


def wanted_in(listed: str) -> frozenset[str]:
    parsed = [Requirement(line.strip()) for line in listed.splitlines() if line.strip()]
    if not parsed:
        raise RuntimeError("The list of what is shipped is empty.")
    return frozenset(canonicalize_name(one.name) for one in parsed if one.marker is None or one.marker.evaluate())


def wanted_browser(lock: Path) -> frozenset[str]:
    packages = json.loads(lock.read_text())["packages"]
    return frozenset(
        place.rpartition("node_modules/")[2] for place, about in packages.items() if place and not about.get("dev")
    )


def judge(kind: str, bill: Mapping[str, Any], wanted: Iterable[str]) -> Iterator[Finding]:
    named = {name_of(one, kind): one for one in bill["components"]}
    for name in sorted(wanted):
        place = f"{kind}/{name}"
        if name not in named:
            yield Finding("missing", place, "It is shipped, and the bill does not name it.")
            continue
        said = list(licences(named[name]))
        if not said:
            yield Finding("no-licence", place, "It says no licence.")
        elif not all(is_allowed(one) for one in said):
            yield Finding("licence", place, " and ".join(said))


def name_of(component: Mapping[str, Any], kind: str) -> str:
    if kind == "python":
        return canonicalize_name(component["name"])
    return "/".join(part for part in (component.get("group"), component["name"]) if part)


def licences(component: Mapping[str, Any]) -> Iterator[str]:
    """As it says, each in one line: an identifier, an expression or the words of a classifier."""
    for one in component.get("licenses", []):
        about = one.get("license", {})
        said = one.get("expression") or about.get("id") or about.get("name") or ""
        yield CLASSIFIERS.get(said, " ".join(said.split())[:80])


def all_licences(bill: Mapping[str, Any]) -> Iterator[str]:
    return (said for one in bill["components"] for said in licences(one))


def is_allowed(said: str) -> bool:
    """Of an expression: one side of each OR, all sides of each AND."""
    # What stands in brackets is one part, which is good or not: from the inside out.
    while (inner := re.sub(r"\(([^()]*)\)", lambda part: "0BSD" if is_allowed(part[1]) else "none", said)) != said:
        said = inner
    ways = re.split(r"\s+OR\s+", said.strip())
    return any(all(part.strip() in ALLOWED for part in re.split(r"\s+AND\s+", way)) for way in ways)


PLANTED: Mapping[str, tuple[str, str]] = {
    "python/planted-gpl": ("licence", "a package under the GPL"),
    "python/planted-silent": ("no-licence", "a package that says no licence"),
    "python/planted-absent": ("missing", "a package that the bill does not name"),
    "browser/planted-gpl": ("licence", "a package under the GPL"),
    "browser/planted-silent": ("no-licence", "a package that says no licence"),
    "browser/@planted/absent": ("missing", "a package that the bill does not name"),
}


def planted_python(folder: Path) -> Iterator[Finding]:
    place = folder / "environment"
    venv.create(place, symlinks=True)
    (packages,) = (place / "lib").glob("python3.*/site-packages")
    for name, said in {
        "gpl": "License-Expression: GPL-3.0-only\n",
        "silent": "",
        "good": "License-Expression: MIT\n",
    }.items():
        about = packages / f"planted_{name}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.4\nName: planted-{name}\nVersion: 1.0\n{said}")
    bill = python_bill(place / "bin" / "python", folder / PYTHON_BILL)
    return judge("python", bill, ["planted-absent", "planted-gpl", "planted-good", "planted-silent"])


def planted_browser(folder: Path) -> Iterator[Finding]:
    said: Mapping[str, Mapping[str, str]] = {
        "planted-gpl": {"license": "GPL-3.0-only"}, "planted-silent": {}, "planted-good": {"license": "MIT"},
    }  # fmt: skip
    root = {"name": "planted", "version": "1.0.0", "dependencies": dict.fromkeys(said, "1.0.0")}
    packages = {f"node_modules/{name}": {"version": "1.0.0", **about} for name, about in said.items()}
    lock = {"name": "planted", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": root, **packages}}
    (folder / "package.json").write_text(json.dumps(root))
    (folder / "package-lock.json").write_text(json.dumps(lock))
    return judge("browser", browser_bill(folder, folder / BROWSER_BILL), ["@planted/absent", *said])


GRADER = Bill()

if __name__ == "__main__":
    (to,) = sys.argv[1:]
    Path(to).mkdir(parents=True, exist_ok=True)
    write(Path(to))
    print(f"{Path(to) / PYTHON_BILL}\n{Path(to) / BROWSER_BILL}")
