"""mutmut: small faults in the kernel, each of which its tests should notice."""

import ast
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.repository import ROOT, SOURCE
from tests.audit import environments
from tests.audit.grading import Grade, Planted

# The largest share of survivors, in per cent, and how many mutants are tried unless all are asked for. The whole
# kernel has more than 5,000, which takes two cores some hours.
BOUNDS: Mapping[str, tuple[float, int]] = {
    "credential": (10, 100),
    "ballot": (10, 100),
    "manifest": (10, 100),
    "disclosure": (15, 80),
    "psychometrics": (20, 30),
    "wire": (15, 30),
}
# Which tests are to notice what, so that each run asks for no more than it needs. The rest of the tests may notice
# more: these are the ones that say what the package promises.
GROUPS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "protocol": (
        ("credential", "ballot", "manifest", "wire"),
        tuple(
            f"tests/kernel/test_{name}.py"
            for name in ("ballot", "credential", "manifest", "wire", "vectors", "key_words")
        ),
    ),
    "disclosure": (("disclosure",), ("tests/kernel/disclosure", "tests/kernel/test_comments.py")),
    "psychometrics": (("psychometrics",), ("tests/kernel/psychometrics",)),
}
# A function of each group by whose mutants it begins.
FIRST: Mapping[str, str] = {
    "protocol": "andon.kernel.credential.request*",
    "disclosure": "andon.kernel.disclosure.bands*",
    "psychometrics": "andon.kernel.psychometrics.keying*",
}
SECONDS = 3000
SECONDS_OF_ALL = 6 * 3600
# What mutmut writes down for a mutant that the tests noticed: a test failed, broke, took too long or crashed.
NOTICED = frozenset({1, 3, 36, 24, -24, 152, 255, -11, -9})
NO_TESTS = frozenset({5, 33})
SURVIVED = 0

# The same examples each time, and no note of how fast: a mutant is run beside others. What is cached was answered
# before the mutant was one: mutants are children of a process in which all tests passed.
CONFTEST = """
import sys

from hypothesis import HealthCheck, settings

settings.register_profile(
    "mutants", derandomize=True, database=None, deadline=None, suppress_health_check=[*HealthCheck]
)
settings.load_profile("mutants")


def pytest_sessionstart():
    for name, module in list(sys.modules.items()):
        if name.startswith("andon.kernel"):
            for thing in list(vars(module).values()):
                if hasattr(thing, "cache_clear"):
                    thing.cache_clear()
"""
CONFIGURATION = """
[tool.pytest.ini_options]
pythonpath = ["."]
addopts = [
  "--import-mode=importlib", "-p", "no:cacheprovider", "-p", "no:django", "-p", "no:playwright", "-p", "no:xdist",
  "-p", "no:timeout", "-p", "no:schemathesis",
]
filterwarnings = ["error"]

[tool.mutmut]
source_paths = ["src/"]
only_mutate = {mutated}
also_copy = ["vectors", "conftest.py"]
pytest_add_cli_args_test_selection = {tests}
# It reads the sources, which look otherwise with mutants in them.
pytest_add_cli_args = ["-k", "not only_one_module_of_the_kernel_draws"]
use_git_change_detection = false
# How an error is worded is nobody's safety.
do_not_mutate_patterns = ['^\\s*raise \\w+\\(']
"""


@dataclass(frozen=True)
class Mutant:
    name: str
    # As mutmut writes it down; None where it was not tried.
    code: int | None

    @property
    def package(self) -> str:
        """Of the kernel: `andon.kernel.ballot.cast.x_open__mutmut_3` is of `ballot`."""
        return self.name.split(".")[2]

    @property
    def is_noticed(self) -> bool:
        return self.code in NOTICED

    @property
    def survived(self) -> bool:
        return self.code == SURVIVED or self.code in NO_TESTS


class Mutants:
    name = "mutants"
    about = "faults put into the kernel that its tests let pass (mutmut)"
    accepted: Mapping[tuple[str, str], str] = {}

    def version(self) -> str:
        return environments.version_of("mutmut")

    def planted(self, folder: Path) -> Sequence[Planted]:
        kernel = folder / "src" / "andon" / "kernel"
        kernel.mkdir(parents=True)
        (folder / "src" / "andon" / "__init__.py").touch()
        (kernel / "__init__.py").touch()
        (kernel / "planted.py").write_text(PLANTED)
        tests = folder / "tests" / "kernel"
        tests.mkdir(parents=True)
        (tests / "test_planted.py").write_text(PLANTED_TESTS)
        (folder / "vectors").mkdir()
        configure(folder, ["planted"], ["tests/kernel"])
        mutmut(folder, [], 300)
        met = list(results(folder))
        of = {name: [one for one in met if f".{name}__mutmut" in one.name] for name in FUNCTIONS}
        return [
            Planted(f"{told}: {len(of[name])} mutants", bool(of[name]) and all(fits(one) for one in of[name]))
            for name, (told, fits) in FUNCTIONS.items()
        ]

    def grade(self, folder: Path) -> Grade:
        is_all = os.environ.get("MUTANTS") == "all"
        met: list[Mutant] = []
        chosen: list[str] = []
        for group, (packages, tests) in GROUPS.items():
            place = folder / group
            place.mkdir()
            copy_kernel(place)
            configure(place, packages, tests)
            # Makes them all, and tries the first.
            mutmut(place, [FIRST[group]], SECONDS)
            made = [one.name for one in results(place)]
            here = made if is_all else sample(made)
            print(f"mutants: {group}: {len(here)} of {len(made)} are tried", flush=True)
            mutmut(place, here, SECONDS_OF_ALL if is_all else SECONDS)
            met += results(place)
            chosen += here
        return graded(met, frozenset(chosen), tuple(BOUNDS))


