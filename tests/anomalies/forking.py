"""A prepared process that forks one child for each deed: `python -m tests.anomalies.forking FOLDER`.

Django is started once; a child is a real process with its own connections, and can be killed as one. Reads one
JSON request a line, answers with the child's pid and, when it has ended, with how it ended and what it returned.
"""

import gc
import json
import os
import select
import signal
import sys
import traceback
from pathlib import Path
from typing import Any


def main() -> None:
    import django

    django.setup()
    from tests.anomalies import deeds, writes

    assert writes.__name__ == deeds.WRITES
    deeds.read_once()
    # What is there by now is never freed, so no child needs a copy of it for its own bookkeeping.
    gc.freeze()
    folder = Path(sys.argv[1])
    running: dict[int, tuple[int, int]] = {}
    waiting = b""
    say("ready")
    while True:
        readable, _, _ = select.select([0, *running], [], [])
        for descriptor in readable:
            if descriptor:
                end(descriptor, *running.pop(descriptor))
                continue
            received = os.read(0, 65_536)
            if not received:
                return
            *lines, waiting = (waiting + received).split(b"\n")
            for line in lines:
                request = json.loads(line)
                reader, pid = begin(deeds, folder, request)
                running[reader] = (pid, request["id"])
                say("begun", id=request["id"], pid=pid)


def begin(deeds: Any, folder: Path, request: dict[str, Any]) -> tuple[int, int]:
    # The pipe says when the child is gone; what it returned is in a file, which has no size it could block on.
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return reader, pid
    os.close(reader)
    os.close(0)
    status = 1
    try:
        answer = {"returned": deeds.do(request)}
        status = 0
    except BaseException as error:  # noqa: BLE001
        answer = {"raised": type(error).__name__, "message": str(error), "trace": traceback.format_exc()}
    (folder / f"{request['id']}.json").write_text(json.dumps(answer))
    # No clean-up of any kind: nothing that this process holds belongs to it alone.
    os._exit(status)


def end(reader: int, pid: int, request_id: int) -> None:
    os.close(reader)
    _pid, status = os.waitpid(pid, 0)
    say("ended", id=request_id, killed=os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL)


def say(what: str, **facts: Any) -> None:
    sys.stdout.write(json.dumps({"what": what, **facts}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
