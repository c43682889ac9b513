"""A request is read to its end before a thread begins to work on it.

A door has one thread. Left to WSGI, that thread itself would wait for a body that arrives slowly, and a single
connection that announces 4,096 bytes and sends one would keep everybody else out for as long as it likes.
"""

import asyncio
import contextlib
import gc
import io
import re
import sys
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from importlib import import_module
from queue import Empty, SimpleQueue
from typing import IO, Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Answer = tuple[int, list[tuple[str, str]], bytes]
Body = bytes | IO[bytes]
_Asked = tuple[Any, Any, Body, "asyncio.Future[Any]"]
_Job = tuple[Callable[[], Any], "asyncio.Future[Any]"]

SECONDS_FOR_A_BODY = 10.0
# More would save little of what a commit costs, and the doors would take turns: while one works on everybody's
# requests, the other has none.
MOST_TOGETHER = 8
# Requests that have arrived whole and wait for a thread, or have one. Whoever comes when there are more is told so at
# once: behind so many the page would have given up before its turn. It counts requests and knows nobody.
MOST_WAITING = 512


Headers = list[tuple[str, str]]


class _BrokenOff(Exception):
    pass


class _LeftOut(bytes):
    """Nothing, in place of a body that was larger than what is read, however its size was announced."""


@dataclass(frozen=True, slots=True)
class ShortWay:
    """How `POST path` is answered without the application, together with others that have come in the meantime.

    `read` is given headers and body and returns all that `answer` may see of a request, or None where the application
    is to be asked. `answer` returns only when what it acknowledges is durable, in the order of the requests, and None
    for a request that the application is to be asked about. It runs in one thread of its own and never waits for
    others to come: whoever comes while it works is in the next group, so a quiet door answers at once.
    """

    path: str
    read: Callable[[Headers, bytes], Any]
    answer: Callable[[Sequence[Any]], Sequence[Answer | None]]

    @classmethod
    def of(cls, module: str) -> "ShortWay":
        """The one that a module of a feature offers, named as addresses name the module of their views."""
        offered = import_module(module)
        return cls(offered.PATH, offered.read, offered.answer)


@dataclass(frozen=True, slots=True)
class LargeBody:
    """The one address where a body may be larger and take longer; it waits in a file, not in memory.

    Before the first byte of such a body is read, the application is asked what it would answer to HEAD there. It lets
    the body in by answering 200 and by writing under `sender`, into the environment of that request, who is sending.
    Any other answer is the answer, so whoever may not see the page can send nothing to it: there is no second rule
    about who may. At most `at_once` are read at the same time in each process, and one of each sender: a second one
    ends the first, whose connection may long be gone.
    """

    path: str
    most_bytes: int
    sender: str
    seconds: float = 300.0
    at_once: int = 4
    in_memory_bytes: int = 1_000_000

    def is_meant(self, scope: Any, headers: Headers) -> bool:
        return scope.path == self.path and scope.method == "POST" and _declared(headers) > self.in_memory_bytes


_BUSY = (
    503,
    [("content-type", "text/plain; charset=utf-8"), ("retry-after", "60"), ("connection", "close")],
    b"Other files are being sent at this moment. Nothing was changed. Send yours again in a minute.\n",
)


