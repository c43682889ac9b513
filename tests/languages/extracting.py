"""Everything that is said to people, out of the sources into the catalogues: `make messages`.

Guarantees: the same sources give the same files, whoever runs it and when: no date, no line numbers, one line a text,
sources in the order of their names. What a translator wrote stays; what is no longer said leaves; nothing is guessed.

GNU gettext reads Python, templates (as the Python that Django makes of them), and TypeScript (as JavaScript).
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.architecture.repository import ROOT, SOURCE, is_test, own_python

LOCALE = SOURCE / "locale"
DOMAINS = ("django", "djangojs")
# The names that Django gives to gettext's functions, and with which numbers its arguments count.
PYTHON_KEYWORDS = (
    "gettext_noop",
    "gettext_lazy",
    "ngettext_lazy:1,2",
    "pgettext:1c,2",
    "npgettext:1c,2,3",
    "pgettext_lazy:1c,2",
    "npgettext_lazy:1c,2,3",
)
CLIENT_KEYWORDS = ("", "gettext:1", "ngettext:1,2")
# Everybody has the same lines, in files that have one language after the other.
HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
# Files in the order of their names, and no version of gettext breaks lines differently.
LAYOUT = ("--no-wrap", "--add-location=file")


class CannotExtract(Exception):
    """What gettext says of a source."""


def gettext(program: str, *words: str, given: str | None = None, cwd: Path = ROOT) -> str:
    done = subprocess.run(
        [program, *words],
        input=given,
        cwd=cwd,
        env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "C"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        raise CannotExtract(f"{program}: {done.stderr.strip()}")
    return done.stdout


def own_templates(folder: Path = SOURCE) -> list[Path]:
    found = [path for kind in ("*.html", "*.txt") for path in folder.rglob(f"templates/**/{kind}")]
    return sorted(path for path in found if not is_test(path.relative_to(folder)))


def extracted(domain: str) -> str:
    """What is said, as the template of a catalogue."""
    if domain == "djangojs":
        return client_texts(sorted((ROOT / "client/src").glob("*.ts")))
    return server_texts([*own_python(), *own_templates()], SOURCE)


def server_texts(files: list[Path], folder: Path) -> str:
    from django.utils.translation.template import templatize

    with tempfile.TemporaryDirectory() as name:
        mirror = Path(name)
        names = sorted(str(file.relative_to(folder)) for file in files)
        for relative in names:
            text = (folder / relative).read_text()
            to = mirror / relative
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_text(text if relative.endswith(".py") else templatize(text, origin=relative))
        return _read("Python", PYTHON_KEYWORDS, names, mirror)


def client_texts(files: list[Path], folder: Path = ROOT) -> str:
    return _read("JavaScript", CLIENT_KEYWORDS, [str(file.relative_to(folder)) for file in files], folder)


def _read(language: str, keywords: tuple[str, ...], names: list[str], folder: Path) -> str:
    words = [f"--keyword={keyword}" if keyword else "--keyword" for keyword in keywords]
    options = ["--from-code=UTF-8", f"--language={language}", *LAYOUT, *words, "--output=-", "--files-from=-"]
    found = gettext("xgettext", *options, given="\n".join(names), cwd=folder)
    # Its own header has the moment and asks for names; after the first empty line come the texts.
    return HEADER + "\n" + found.partition("\n\n")[2]


def merged(catalogue: Path, template: str) -> str:
    """The catalogue with what is new, without what is gone."""
    with tempfile.NamedTemporaryFile("w", suffix=".pot") as file:
        file.write(template)
        file.flush()
        told = gettext("msgmerge", "--quiet", "--no-fuzzy-matching", *LAYOUT, str(catalogue), file.name)
    return gettext("msgattrib", "--no-obsolete", *LAYOUT, "-", given=told)


def catalogues(domain: str) -> list[Path]:
    return sorted(LOCALE.glob(f"*/LC_MESSAGES/{domain}.po"))


def main() -> None:
    untranslated = 0
    for domain in DOMAINS:
        template = extracted(domain)
        for catalogue in catalogues(domain):
            catalogue.write_text(merged(catalogue, template))
            empty = gettext("msgattrib", "--untranslated", "--no-wrap", str(catalogue))
            missing = len(re.findall(r"^msgid (?!\"\"$)", empty, re.MULTILINE))
            untranslated += missing
            print(f"{catalogue.relative_to(ROOT)}: {missing} without a translation")
    sys.exit(1 if untranslated else 0)


if __name__ == "__main__":
    main()
