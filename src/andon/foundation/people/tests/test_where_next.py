"""Where the pages about signing in send people afterwards: to a page of ours, whatever the address asks for."""

import pytest
from django.test import RequestFactory

from andon.foundation.people.views import where_next


@pytest.mark.parametrize("wanted", ["/results/", "/rounds/1/?page=2"])
def test_a_page_of_ours_is_where_it_goes_on(wanted: str) -> None:
    assert where_next(RequestFactory().get("/", {"next": wanted}), "/profile/") == wanted
    assert where_next(RequestFactory().post("/", {"next": wanted}), "/profile/") == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        "https://elsewhere.example/", "//elsewhere.example/", "///elsewhere.example", "/\\elsewhere.example",
        "\\\\elsewhere.example", "javascript:alert(1)", "http:///elsewhere.example", " //elsewhere.example", "",
    ],
)  # fmt: skip
def test_a_page_of_others_is_not(wanted: str) -> None:
    assert where_next(RequestFactory().get("/", {"next": wanted}), "/profile/") == "/profile/"
    assert where_next(RequestFactory().post("/", {"next": wanted}), "/profile/") == "/profile/"
