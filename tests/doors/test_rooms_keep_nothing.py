"""Of a room nothing is written anywhere: neither while it is open nor afterwards, in no file of the service."""

import http.client
import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.stack import Stack

WORDS = "We name the canary kqzwvx before it sings."
# In none of ours, and so in no file but by a fault. Codes and secrets are looked for, too.
CANARY = "kqzwvx"
AS_ONE_WOULD_WRITE_IT = """
from andon.features.rooms import memory
from pathlib import Path
import {module}

honest = memory.Rooms.show

def show(self, code, key, statement):
    {fault}
    return honest(self, code, key, statement)

memory.Rooms.show = show
"""
FAULTS = {
    "a line of a log": ("logging", 'logging.getLogger("andon.rooms").error("shown: %s", statement.text)'),
    "a line of a program": ("sys", "print(statement.text, file=sys.stderr, flush=True)"),
    "a file beside the data": ("os", 'Path(os.environ["ANDON_DATA"], "rooms.json").write_text(statement.text)'),
    "a file of its own": ("tempfile", 'open(tempfile.mkstemp()[0], "w").write(statement.text)'),
}


class Asked:
    """A room as its screens ask it, without a browser."""

    def __init__(self, stack: Stack) -> None:
        self.place = urlsplit(stack.anonymous_url).netloc

    def ask(self, deed: str, **fields: Any) -> dict[str, Any]:
        body = json.dumps(fields, separators=(",", ":"), sort_keys=True)
        headers = {"Content-Type": "application/json", "Cookie": f"a={CANARY}"}
        with closing(http.client.HTTPConnection(self.place, timeout=10)) as connection:
            connection.request("POST", f"/rooms/{deed}", body, headers)
            answer = connection.getresponse()
            said: dict[str, Any] = json.loads(answer.read())
        assert answer.status == 200, said
        assert answer.headers["Set-Cookie"] is None
        return said


def where(stack: Stack, *canaries: str) -> Iterator[str]:
    """Files of the service that hold one of these, as text or as a name."""
    for folder in (stack.data_directory, stack.logs, Path(stack.env["TMPDIR"])):
        for path in folder.rglob("*"):
            content = path.read_bytes() if path.is_file() else b""
            if any(canary.encode() in content or canary in path.name for canary in canaries):
                yield str(path)


def hold_a_room(stack: Stack) -> Iterator[list[str]]:
    """What stands in files during a conversation, and when it has ended."""
    room = Asked(stack)
    made = room.ask("create")
    code, key = made["code"], made["key"]
    seats = [room.ask("join", code=code)["seat"] for _phone in range(3)]
    canaries = [CANARY, code, key, *seats]
    room.ask("show", code=code, key=key, statement={"text": WORDS})
    for seat in seats:
        room.ask("choose", code=code, seat=seat, turn=1, choice=4)
    yield list(where(stack, *canaries))
    room.ask("turn", code=code, key=key, turn=1)
    room.ask("end", code=code, key=key)
    yield list(where(stack, *canaries))
    stack.stop("anonymous")
    yield list(where(stack, *canaries))


@pytest.fixture
def door(make_stack: Callable[..., Stack], tmp_path: Path) -> Callable[..., Stack]:
    def make(**environment: str) -> Stack:
        temporary = tmp_path / "temporary"
        temporary.mkdir()
        return make_stack(parts=("anonymous",), TMPDIR=str(temporary), **environment)

    return make


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_file_holds_anything_of_a_room(door: Callable[..., Stack], log_format: str) -> None:
    stack = door(ANDON_LOG_FORMAT=log_format)
    assert list(hold_a_room(stack)) == [[], [], []]
    # The search finds what there is.
    (Path(stack.env["TMPDIR"]) / "planted").write_text(WORDS)
    assert len(list(where(stack, CANARY))) == 1


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_room_that_is_written_down_is_seen(door: Callable[..., Stack], tmp_path: Path, fault: str) -> None:
    module, line = FAULTS[fault]
    planted = tmp_path / "planted"
    planted.mkdir()
    # Run by every Python that starts with this folder in its way.
    (planted / "sitecustomize.py").write_text(
        "import os\n"
        "if os.environ.get('PART_OF_ANDON') in ('anonymous', 'rooms'):\n"
        "    try:\n"
        + "".join(f"        {text}\n" for text in AS_ONE_WOULD_WRITE_IT.format(module=module, fault=line).splitlines())
        + "    except ImportError:\n        pass\n"
    )
    stack = door(PYTHONPATH=os.pathsep.join([str(planted), os.environ.get("PYTHONPATH", "")]))
    assert all(found != [] for found in hold_a_room(stack))
