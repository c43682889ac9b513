"""The wheel alone, in a fresh virtual environment with what it says it needs, is a service: `andon[server]`.

Slow: what it needs is downloaded, or taken from the cache of `uv`.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.architecture.repository import ROOT
from tests.stack import free_ports

pytestmark = [pytest.mark.slow, pytest.mark.sqlite_only, pytest.mark.timeout(600)]


def built(folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=100,
    )
    [file] = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("wheel"))


def test_the_same_sources_give_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    assert hashlib.sha256(built(tmp_path).read_bytes()).digest() == hashlib.sha256(wheel.read_bytes()).digest()


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment with `andon[server]` and nothing of this repository."""
    environment = tmp_path_factory.mktemp("environment") / "venv"
    uv = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(environment)], check=True, timeout=60)
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", str(environment), f"andon[server] @ {wheel.as_uri()}"],
        check=True,
        timeout=500,
        env=os.environ | {"UV_SYSTEM_CERTS": "1"},
    )
    return environment / "bin"


def test_the_wheel_alone_prepares_and_serves_both_doors(installed: Path, tmp_path: Path) -> None:
    app, anonymous = free_ports(2)
    environment = {
        "PATH": os.environ["PATH"],
        "ANDON_DATA": str(tmp_path / "data"),
        "ANDON_APP_ORIGIN": f"http://localhost:{app}",
        "ANDON_ANONYMOUS_ORIGIN": f"http://localhost:{anonymous}",
        "ANDON_APP_BIND": f"127.0.0.1:{app}",
        "ANDON_ANONYMOUS_BIND": f"127.0.0.1:{anonymous}",
        "ANDON_DEMO": "1",
    }

    def andon(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [installed / "andon", *words],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )

    where = subprocess.run(
        [installed / "python", "-c", "import andon; print(andon.__file__)"],
        env={}, cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert where.stdout.startswith(str(installed.parent))
    prepared = andon("prepare")
    assert prepared.returncode == 0, prepared.stderr
    seeded = andon("demo")
    assert seeded.returncode == 0, seeded.stderr
    log = (tmp_path / "serve.log").open("w")
    service = subprocess.Popen(
        [installed / "andon", "serve"], env=environment, cwd=tmp_path, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        until = time.monotonic() + 60
        while "Andon is running" not in (tmp_path / "serve.log").read_text():
            assert service.poll() is None, (tmp_path / "serve.log").read_text()
            assert time.monotonic() < until
            time.sleep(0.1)
        # The worker, too: the app says when it has been heard of.
        while andon("health").stdout != "app: ready\nanonymous: ready\n":
            assert time.monotonic() < until, andon("health").stdout

        def fetch(port: int, path: str) -> str:
            request = Request(f"http://localhost:{port}{path}", headers={"Accept-Language": "en"})
            with urlopen(request, timeout=20) as answer:
                return answer.read().decode()

        assert "<form" in fetch(app, "/accounts/login/")
        assert "--" in fetch(app, "/static/interface/css/tokens.css")
        assert "{" in fetch(app, "/static/interface/build/pico.min.css")
        assert "<script" in fetch(anonymous, "/answer/")
        assert '"index"' in fetch(anonymous, "/log/head")
        verified = andon("verify", f"http://localhost:{app}")
        assert verified.returncode == 0, verified.stdout + verified.stderr
    finally:
        service.terminate()
        assert service.wait(30) == 0
        log.close()
