"""The Nu Html Checker, by which the makers of the standard of HTML look at pages."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from tests.architecture.repository import ROOT
from tests.audit.grading import Finding, Grade, Planted
from tests.audit.service import MODULES, run

JAR = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
SOUND = "<!doctype html><html lang='en'><head><title>A page</title></head><body>{}</body></html>"
# What is wrong, and what the checker must say of it.
PLANTED = {
    "an element in one that may not hold it": (
        "<p><a href='/'>x <button>y</button></a></p>",
        "must not appear as a desc",
    ),
    "two elements with one id": ("<p id='one'>x</p><p id='one'>y</p>", "Duplicate ID"),
    "an element that is never closed": ("<section><h1>x</h1>", "Unclosed element"),
    "a picture without words": ("<img src='x.png'>", "must have an “alt” attribute"),
    "a label for what is not there": ("<label for='none'>x</label>", "The value of the “for” attribute"),
    "a role that there is not": ("<p role='nonsense'>x</p>", "Bad value “nonsense”"),
    "an attribute that there is not": ("<p colour='red'>x</p>", "not allowed on element"),
}


class Html:
    name = "html"
    about = "Nu Html Checker: every page of both doors in every state"
    accepted: Mapping[tuple[str, str], str] = {
        (
            "Bad value “…” for attribute “…” on element “…”: The literal did not satisfy the date format.",
            "a place with bad values",
        ): "Whoever is refused sees what they sent, as in every field. No browser sends this from a field for a date.",
    }

    def version(self) -> str:
        return run("java", "-jar", JAR, "--version", within_seconds=60).stdout.strip()

    def planted(self, folder: Path) -> Sequence[Planted]:
        for number, (body, _said) in enumerate(PLANTED.values()):
            (folder / f"{number}.html").write_text(SOUND.format(body))
        (folder / "sound.html").write_text(SOUND.format("<h1>x</h1>"))
        said = complaints(folder)
        assert "sound.html" not in {file for file, _text in said}, said
        return [
            Planted(fault, any(file == f"{number}.html" and text in one for file, one in said))
            for number, (fault, (_body, text)) in enumerate(PLANTED.items())
        ]

    def grade(self, folder: Path) -> Grade:
        done = run(
            *(
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                "-n",
                "0",
                "--output",
                str(folder / "browser"),
                "tests/pages/keeping.py",
            ),
            within_seconds=420,
            env={"KEEP_PAGES_IN": str(folder)},
            cwd=ROOT,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        names = json.loads((folder / "names.json").read_text())
        found = [Finding(rule_of(text), names[file], text) for file, text in complaints(folder)]
        return Grade(f"{len(names)} pages", found)


def complaints(folder: Path) -> list[tuple[str, str]]:
    """(file, what is wrong) of every page of a folder, in one call."""
    words = ("--errors-only", "--exit-zero-always", "--format", "json", "--skip-non-html")
    # A quarter of the memory of a small machine is not enough for many pages, and its messages go to its errors.
    done = run("java", "-Xss2m", "-jar", JAR, *words, folder, within_seconds=300)
    told = json.loads(done.stderr)["messages"]
    return [(Path(urlsplit(one.get("url", "")).path).name, " ".join(one["message"].split())) for one in told]


def rule_of(text: str) -> str:
    """The complaint without what differs from page to page, which stands in quotation marks."""
    parts = text.split("“")
    told = parts[0] + "".join(f"“…”{part.partition('”')[2]}" for part in parts[1:])
    return " ".join(told.split())


GRADER = Html()
