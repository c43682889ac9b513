"""What reaches the application of a door, and what does not."""

import asyncio
import json
import threading

import pytest

from andon.project.whole_requests import MOST_TOGETHER, LargeBody, ShortWay, WholeRequests


class Scope:
    http_version, scheme, method = "1.1", "http", "POST"
    server, client, path, query_string = "127.0.0.1:8001", "203.0.113.9:40000", "/\u00e9/", "a=1"

    def __init__(self, *headers):
        self.headers = type("Headers", (), {"items": lambda _: list(headers)})()


class Proto:
    """Sends these chunks, each after a pause, and keeps what is answered."""

    def __init__(self, *chunks, pause=0.0, breaks=False):
        self.chunks, self.pause, self.breaks, self.answer = chunks, pause, breaks, None

    async def __aiter__(self):
        for chunk in self.chunks:
            await asyncio.sleep(self.pause)
            yield chunk
        if self.breaks:
            raise ConnectionResetError("203.0.113.9 went away")

    async def __call__(self):
        return b"".join([chunk async for chunk in self])

    def response_bytes(self, status, headers, body):
        self.answer = (status, headers, body)

    def response_empty(self, status, headers):
        self.answer = (status, headers, b"")


called = []


def echo(environ, start_response):
    called.append(environ)
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("x-size", str(len(body)))])
    return [json.dumps({name: value for name, value in environ.items() if isinstance(value, str)}).encode(), b" ", body]


def ask(proto, *headers, most_bytes=100, with_address=False, seconds=5.0):
    called.clear()
    door = WholeRequests(echo, most_bytes=most_bytes, threads=1, with_address=with_address, seconds=seconds)
    asyncio.run(door.__rsgi__(Scope(*headers), proto))
    return proto.answer


def test_the_application_gets_the_whole_body_and_the_headers():
    status, headers, body = ask(
        Proto(b"ab", b"cd"),
        ("content-length", "4"),
        ("content-type", "text/plain"),
        ("cookie", "a=1"),
        ("cookie", "b=2"),
        ("x-forwarded-for", "1.1.1.1"),
        ("x-forwarded-for", "2.2.2.2"),
    )
    assert (status, headers) == (200, [("x-size", "4")])
    assert body.endswith(b" abcd")
    environ = called[0]
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/\u00e9/"
    assert environ["CONTENT_LENGTH"] == "4"
    assert environ["CONTENT_TYPE"] == "text/plain"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_X_FORWARDED_FOR"] == "1.1.1.1,2.2.2.2"


def test_the_address_of_the_visitor_stays_outside_unless_it_is_asked_for():
    assert b"203.0.113.9" not in ask(Proto())[2]
    ask(Proto(), with_address=True)
    assert called[0]["REMOTE_ADDR"] == "203.0.113.9"


def test_a_header_with_an_underscore_cannot_pass_for_one_that_the_proxy_sets():
    ask(Proto(), ("x_forwarded_proto", "https"))
    assert "HTTP_X_FORWARDED_PROTO" not in called[0]


@pytest.mark.parametrize("headers", [(("content-length", "101"),), (("content-length", "-1"),), ()])
def test_a_body_that_is_announced_too_large_or_not_at_all_is_not_read(headers):
    status, answered, _body = ask(Proto(b"x" * 101), *headers)
    assert (status, answered) == (200, [("x-size", "0")])


def test_a_body_of_unknown_length_is_read_up_to_the_bound():
    chunked = ("transfer-encoding", "chunked")
    assert ask(Proto(b"x" * 60, b"x" * 40), chunked)[1] == [("x-size", "100")]
    assert ask(Proto(b"x" * 60, b"x" * 41), chunked)[1] == [("x-size", "0")]


def test_a_body_that_comes_too_slowly_never_reaches_the_application():
    answer = ask(Proto(b"a", b"b", b"c", pause=0.2), ("content-length", "3"), seconds=0.3)
    assert answer == (408, [("connection", "close")], b"")
    assert called == []


