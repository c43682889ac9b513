"""What a process loads before it does anything: a second here is a second of every command and of every worker."""

import subprocess
import sys

import pytest

# Only some work needs these, and each takes longer to load than all of Andon.
LATE = ("scipy", "numpy", "altair", "vl_convert", "opendp", "pandas")
LOADED = """
import importlib, sys
import django
django.setup()
for module in {modules!r}:
    importlib.import_module(module)
print(*sorted({late!r} & sys.modules.keys()))
"""


def loaded(settings: str, *modules: str) -> list[str]:
    program = LOADED.format(modules=modules, late=set(LATE))
    env = {"DJANGO_SETTINGS_MODULE": f"andon.project.settings.{settings}", "PATH": "", "PYTHONPATH": ""}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize("urls", ["andon.project.urls_app", "andon.project.urls_anonymous"])
def test_no_process_starts_with_what_only_a_close_or_a_drawing_needs(urls: str) -> None:
    assert loaded("test", urls, "andon.features.closing.services", "andon.gateways.cli.command") == []


def test_a_module_that_is_loaded_is_seen() -> None:
    assert loaded("test", "scipy.sparse") == ["numpy", "scipy"]