_FULL: Answer = (
    503,
    [
        ("content-type", "application/json"),
        ("retry-after", "5"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ],
    b'{"error": "unavailable", "message": "Many people are asking now. Nothing was kept. Try again in a few seconds."}',
)

# What belongs to the body and not to the question whether it may come.
_OF_THE_BODY = frozenset({"content-length", "content-type", "expect", "transfer-encoding"})
_LENGTH = re.compile("[0-9]{1,19}")


def _declared(headers: Headers) -> int:
    named = next((value for name, value in headers if name == "content-length"), "")
    return int(named) if _LENGTH.fullmatch(named) else 0


class WholeRequests:
    """A WSGI application, served through RSGI, with a short way for one address where there is one.

    Guarantees: the application is called with the whole body, which came within `seconds` and holds at most
    `most_bytes`; a larger one is left out, and the application finds nothing where the header promises too much,
    and `andon.left_out` in the environment. The address of the visitor is handed on only where `with_address` says so.
    Does not: bound the number of connections; the server in front does.
    Reference: the RSGI specification 1.5, PEP 3333.
    """

    def __init__(
        self,
        application: Application,
        *,
        most_bytes: int,
        threads: int,
        with_address: bool,
        short: ShortWay | None = None,
        large: LargeBody | None = None,
        seconds: float = SECONDS_FOR_A_BODY,
        always: Sequence[tuple[str, str]] = (),
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._application = application
        self._most_bytes = most_bytes
        self._with_address = with_address
        self._seconds = seconds
        # What the application says with each of its answers, for those that are given without it.
        self._always = [(name.lower(), value) for name, value in always]
        self._threads = threads
        self._short = short
        self._large = large
        self._senders: dict[str, asyncio.Timeout] = {}
        self._waiting: SimpleQueue[_Job] = SimpleQueue()
        self._together: SimpleQueue[tuple[Any, _Asked]] = SimpleQueue()
        self._begun = False
        self._most_waiting = most_waiting
        self._present = 0

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        headers = scope.headers.items()
        large = self._large
        if large is None or not large.is_meant(scope, headers):
            await self._answer(scope, proto, headers, self._read(headers, proto), self._seconds)
            return
        admitted = await self._asked_first(scope, headers, large)
        if not isinstance(admitted, str):
            proto.response_bytes(*admitted)
            return
        if (older := self._senders.pop(admitted, None)) is not None:
            older.reschedule(0.0)
        if len(self._senders) >= large.at_once:
            status, own, text = _BUSY
            proto.response_bytes(status, [*own, *self._always], text)
            return
        with tempfile.SpooledTemporaryFile(max_size=large.in_memory_bytes) as file:
            reading = self._read_into(file, headers, proto, large.most_bytes)
            await self._answer(scope, proto, headers, self._alone(admitted, reading), large.seconds)

    async def _asked_first(self, scope: Any, headers: Headers, large: LargeBody) -> str | Answer:
        """Who is sending, or the answer for somebody who may not."""
        own = [(name, value) for name, value in headers if name not in _OF_THE_BODY]
        environ = self._environ(scope, own, b"") | {"REQUEST_METHOD": "HEAD"}
        self._begin()
        asked: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.put((lambda: self._call(environ), asked))
        status, answered, text = await asked
        sender = environ.get(large.sender)
        if status == HTTPStatus.OK and isinstance(sender, str) and sender:
            return sender
        return status, [*answered, ("connection", "close")], text

    async def _alone(self, sender: str, reading: Coroutine[Any, Any, Body]) -> Body:
        """Read, until the same sender begins another one."""
        async with asyncio.timeout(None) as until:
            self._senders[sender] = until
            try:
                return await reading
            finally:
                if self._senders.get(sender) is until:
                    del self._senders[sender]

    async def _answer(
        self, scope: Any, proto: Any, headers: Headers, reading: Coroutine[Any, Any, Body], seconds: float
    ) -> None:
        try:
            async with asyncio.timeout(seconds):
                body = await reading
        except TimeoutError:
            proto.response_empty(HTTPStatus.REQUEST_TIMEOUT, [("connection", "close"), *self._always])
            return
        except Exception:  # noqa: BLE001
            # Whoever sent half a request has gone. There is nobody to answer, and nothing to write down.
            proto.response_empty(HTTPStatus.BAD_REQUEST, [("connection", "close"), *self._always])
            return
        if self._present >= self._most_waiting:
            status, own, text = _FULL
            proto.response_bytes(status, [*own, *self._always], text)
            return
        self._begin()
        answered = asyncio.get_running_loop().create_future()
        asked = (scope, proto, body, answered)
        self._present += 1
        answered.add_done_callback(self._leave)
        if (seen := self._seen_by_the_short_way(scope, headers, body)) is not None:
            self._together.put((seen, asked))
        else:
            self._leave_to_the_application(asked)
        # Not cancelled with whoever goes away: what was begun is worked on, and keeps its place until then.
        await asyncio.shield(answered)

    def _leave(self, _answered: object) -> None:
        self._present -= 1

    def _begin(self) -> None:
        if self._begun:
            return
        # Not before: the process that loads this code forks the one that serves.
        self._begun = True
        # What was loaded stays for good, so the collector need not look through it again and again.
        gc.freeze()
        for number in range(self._threads):
            threading.Thread(target=self._work, name=f"door-{number}", daemon=True).start()
        if self._short is not None:
            threading.Thread(target=self._work_together, args=[self._short], name="door-together", daemon=True).start()

    def _leave_to_the_application(self, asked: _Asked) -> None:
        scope, proto, body, answered = asked

        def answer() -> None:
            proto.response_bytes(*self._call(self._environ(scope, scope.headers.items(), body)))

        self._waiting.put((answer, answered))

    def _seen_by_the_short_way(self, scope: Any, headers: Headers, body: Body) -> Any:
        short = self._short
        if short is None or scope.path != short.path or scope.method != "POST" or scope.query_string:
            return None
        return short.read(headers, body) if isinstance(body, bytes) else None

    def _work_together(self, short: ShortWay) -> None:
        """Answer all that have come so far at once, then those that came in the meantime."""
        while True:
            group = [self._together.get()]
            with contextlib.suppress(Empty):
                while len(group) < MOST_TOGETHER:
                    group.append(self._together.get_nowait())
            answers: Sequence[Answer | None]
            try:
                answers = short.answer([seen for seen, _asked in group])
            except Exception:  # noqa: BLE001
                # The application finds out what is wrong, for each of them, and says so in its own words.
                answers = [None] * len(group)
            settled = []
            for (_seen, asked), answer in zip(group, answers, strict=True):
                if answer is None:
                    self._leave_to_the_application(asked)
                    continue
                _scope, proto, _body, answered = asked
                proto.response_bytes(*answer)
                settled.append(answered)
            if settled:
                # The loop is gone when the server stopped in the meantime.
                with contextlib.suppress(RuntimeError):
                    settled[0].get_loop().call_soon_threadsafe(_settle_all, settled)
            del group, answers, settled

    def _work(self) -> None:
        """Answer one request after the other, straight from this thread.

        An executor of asyncio hands each answer back to the loop first: with that, a request of one millisecond took
        a quarter longer (bench/ballots.py).
        """
        while True:
            do, answered = self._waiting.get()
            done: Any = None
            failed: BaseException | None = None
            try:
                done = do()
            except Exception as error:  # noqa: BLE001
                failed = error
            # The loop is gone when the server stopped in the meantime.
            with contextlib.suppress(RuntimeError):
                answered.get_loop().call_soon_threadsafe(_settle, answered, done, failed)
            del do, answered, done, failed

    async def _read(self, headers: list[tuple[str, str]], proto: Any) -> bytes:
        named = {name: value for name, value in headers if name in {"content-length", "transfer-encoding"}}
        declared = named.get("content-length", "0")
        if not named:
            return b""
        if not _LENGTH.fullmatch(declared) or int(declared) > self._most_bytes:
            return _LeftOut()
        if "transfer-encoding" not in named:
            # In one step, which the server ends after what was announced.
            whole: bytes = await proto()
            if len(whole) != int(declared):
                raise _BrokenOff
            return whole
        body = bytearray()
        async for chunk in proto:
            body += chunk
            if len(body) > self._most_bytes:
                return _LeftOut()
        return bytes(body)

    async def _read_into(self, file: IO[bytes], headers: Headers, proto: Any, most_bytes: int) -> Body:
        declared = _declared(headers)
        if declared > most_bytes:
            return _LeftOut()
        count = 0
        async for chunk in proto:
            count += len(chunk)
            if count > declared:
                raise _BrokenOff
            file.write(chunk)
        if count != declared:
            raise _BrokenOff
        file.seek(0)
        return file

    def _environ(self, scope: Any, headers: list[tuple[str, str]], body: Body) -> dict[str, Any]:
        name, _, port = scope.server.rpartition(":")
        environ: dict[str, Any] = {
            "PATH_INFO": scope.path.encode().decode("latin-1"),
            "QUERY_STRING": scope.query_string,
            "REQUEST_METHOD": scope.method,
            "SCRIPT_NAME": "",
            "SERVER_NAME": name,
            "SERVER_PORT": port,
            "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
            "wsgi.errors": sys.stderr,
            "wsgi.input": io.BytesIO(body) if isinstance(body, bytes) else body,
            "wsgi.multiprocess": False,
            "wsgi.multithread": True,
            "wsgi.run_once": False,
            "wsgi.url_scheme": scope.scheme,
            "wsgi.version": (1, 0),
        }
        if isinstance(body, _LeftOut):
            # No header comes in under such a name.
            environ["andon.left_out"] = True
        if self._with_address:
            environ["REMOTE_ADDR"] = scope.client.rpartition(":")[0].strip("[]")
        for header, value in headers:
            # A name with an underscore would be taken for the one with a hyphen, which a proxy may have set.
            if "_" in header:
                continue
            key = header.upper().replace("-", "_")
            key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
            joint = "; " if key == "HTTP_COOKIE" else ","
            environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value
        return environ

    def _call(self, environ: dict[str, Any]) -> Answer:
        begun: list[tuple[int, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
            begun[:] = [(int(status[:3]), headers)]

        parts = self._application(environ, start_response)
        try:
            body = b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        (status, headers) = begun[0]
        return status, headers, body


def _settle_all(settled: Sequence[asyncio.Future[Any]]) -> None:
    for answered in settled:
        _settle(answered, None, None)


def _settle(answered: asyncio.Future[Any], done: object, failed: BaseException | None) -> None:
    if answered.done():
        return
    if failed is None:
        answered.set_result(done)
    else:
        answered.set_exception(failed)
