"""What graders print is read as it was meant: nothing of it may look like a pass that is none."""

import pytest

from tests.audit import barriers, html, lighthouse, observatory, tls, wapiti
from tests.audit.grading import Finding

COMPLIANT = "    one.example:443: OK - Compliant.\n"
REFUSED = """    one.example:443: FAILED - Not compliant.
        * tls_versions: TLS versions {'TLSv1'} are supported, but should be rejected.
        * ciphers: Cipher suites {'A'} are supported, but should be rejected.
"""


def test_each_complaint_about_tls_is_a_finding() -> None:
    assert tls.parsed("one.example", COMPLIANT) == []
    assert [one.rule for one in tls.parsed("one.example", REFUSED)] == ["tls_versions", "ciphers"]


@pytest.mark.parametrize(
    "said",
    ["", "ERROR: could not connect.\n", "    one.example:443: FAILED - Not compliant.\n", COMPLIANT + REFUSED[40:]],
)
def test_what_is_no_clear_verdict_on_tls_is_no_pass(said: str) -> None:
    with pytest.raises(AssertionError):
        tls.parsed("one.example", said)


def test_what_wapiti_prints_and_does_not_report_is_a_finding() -> None:
    log = (
        "[*] Launching module xxe\n---\nXXE vulnerability in https://localhost:1/order?xml=one leading to disclosure\n"
    )
    assert [one["path"] for one in wapiti.unreported(log)] == ["/order"]
    assert wapiti.unreported("[*] Launching module xxe\n") == []


def test_anomalies_are_findings_as_vulnerabilities_are() -> None:
    hole = {"method": "GET", "path": "/search", "info": "found\nit"}
    said = {"vulnerabilities": {"A hole": [hole], "No hole": []}, "anomalies": {"A failure": [hole]}}
    assert wapiti.findings_of(said) == [
        Finding("A hole", "GET /search", "found it"),
        Finding("A failure", "GET /search", "found it"),
    ]


def test_a_complaint_about_html_is_one_rule_on_every_page() -> None:
    assert html.rule_of("Bad value “a” for attribute “b” on “c”.") == html.rule_of(
        "Bad value “x” for attribute “y” on “z”."
    )
    assert html.rule_of("Duplicate ID “a”.") != html.rule_of("Unclosed element “a”.")


def audit(score: float | None, mode: str = "binary") -> dict[str, object]:
    return {"score": score, "scoreDisplayMode": mode}


def test_an_audit_that_could_not_look_counts_as_failed() -> None:
    names = {"good": audit(1), "bad": audit(0.9), "blind": audit(None, "error"), "absent": audit(None, "notApplicable")}
    categories = {name: {"auditRefs": [{"id": one, "weight": 1} for one in names]} for name in lighthouse.BOUND}
    assert set(lighthouse.failed({"audits": names, "categories": categories})) == {"bad", "blind"}


def test_sharing_is_a_failure_although_the_observatory_calls_it_a_pass() -> None:
    alone = {observatory.SHARING: {"pass": True, "result": "cross-origin-resource-sharing-not-implemented"}}
    shared = {observatory.SHARING: {"pass": True, "result": "cross-origin-resource-sharing-implemented"}}
    assert observatory.failed({"tests": alone}) == set()
    assert observatory.failed({"tests": shared}) == {observatory.SHARING}


def test_pages_that_differ_in_an_id_are_of_one_kind() -> None:
    assert barriers.kind_of(f"/results/{'a1' * 16}/") == barriers.kind_of(f"/results/{'b2' * 16}/")
    assert barriers.kind_of("/people/12/move/") == barriers.kind_of("/people/345/move/")
    assert barriers.kind_of("/people/") != barriers.kind_of("/results/")
