"""Addresses that nobody of ours makes: the anonymous door says that there is nothing, and does not fail."""

import re
from typing import Any

import pytest

pytestmark = pytest.mark.django_db(databases="__all__")

ODD = ["%00", "x%00y", "%F0%9F%98%80", "%ED%A0%80", "a" * 5_000, "%C2%85", "..%2F..%2Fsettings.py", "0" * 64, "0" * 32]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    "address", ["/answer/{}/", "/blob/{}", "/bundle/{}/answer.js", f"/bundle/{'0' * 64}/{{}}", "/{}"]
)
def test_an_odd_address_is_not_found(anonymous_client: Any, address: str, odd: str) -> None:
    anonymous_client.raise_request_exception = False
    answer = anonymous_client.get(address.format(odd))
    assert answer.status_code == 404
    # Whoever followed a mistyped link reads it on a page; what stands below blobs and bundles is for programs.
    is_for_programs = answer.headers["Content-Type"] == "application/json"
    assert not is_for_programs or answer.json()["error"] == "not_found"
    assert is_for_programs or address.startswith(("/answer/", "/{}")) or b"nothing at this address" in answer.content


def test_whoever_looks_at_an_address_that_is_none_reads_a_page_and_a_program_that_sends_there_does_not(
    anonymous_client: Any,
) -> None:
    seen = anonymous_client.get("/somewhere")
    page = seen.content.decode()
    assert (seen.status_code, seen.headers["Content-Type"].partition(";")[0]) == (404, "text/html")
    assert "There is nothing at this address" in page
    assert "Unter dieser Adresse ist nichts" in page
    assert "style-src 'self'" in seen.headers["Content-Security-Policy"]
    style = re.search(r'href="(/bundle/\w{64}/answer\.css)"', page)
    assert style is not None
    assert anonymous_client.get(style[1]).status_code == 200
    assert not re.search(r"<style|style=|<script", page)
    # Byte for byte the same whatever was asked for, and whoever asks.
    assert anonymous_client.get("/<b>elsewhere</b>", headers={"Accept-Language": "de"}).content == seen.content
    assert anonymous_client.post("/somewhere").json()["error"] == "not_found"
