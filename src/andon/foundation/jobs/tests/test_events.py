import pytest

from andon.foundation.jobs import events, public


@pytest.fixture(autouse=True)
def no_listeners(monkeypatch):
    monkeypatch.setattr(events, "_handlers", {})


def test_listeners_hear_the_facts_in_the_order_in_which_they_came():
    heard = []
    public.on("release shown", lambda round_id: heard.append(("first", round_id)))
    public.on("release shown", lambda round_id: heard.append(("second", round_id)))
    public.emit("release shown", round_id="r1")
    assert heard == [("first", "r1"), ("second", "r1")]


def test_a_listener_that_says_so_twice_hears_once():
    heard = []

    def listen(round_id):
        heard.append(round_id)

    public.on("release shown", listen)
    public.on("release shown", listen)
    public.emit("release shown", round_id="r1")
    assert heard == ["r1"]


def test_nobody_hears_another_event():
    heard = []
    public.on("release shown", lambda **facts: heard.append(facts))
    public.emit("round opened", round_id="r1")
    assert heard == []


def test_a_listeners_error_is_the_emitters_error():
    def fail(round_id):
        raise LookupError(round_id)

    public.on("release shown", fail)
    with pytest.raises(LookupError):
        public.emit("release shown", round_id="r1")
