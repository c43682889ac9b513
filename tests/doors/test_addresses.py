"""Addresses that nobody of ours makes: the anonymous door says that there is nothing, and does not fail."""

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
    # Whoever followed a mistyped link to answer reads it on a page; everything else is for programs.
    assert address.startswith("/answer/") or answer.json()["error"] == "not_found"
