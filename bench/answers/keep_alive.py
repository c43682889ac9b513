"""Clients on raw keep-alive connections, all in one thread: as little work between two requests as there can be.

A piece of work is a generator that yields (door, request) and is sent (status, body).
"""

import selectors
import socket
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

Work = Generator[tuple[str, bytes], tuple[int, bytes], None]


@dataclass
class Measured:
    """What one run of clients measured; seconds."""

    seconds: float = 0.0
    done: int = 0
    latencies: dict[str, list[float]] = field(default_factory=dict)

    def note(self, name: str, seconds: float) -> None:
        self.latencies.setdefault(name, []).append(seconds)

    def summary(self) -> dict[str, object]:
        return {
            "done": self.done,
            "seconds": round(self.seconds, 3),
            "per_second": round(self.done / self.seconds, 1) if self.seconds else 0.0,
            "milliseconds": {
                name: {f"p{p}": round(1000 * _percentile(values, p), 2) for p in (50, 95, 99)}
                for name, values in self.latencies.items()
            },
        }


def _percentile(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


class UnexpectedAnswer(Exception):
    pass


class _Client:
    def __init__(self, addresses: dict[str, tuple[str, int]], selector: selectors.BaseSelector) -> None:
        self.sockets = {}
        for door, address in addresses.items():
            self.sockets[door] = socket.create_connection(address, timeout=30)
            self.sockets[door].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(self.sockets[door], selectors.EVENT_READ, (self, door))
        self.work: Work | None = None
        self.began = self.sent = 0.0
        self.received = b""

    def send(self, wanted: tuple[str, bytes]) -> None:
        door, request = wanted
        self.received = b""
        self.sent = time.perf_counter()
        self.sockets[door].sendall(request)

    def receive(self, door: str) -> tuple[int, bytes] | None:
        """The answer, once it is here whole."""
        part = self.sockets[door].recv(65_536)
        if not part:
            raise UnexpectedAnswer("the server closed the connection")
        self.received += part
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return None
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:")
        return (int(head[9:12]), body) if len(body) >= length else None


def drive(
    addresses: dict[str, tuple[str, int]], clients: int, works: Iterator[Work], *, seconds: float, most: int
) -> Measured:
    """Have `clients` clients do works one after the other, for at most so many seconds and so many works.

    Latencies are noted per door, and as "complete" for a whole piece of work.
    """
    measured = Measured()
    with selectors.DefaultSelector() as selector:
        everyone = [_Client(addresses, selector) for _ in range(clients)]
        busy, started = 0, 0
        begin = time.perf_counter()
        until = begin + seconds

        def next_work(client: _Client) -> bool:
            nonlocal started
            client.work = next(works, None) if started < most and time.perf_counter() < until else None
            if client.work is None:
                return False
            started += 1
            client.began = time.perf_counter()
            client.send(next(client.work))
            return True

        for client in everyone:
            busy += next_work(client)
        while busy:
            ready = selector.select(timeout=30)
            if not ready:
                raise UnexpectedAnswer("no answer for 30 seconds")
            for key, _mask in ready:
                client, door = key.data
                answer = client.receive(door)
                if answer is None:
                    continue
                now = time.perf_counter()
                measured.note(door, now - client.sent)
                try:
                    client.send(client.work.send(answer))
                except StopIteration:
                    measured.done += 1
                    measured.note("complete", time.perf_counter() - client.began)
                    busy -= not next_work(client)
        measured.seconds = time.perf_counter() - begin
        for client in everyone:
            for connection in client.sockets.values():
                connection.close()
    return measured


def post(path: str, address: tuple[str, int], body: bytes, *headers: str) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: localhost:{address[1]}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
