"""From the server to the machine with the key and back."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from andon.features.publiclog import public as publiclog
from andon.features.rounds import public as rounds
from andon.gateways.cli import main
from andon.kernel import wire
from andon.kernel.manifest.key_words import key_words
from andon.verifier import steward
from tests.cast_of_people import found_organisation

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def offline(tmp_path: Path, settings: Any, key_directory: object) -> Path:
    """The steward's key, on the other machine; the log was begun with it, as version 0.1.0 did."""
    found_organisation(tmp_path, settings, teams={"Detection": 6})
    rounds.begin_log()
    key = tmp_path / "offline.key"
    Path(settings.STEWARD_KEY_FILE).rename(key)
    settings.STEWARD_KEY_FILE = ""
    settings.SIGNING_KEY_FILE = str(tmp_path / "signing.key")
    return key


def asked(tmp_path: Path) -> Path:
    request = tmp_path / "request.json"
    call_command("steward_delegate", out=request)
    return request


def sign(*words: object, answer: str = "yes") -> int:
    return steward.main([str(word) for word in words], ask=lambda _question: answer)


@pytest.mark.parametrize("on_paper", [False, True])
def test_a_request_is_signed_elsewhere_and_taken_into_the_log(
    offline: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], on_paper: bool
) -> None:
    if on_paper:
        offline.write_text(" ".join(key_words(wire.unb64u(offline.read_text().strip()))))
    request = asked(tmp_path)
    assert rounds.delegation_state().state == "none"
    assert sign(request, "--key", offline) == 0
    shown = capsys.readouterr().out
    body = json.loads(request.read_text())["body"]
    assert all(body[name] in shown for name in ("delegate", "organisation"))
    assert "395 days" in shown
    assert offline.read_text().strip() not in shown
    call_command("steward_accept", f"{request}.signed")
    assert rounds.delegation_state().state == "valid"
    assert publiclog.page(0)[-1].body == body


def test_what_is_shown_is_what_is_signed(offline: Path, tmp_path: Path) -> None:
    request = asked(tmp_path)
    fields = json.loads(request.read_text())
    sign(request, "--key", offline)
    assert json.loads(Path(f"{request}.signed").read_text())["body"] == fields["body"]


@pytest.mark.parametrize("answer", ["no", "", "y"])
def test_without_a_yes_nothing_is_signed(offline: Path, tmp_path: Path, answer: str) -> None:
    request = asked(tmp_path)
    assert sign(request, "--key", offline, answer=answer) == 1
    assert not Path(f"{request}.signed").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"until": "2099-01-01T00:00:00Z"},
        {"delegate": "x"},
        {"more": 1},
        {"andon": "v2"},
        {"from": "2099-01-01T00:00:00Z"},
    ],
)
def test_a_request_that_no_log_would_take_is_not_signed(
    offline: Path, tmp_path: Path, change: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    request = asked(tmp_path)
    fields = json.loads(request.read_text())
    request.write_text(json.dumps({**fields, "body": {**fields["body"], **change}}))
    assert sign(request, "--key", offline) == 1
    assert "Nothing was signed" in capsys.readouterr().err
    assert not Path(f"{request}.signed").exists()


def test_another_key_or_none_signs_nothing(offline: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = asked(tmp_path)
    other = tmp_path / "other.key"
    other.write_text(rounds.new_steward_key()[0])
    broken = tmp_path / "broken.key"
    broken.write_text("abandon " * 24)
    for key in (other, broken, tmp_path / "nowhere"):
        assert sign(request, "--key", key) == 1
        assert "Nothing was signed" in capsys.readouterr().err
    assert not Path(f"{request}.signed").exists()


def test_no_file_is_overwritten(offline: Path, tmp_path: Path) -> None:
    request = asked(tmp_path)
    with pytest.raises(CommandError, match="not overwritten"):
        call_command("steward_delegate", out=request)
    target = tmp_path / "kept"
    target.write_text("kept")
    assert sign(request, "--key", offline, "--out", target) == 1
    assert target.read_text() == "kept"


def test_what_was_not_signed_by_the_steward_is_refused_with_a_reason(offline: Path, tmp_path: Path) -> None:
    request = asked(tmp_path)
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("steward_accept", request)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("steward_accept", tmp_path / "nowhere")
    assert len(publiclog.page(0)) == 1


def test_signing_needs_no_django_no_settings_and_no_network(offline: Path, tmp_path: Path) -> None:
    request = asked(tmp_path)
    script = (
        "import sys, socket\n"
        "socket.socket.connect = None\n"
        "from andon.gateways.cli import main\n"
        f"status = main(['steward', 'sign', {str(request)!r}, '--key', {str(offline)!r}, '--yes'])\n"
        "assert not [name for name in sys.modules if name.split('.')[0] == 'django']\n"
        "sys.exit(status)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path)}, check=False
    )
    assert done.returncode == 0


def test_half_a_command_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["steward"]) == 2
    assert "sign" in capsys.readouterr().err