def test_a_body_that_breaks_off_is_neither_handed_on_nor_told_of(capfd):
    assert ask(Proto(b"a", breaks=True), ("content-length", "3"))[0] == 400
    assert called == []
    assert capfd.readouterr() == ("", "")


def test_a_body_that_is_shorter_than_announced_is_not_handed_on():
    assert ask(Proto(b"ab"), ("content-length", "4"))[0] == 400
    assert called == []


@pytest.mark.parametrize("always", [[("X-Always", "yes")], []])
def test_what_is_answered_without_the_application_says_what_it_always_says(always):
    door = WholeRequests(echo, most_bytes=100, threads=1, with_address=False, seconds=0.2, always=always)
    for proto, status in ((Proto(b"a", pause=0.5), 408), (Proto(b"ab"), 400)):
        asyncio.run(door.__rsgi__(Scope(("content-length", "4")), proto))
        own = [(name.lower(), value) for name, value in always]
        assert proto.answer == (status, [("connection", "close"), *own], b"")


def test_an_application_that_fails_does_not_take_the_thread_with_it():
    def fail_first(environ, start_response):
        called.append(environ)
        if len(called) == 1:
            raise ZeroDivisionError
        return echo(environ, start_response)

    async def ask_twice():
        with pytest.raises(ZeroDivisionError):
            await door.__rsgi__(Scope(), Proto())
        second = Proto()
        await door.__rsgi__(Scope(), second)
        return second.answer

    called.clear()
    door = WholeRequests(fail_first, most_bytes=100, threads=1, with_address=False)
    assert asyncio.run(ask_twice())[0] == 200


def test_as_many_requests_are_worked_on_at_once_as_there_are_threads():
    both = threading.Barrier(2, timeout=5)

    def wait_for_the_other(environ, start_response):
        both.wait()
        return echo(environ, start_response)

    async def ask_both():
        protos = Proto(), Proto()
        await asyncio.gather(*(door.__rsgi__(Scope(), proto) for proto in protos))
        return [proto.answer[0] for proto in protos]

    door = WholeRequests(wait_for_the_other, most_bytes=100, threads=2, with_address=False)
    assert asyncio.run(ask_both()) == [200, 200]


def ask_together(answer, *protos, path="/short/", method="POST", query=""):
    """What each is answered by a door whose short way sees only the body."""
    short = ShortWay("/short/", lambda _headers, body: body or None, answer)
    door = WholeRequests(echo, most_bytes=100, threads=1, with_address=False, short=short)

    async def all_of_them():
        scope = Scope(("content-length", "1"), ("cookie", "a=1"))
        scope.path, scope.method, scope.query_string = path, method, query
        await asyncio.gather(*(door.__rsgi__(scope, proto) for proto in protos))
        return [proto.answer for proto in protos]

    called.clear()
    return asyncio.run(all_of_them())


def test_those_who_come_while_a_group_is_worked_on_are_the_next_group():
    groups, begun = [], threading.Event()

    def answer(seen):
        groups.append(list(seen))
        if not begun.is_set():
            begun.set()
            # Until the others have come, or this test is too slow to show anything.
            threading.Event().wait(0.3)
        return [(200, [], each) for each in seen]

    many = [Proto(b"%c" % (65 + number)) for number in range(MOST_TOGETHER + 1)]
    assert ask_together(answer, *many) == [(200, [], b"%c" % (65 + n)) for n in range(MOST_TOGETHER + 1)]
    assert b"".join(b"".join(group) for group in groups) == b"".join(proto.chunks[0] for proto in many)
    assert all(1 <= len(group) <= MOST_TOGETHER for group in groups)
    assert called == []


def test_what_the_short_way_leaves_the_application_answers():
    left, answered = ask_together(
        lambda seen: [None if x == b"l" else (204, [], b"") for x in seen], *map(Proto, (b"l", b"a"))
    )
    assert (left[0], answered) == (200, (204, [], b""))
    assert len(called) == 1


def test_a_short_way_that_fails_leaves_everybody_to_the_application():
    def fail(seen):
        raise ZeroDivisionError

    assert [answer[0] for answer in ask_together(fail, Proto(b"a"), Proto(b"b"))] == [200, 200]
    assert len(called) == 2


