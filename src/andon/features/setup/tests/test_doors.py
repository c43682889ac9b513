import pytest

from andon.features.setup.doors import check_doors
from andon.foundation.configuration.origins import site_of


@pytest.mark.parametrize(
    ("app", "door"),
    [
        ("https://andon.example.org", "https://answer.example.org"),
        ("https://andon.sec.example.co.uk", "https://answer.sec.example.co.uk"),
        ("https://example.org", "https://answer.example.org:8443"),
        ("http://localhost:8000", "http://localhost:8001"),
    ],
)
def test_two_names_of_one_site_are_right(app, door):
    assert all(finding.ok for finding in check_doors(app, door))


@pytest.mark.parametrize(
    ("app", "door", "why"),
    [
        ("http://andon.example.org", "http://answer.example.org", "not encrypted"),
        ("https://andon.example.org", "http://answer.example.org", "not encrypted"),
        ("https://andon.example.org", "https://andon.example.org:8443", "one name"),
        ("https://andon.example.org", "https://answer.example.com", "do not belong to one site"),
        ("https://andon.co.uk", "https://answer.co.uk", "do not belong to one site"),
        ("https://10.0.0.1", "https://10.0.0.2", "do not belong to one site"),
        ("https://andon", "https://answer", "do not belong to one site"),
        ("http://localhost:8000", "http://localhost:8000", "one name"),
        ("http://localhost:8000", "https://answer.example.org", "one name"),
        ("http://localhost:8000", "http://127.0.0.1:8001", "one name"),
        ("https://andon.example.org/x", "https://answer.example.org", "not an address"),
        ("https://.example.org", "https://..", "do not belong to one site"),
    ],
)
def test_what_browsers_would_refuse_is_said(app, door, why):
    wrong = [finding for finding in check_doors(app, door) if not finding.ok]
    assert any(why in str(finding.text) for finding in wrong)
    assert all(finding.advice for finding in wrong)


def test_a_site_is_what_somebody_registered():
    assert site_of("a.b.example.org") == site_of("example.org") == "example.org"
    assert site_of("co.uk") == site_of("localhost") == site_of("::1") == ""
