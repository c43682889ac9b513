"""What can be set, called or made is written down; what is written down exists."""

import ast
import contextlib
import functools
import io
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version

import pytest

from andon.gateways.cli import main
from tests.architecture.repository import ROOT, SOURCE, own_files, own_python

OPERATIONS = ROOT / "docs" / "operations"

READS = """
import os
read = set()
original = os._Environ.__getitem__

def noting(self, name):
    read.add(name)
    return original(self, name)

os._Environ.__getitem__ = noting
import andon.project.settings.app, andon.project.settings.anonymous
from andon.gateways.cli import serve
serve.parts(os.environ)
print(*sorted(name for name in read if name.startswith("ANDON_")))
"""


def names_in_source() -> set[str]:
    """ANDON_ names that stand as whole strings in the code."""
    return {
        node.value
        for path in own_python()
        if path != SOURCE / "project" / "settings" / "test.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.fullmatch(r"ANDON_[A-Z0-9_]*[A-Z0-9]", node.value)
    }


def names_read_at_start() -> set[str]:
    """ANDON_ names that both doors and the supervisor ask the environment for, also those put together."""
    done = subprocess.run(
        [sys.executable, "-c", READS],
        env={"PATH": os.environ["PATH"], "ANDON_SECRET_KEY": "x" * 50},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def documented_settings() -> set[str]:
    return set(re.findall(r"`(ANDON_[A-Z0-9_]+)`", (OPERATIONS / "settings.md").read_text()))


def test_every_setting_is_documented_and_every_documented_setting_exists():
    # A prefix that other names are built from is not a setting.
    known = names_in_source() | names_read_at_start()
    settings = {name for name in known if name not in {"ANDON_APP", "ANDON_ANONYMOUS", "ANDON_TEST"}}
    assert {"ANDON_DATA", "ANDON_DATABASE_BALLOTS_URL", "ANDON_ANONYMOUS_BIND"} <= settings
    with_files = {f"{name}_FILE" for name in settings}
    assert settings - documented_settings() == set()
    assert documented_settings() - settings - with_files == set()


def own_commands() -> set[str]:
    return {path.stem for path in SOURCE.rglob("management/commands/*.py") if path.stem != "__init__"}


def test_every_command_is_documented():
    from andon.gateways.cli import command

    text = (OPERATIONS / "commands.md").read_text()
    words = [*(" ".join(names) for names in command.PASSED_ON), "prepare", "serve", "health", "verify", "manage"]
    assert [word for word in words if f"`andon {word}" not in text] == []
    passed_on = {name for name, _ in command.PASSED_ON.values()}
    assert [name for name in own_commands() - passed_on if f"`andon manage {name}" not in text] == []


def targets() -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_every_make_target_explains_itself_and_is_documented():
    makefile, text = (ROOT / "Makefile").read_text(), (ROOT / "CONTRIBUTING.md").read_text()
    assert {"run", "test", "lint", "types", "arch", "e2e", "bench", "screenshots", "ci"} <= targets()
    assert [name for name in targets() if not re.search(rf"^{name}:.*## \w", makefile, re.MULTILINE)] == []
    assert [name for name in targets() if f"`make {name}`" not in text] == []


def test_the_version_is_the_newest_heading_of_the_changelog():
    newest = re.search(r"^## (\d+\.\d+\.\d+\S*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert newest[1] == version("andon")
    assert "version" in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dynamic"]


def without_examples(text):
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def anchors(text):
    """The fragments that a Markdown text can be opened at: ids of its own, and headings as forges write them."""
    text = without_examples(text)
    for heading in re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE):
        words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        yield re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
    yield from re.findall(r'\bid="([^"]+)"', text)


def dead_links(path, text):
    """Relative links of a Markdown text to files that are not there, or to places that are not in them."""
    for target in re.findall(r"\]\(([^)\s]+)\)", without_examples(text)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, fragment = target.partition("#")
        file = path.parent / name if name else path
        is_there = file.exists() if name else True
        if not is_there or (fragment and fragment not in set(anchors(file.read_text() if name else text))):
            yield f"{path.relative_to(ROOT)}: {target}"


def test_no_link_between_documents_is_dead():
    pages = [path for path in own_files() if path.suffix == ".md"]
    assert ROOT / "README.md" in pages
    assert [link for path in pages for link in dead_links(path, path.read_text())] == []


def test_a_planted_dead_link_is_seen():
    text = (
        "# A `b`, c\n[here](README.md#andon), [there](docs/gone.md), [out](https://example.org/x), [d](#a-b-c), [e](#f)"
    )
    assert list(dead_links(ROOT / "planted.md", text)) == ["planted.md: docs/gone.md", "planted.md: #f"]
    assert list(dead_links(ROOT / "planted.md", "[x](README.md#no-such-heading)")) != []


# Put together, so that this file does not find itself.
TRACES = re.compile(
    "|".join(
        [
            r"/(?:root|work|farm|old_root)" + r"/[a-z.]",
            r"/home" + r"/(?!andon\b|you\b)[a-z]+/",
            "pypi" + r"\.org",
            "pythonhosted" + r"\.org",
            "registry" + r"\.npmjs",
        ]
    )
)


def traces(text):
    return TRACES.findall(text)


def test_no_file_names_a_machine_or_a_package_registry():
    found = []
    for path in own_files():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {trace}" for trace in traces(text)]
    assert found == []


@pytest.mark.parametrize("planted", ["/ro" + "ot/.cache", "https://py" + "pi.org/simple", "/ho" + "me/ada/src"])
def test_a_planted_trace_is_seen(planted):
    assert traces(planted)


def commands_in(text):
    """Our commands, with what follows them, in code spans and examples."""
    code = re.findall(r"```(?:sh|text|ini)?\n(.*?)```", text, re.DOTALL) + re.findall(
        r"`([^`\n]+)`", without_examples(text)
    )
    for piece in code:
        for line in piece.replace("\\\n", " ").splitlines():
            said = line.partition(" #")[0]
            for part in re.split(r"&&|\|\||;", said):
                if found := re.match(r"\s*(?:\S*/)?andon ((?:[a-z]|--)[^|<>]*)", part):
                    yield found[1].split()


@functools.cache
def help_of(*words):
    """What the command says with `--help`, in this process; nothing for one that does not exist."""
    said, before = io.StringIO(), os.umask(0o022)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
            status = main([*words, "--help"])
    except SystemExit as ended:
        status = ended.code
    finally:
        os.umask(before)
    return said.getvalue() if not status else ""


def unknown_commands(text):
    """Commands and flags of a text that the program does not know."""
    for words in commands_in(text):
        flags = {word.strip("[].,").partition("=")[0] for word in words if word.startswith(("--", "[--"))}
        name = tuple(word for word in words[:2] if re.fullmatch(r"[a-z][a-z_-]*", word))
        if not name:
            known = help_of()
        else:
            name = next((known for known in (name, name[:1]) if help_of(*known)), None)
            if name is None:
                yield "andon " + " ".join(words)
                continue
            known = help_of(*name)
        yield from (f"andon {' '.join(words)}: {flag}" for flag in sorted(flags) if flag not in known)


def test_every_command_and_flag_that_is_written_down_exists():
    # Decisions keep the words of their day; a list of icons begins with our name.
    pages = [
        path
        for path in sorted((ROOT / "docs").rglob("*.md"))
        if "decisions" not in path.parts and path.name != "interface.md"
    ]
    found = {path.name: list(unknown_commands(path.read_text())) for path in pages}
    assert {name: unknown for name, unknown in found.items() if unknown} == {}
    assert len(list(commands_in((OPERATIONS / "commands.md").read_text()))) > 15


def test_a_planted_command_and_a_planted_flag_are_seen():
    text = "`andon backup --to FILE --gzip`, `andon polish`, `andon people import FILE --dry-run`\n"
    text += "\n```sh\ncd / && andon serve --all\n```\n"
    assert list(unknown_commands(text)) == [
        "andon serve --all: --all",
        "andon backup --to FILE --gzip: --gzip",
        "andon polish",
    ]


def settings_in(text):
    return set(re.findall(r"\b(ANDON_[A-Z0-9_]*[A-Z0-9])\b(?![_.…])", text))


# Of the tests and the set-up, not of the service.
ELSEWHERE = {"ANDON_TEST_DATABASE", "ANDON_PASSWORD_FROM"}


def test_every_setting_that_any_page_names_exists():
    pages = [path for path in own_files() if path.suffix == ".md" and "decisions" not in path.parts]
    unknown = {path.name: settings_in(path.read_text()) - documented_settings() - ELSEWHERE for path in pages}
    assert {name: found for name, found in unknown.items() if found} == {}
    assert settings_in("set ANDON_DATA and `ANDON_NO_SUCH_THING`; ANDON_DATABASE_..._URL") == {
        "ANDON_DATA",
        "ANDON_NO_SUCH_THING",
    }
