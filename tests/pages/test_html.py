"""What a validator of HTML that nobody here wrote says to a page. It is asked of every page by test_engines.py."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.architecture.repository import ROOT

RULES = {
    "extends": ["html-validate:recommended"],
    "rules": {
        # How Django writes its own fields, which is a matter of taste.
        "attribute-boolean-style": "off",
        "attribute-empty-style": "off",
        "doctype-style": "off",
        # Boxes of one question share its name, as the buttons of one choice do.
        "form-dup-name": ["error", {"shared": ["radio", "button", "reset", "submit", "checkbox"]}],
        "long-title": "off",
        "no-redundant-for": "off",
        "no-trailing-whitespace": "off",
        "void-style": "off",
        # Of the two lists of where one can go, the styles show one: the other is not in the tree of a reader.
        "unique-landmark": "off",
        # A list may have a name, and what scrolls by keyboard is a region although it is preformatted.
        "aria-label-misuse": ["error", {"allowAnyNamable": True}],
        "prefer-native-element": ["error", {"exclude": ["region"]}],
    },
}


def unsound(pages: Mapping[str, bytes], folder: Path) -> list[str]:
    """What the validator says to these pages, by name, in one call."""
    config = folder / "rules.json"
    config.write_text(json.dumps(RULES))
    names = {}
    for number, (name, content) in enumerate(pages.items()):
        file = folder / f"{number}.html"
        file.write_bytes(content)
        names[str(file)] = name
    # Into a file: what it writes into a pipe ends where the pipe is full.
    said = folder / "said.json"
    with said.open("wb") as output:
        done = subprocess.run(
            ["node_modules/.bin/html-validate", "--config", str(config), "--formatter", "json", *names],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.PIPE,
            timeout=100,
            check=False,
        )
    assert done.returncode in {0, 1}, done.stderr
    return [
        f"{names[str(folder / Path(result['filePath']).name)]}, line {message['line']}: "
        f"{message['message']} ({message['ruleId']})"
        for result in json.loads(said.read_bytes())
        for message in result["messages"]
    ]


def test_an_unsound_page_is_seen(tmp_path: Path) -> None:
    page = b"""<!doctype html><html lang="en"><head><title>x</title></head>
<body><p id="a" id="a">a<div>b</div><img src="x"><button><a href="/">c</a></button></body></html>"""
    found = "".join(unsound({"planted": page}, tmp_path))
    for rule in ("no-dup-attr", "no-implicit-close", "wcag/h37", "element-permitted-content"):
        assert f"({rule})" in found