@pytest.mark.parametrize("other", [{"path": "/"}, {"method": "GET"}, {"query": "a=1"}])
def test_another_address_never_takes_the_short_way(other):
    [answer] = ask_together(lambda seen: [(204, [], b"")] * len(seen), Proto(b"a"), **other)
    assert answer[0] == 200
    assert ask_together(lambda seen: [(204, [], b"")] * len(seen), Proto(b"a"))[0][0] == 204


def letting_in(environ, start_response):
    """Lets the body of whoever is named in the cookie come, and says of everybody else what it says to a HEAD."""
    if environ["REQUEST_METHOD"] != "HEAD":
        return echo(environ, start_response)
    heads.append(environ)
    name = environ.get("HTTP_COOKIE", "").removeprefix("who=")
    if name and name != "not-allowed":
        environ["sender"] = name
        start_response("200 OK", [])
    else:
        start_response("302 Found" if not name else "404 Not Found", [("location", "/sign-in/")] if not name else [])
    return [b""]


heads = []


def large_door(**limits):
    called.clear()
    heads.clear()
    choices = {"most_bytes": 1_000, "in_memory_bytes": 100, "seconds": 5.0, "sender": "sender"} | limits
    large = LargeBody("/people/import/", **choices)
    return WholeRequests(letting_in, most_bytes=100, threads=1, with_address=False, seconds=0.2, large=large)


def large_scope(size, who, path="/people/import/"):
    scope = Scope(
        ("content-length", str(size)), ("content-type", "text/csv"), *([("cookie", f"who={who}")] if who else [])
    )
    scope.path = path
    return scope


def ask_large(proto, size, path="/people/import/", who="stella", **limits):
    asyncio.run(large_door(**limits).__rsgi__(large_scope(size, who, path), proto))
    return proto.answer


def test_one_address_takes_a_larger_body_for_longer_and_no_other_does():
    chunks = [b"x" * 300, b"y" * 300]
    assert ask_large(Proto(*chunks, pause=0.2), 600)[2].endswith(b"x" * 300 + b"y" * 300)
    assert ask_large(Proto(*chunks), 600, path="/people/import/other/")[1] == [("x-size", "0")]
    assert ask_large(Proto(*chunks, pause=0.2), 600, seconds=0.1)[0] == 408


def test_a_large_body_has_its_bound_and_comes_whole_or_not_at_all():
    assert ask_large(Proto(b"x" * 1_001), 1_001)[1] == [("x-size", "0")]
    assert ask_large(Proto(b"x" * 500), 600)[0] == 400
    assert ask_large(Proto(b"x" * 700), 600)[0] == 400
    assert called == []


def test_the_application_is_told_that_a_body_was_left_out():
    ask(Proto(b"x" * 101), ("content-length", "101"))
    assert called[0]["andon.left_out"] is True
    for proto, *headers in (
        (Proto(b"x" * 100), ("content-length", "100")),
        (Proto(), ("content-length", "0")),
        (Proto(), ("andon.left_out", "1"), ("andon-left-out", "1")),
    ):
        ask(proto, *headers)
        assert "andon.left_out" not in called[0]


class Unread(Proto):
    async def __aiter__(self):
        raise AssertionError("a body was read that nobody may send")
        yield b""


@pytest.mark.parametrize(("who", "status"), [("", 302), ("not-allowed", 404)])
def test_nothing_is_read_of_a_large_body_that_its_sender_may_not_send(who, status):
    """The application says so, as it says of the page itself; the connection ends with the answer."""
    for _ in range(3):
        answered, headers, _body = ask_large(Unread(), 600, who=who)
        assert (answered, headers[-1]) == (status, ("connection", "close"))
    assert called == []
    # It was asked about the page, with the cookie and without anything of the body.
    assert heads[0]["PATH_INFO"] == "/people/import/"
    assert "CONTENT_LENGTH" not in heads[0]
    assert ask_large(Proto(b"x" * 600), 600)[0] == 200


def test_a_page_that_answers_without_a_sender_lets_nothing_in():
    assert ask_large(Unread(), 600, sender="another-name")[0] == 200
    assert called == []