def copy_kernel(folder: Path) -> None:
    """The kernel, its tests, and what they read."""
    unwanted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(SOURCE / "kernel", folder / "src" / "andon" / "kernel", ignore=unwanted)
    shutil.copyfile(SOURCE / "__init__.py", folder / "src" / "andon" / "__init__.py")
    for file in (folder / "src").rglob("*.py"):
        file.write_text(undecorated(file.read_text()))
    for name in ("tests/kernel", "vectors"):
        shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
    for name in ("tests/__init__.py", "tests/architecture/repository.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)


def configure(folder: Path, packages: Sequence[str], tests: Sequence[str]) -> None:
    mutated = [f"src/andon/kernel/{name}{end}" for name in packages for end in ("/*", ".py")]
    said = CONFIGURATION.replace("{mutated}", json.dumps(mutated)).replace("{tests}", json.dumps(tests))
    (folder / "pyproject.toml").write_text(said)
    (folder / "conftest.py").write_text(CONFTEST)


def undecorated(source: str) -> str:
    """The same module, in a shape that mutmut looks into: it leaves out whatever is decorated, and most classes of the
    kernel are dataclasses. Those, and what is cached, are decorated behind their bodies instead.
    """
    lines = source.splitlines()
    behind: dict[int, str] = {}
    for node in ast.parse(source).body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef) or len(node.decorator_list) != 1:
            continue
        (decorator,) = node.decorator_list
        words = ast.unparse(decorator)
        if words.removeprefix("functools.").partition("(")[0] in {"dataclass", "cache", "lru_cache"}:
            behind[node.end_lineno or 0] = f"{node.name} = {words}({node.name})"
            for number in range(decorator.lineno, (decorator.end_lineno or decorator.lineno) + 1):
                lines[number - 1] = ""
    for number in sorted(behind, reverse=True):
        lines.insert(number, behind[number])
    return "\n".join(lines) + "\n"


def mutmut(folder: Path, names: Sequence[str], seconds: int) -> None:
    """Its own process group, which ends with it: it leaves children behind when it is stopped."""
    runner = ROOT / "tests" / "audit" / "code" / "run_mutmut.py"
    with (
        (folder / "mutmut.log").open("a") as log,
        subprocess.Popen(
            [
                "nice",
                "-n",
                "19",
                sys.executable,
                str(runner),
                str(environments.packages()),
                str(ROOT / "src"),
                "run",
                "--max-children",
                "2",
                *names,
            ],
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        try:
            code = process.wait(seconds)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    if code != 0:
        raise RuntimeError(f"mutmut ended with {code}: {folder / 'mutmut.log'}")


def results(folder: Path) -> Iterator[Mutant]:
    """mutmut ends with 0 whatever survived: what it wrote down counts."""
    for file in sorted((folder / "mutants").rglob("*.meta")):
        for name, code in json.loads(file.read_text())["exit_code_by_key"].items():
            yield Mutant(name, code)


def sample(names: Iterable[str]) -> list[str]:
    """Of each package as many as BOUNDS says: the same ones while the functions have the same mutants."""
    by_hash = sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())
    taken: dict[str, list[str]] = {package: [] for package in BOUNDS}
    for name in by_hash:
        package = Mutant(name, None).package
        if len(taken[package]) < BOUNDS[package][1]:
            taken[package].append(name)
    return [name for names in taken.values() for name in sorted(names)]


def graded(met: Iterable[Mutant], chosen: frozenset[str], packages: Sequence[str]) -> Grade:
    met = list(met)
    tried = [one for one in met if one.name in chosen]
    missed, figures = [], {}
    for package in packages:
        here = [one for one in tried if one.package == package]
        survivors = [one for one in here if one.survived]
        unclear = [one for one in here if not one.survived and not one.is_noticed]
        share = 100 * len(survivors) / len(here) if here else 100.0
        bound = BOUNDS[package][0]
        all_of_it = sum(one.package == package for one in met)
        figures[package] = (
            f"{len(survivors)} of {len(here)} survived ({share:.1f} %, at most {bound:g} %); it has {all_of_it}"
        )
        if share > bound:
            missed.append(f"{package}: {share:.1f} % of its mutants survived, more than {bound:g} %.")
        if unclear:
            missed.append(f"{package}: {len(unclear)} mutants were not tried to the end, such as {unclear[0].name}.")
    survived = sum(one.survived for one in tried)
    share = 100 * survived / len(tried) if tried else 100.0
    figures["in all"] = f"{survived} of {len(tried)} survived ({share:.1f} %)"
    return Grade(f"{len(tried)} of {len(met)} mutants", (), figures, missed)


PLANTED = """
def guarded(number: int) -> bool:
    return number > 4


def unguarded(number: int) -> bool:
    return number > 4


def only_called(number: int) -> bool:
    return number > 4


def remembered(number: int) -> bool:
    return number > 4
"""
PLANTED_TESTS = """
from andon.kernel.planted import guarded, only_called


def test_more_than_four() -> None:
    assert not guarded(4)
    assert guarded(5)


def test_nothing() -> None:
    only_called(4)
"""
FUNCTIONS = {
    "x_guarded": ("a fault in a function that is tested, which is noticed", lambda one: one.is_noticed),
    "x_unguarded": ("a fault in a function that no test calls, which survives", lambda one: one.survived),
    "x_only_called": ("a fault in a function that a test calls and does not look at", lambda one: one.survived),
}

GRADER = Mutants()