def run_large(*asked, **limits):
    """Each of (proto, who) after the other has begun; what they are answered."""
    door = large_door(**limits)

    async def all_of_them():
        running = []
        for proto, who in asked:
            running.append(asyncio.create_task(door.__rsgi__(large_scope(200, who), proto)))
            await asyncio.sleep(0.05)
        await asyncio.gather(*running)
        return [proto.answer[0] for proto, _who in asked]

    return asyncio.run(all_of_them())


def slow():
    return Proto(b"x" * 100, b"x" * 100, pause=0.3)


def test_only_so_many_large_bodies_come_at_the_same_time():
    assert run_large((slow(), "a"), (slow(), "b"), (slow(), "c"), at_once=2) == [200, 200, 503]
    assert run_large((slow(), "a"), (slow(), "b"), (slow(), "c"), at_once=3) == [200, 200, 200]


def test_one_member_keeps_one_place_whatever_they_begin():
    """Also for whoever lost the connection and tries again: the new one counts."""
    assert run_large((slow(), "a"), (slow(), "a"), (slow(), "a"), (slow(), "b"), at_once=2) == [408, 408, 200, 200]


def test_a_slow_one_gives_its_place_back_when_its_time_is_over():
    stuck = Proto(b"x" * 100, b"x" * 100, pause=60)
    assert run_large((stuck, "a"), (Proto(b"x" * 200, pause=0.3), "b"), at_once=2, seconds=0.5) == [408, 200]
    door = large_door(at_once=1, seconds=0.1)

    async def one_after_the_other():
        first, second = Proto(b"x", pause=60), Proto(b"x" * 200)
        for proto, who in ((first, "a"), (second, "b")):
            await door.__rsgi__(large_scope(200, who), proto)
        return [first.answer[0], second.answer[0]]

    assert asyncio.run(one_after_the_other()) == [408, 200]


def ask_when_all_threads_are_busy(count, **choices):
    """The statuses of so many requests that all have arrived before the first is answered, whoever sends them."""
    free = threading.Event()

    def wait(environ, start_response):
        free.wait(5)
        return echo(environ, start_response)

    door = WholeRequests(wait, most_bytes=100, threads=1, with_address=False, **choices)

    async def all_of_them():
        protos = [Proto() for _ in range(count)]
        # Different visitors: nothing of them may be what is counted by.
        scopes = [Scope(("x-forwarded-for", f"192.0.2.{number}"), ("cookie", f"a={number}")) for number in range(count)]
        for number, scope in enumerate(scopes):
            scope.client = f"203.0.113.{number}:40000"
        running = [
            asyncio.create_task(door.__rsgi__(scope, proto)) for scope, proto in zip(scopes, protos, strict=True)
        ]
        for _turn in range(20):
            await asyncio.sleep(0)
        refused = [proto.answer for proto in protos if proto.answer is not None]
        # Whoever goes away keeps the place: what was begun is worked on all the same.
        running[0].cancel()
        await asyncio.sleep(0)
        late = Proto()
        await asyncio.wait({asyncio.create_task(door.__rsgi__(Scope(), late))}, timeout=0.05)
        free.set()
        await asyncio.gather(*running, return_exceptions=True)
        again = Proto()
        while again.answer is None or again.answer[0] != 200:
            await door.__rsgi__(Scope(), again)
        return refused, late.answer

    return asyncio.run(all_of_them())


def test_a_door_with_more_to_do_than_it_can_says_so_at_once_and_takes_the_next_one_later():
    refused, late = ask_when_all_threads_are_busy(5, most_waiting=3)
    assert [status for status, _headers, _body in [*refused, late]] == [503, 503, 503]
    _status, headers, body = refused[0]
    assert dict(headers)["retry-after"] == "5"
    # The word by which a wallet keeps its ballot and tries again.
    assert json.loads(body)["error"] == "unavailable"


def test_a_door_without_that_bound_lets_everybody_wait():
    refused, _late = ask_when_all_threads_are_busy(5, most_waiting=100)
    assert refused == []
