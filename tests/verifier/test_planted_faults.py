"""The verifier's promises are shown able to fail: a weaker verifier is planted, and the test must notice."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from andon.verifier import fetching, pins, report, verification
from tests.verifier import test_verifier as promises
from tests.verifier.made import Organisation, Server, serving


def _nothing(*_: Any, **__: Any) -> None:
    return None


class _Redirects(fetching._SameHostOnly):
    redirect_request = fetching.urllib.request.HTTPRedirectHandler.redirect_request  # type: ignore[assignment]


_check_chain = verification.check_chain
_included = verification._included


def _reads_without_checking(_entries: object) -> Any:
    return _check_chain(Organisation.whole().entries)


FAULTS: dict[str, tuple[Any, str, Any, Callable[[Server, Path], None]]] = {
    "places in the tree are not checked": (
        verification,
        "_included",
        lambda *_: True,
        promises.test_a_ghost_member_in_a_new_leaf_is_caught,
    ),
    "figures are not compared": (
        verification,
        "_included",
        lambda *_: True,
        promises.test_figures_changed_after_the_release_are_caught,
    ),
    "the files of colleagues are not compared": (
        verification._Run,
        "compare_units",
        _nothing,
        lambda _, folder: promises.test_one_person_behind_a_key_of_their_own_is_caught_by_two_files(folder),
    ),
    "trees may hold a unit in two places": (
        verification,
        "_included",
        lambda leaf, place, tree, at=None: _included(leaf, place, tree),
        lambda _, folder: promises.test_a_list_or_figures_from_a_spare_place_of_the_tree_are_caught(folder),
    ),
    "rosters are not compared": (
        verification,
        "check_opening",
        _nothing,
        promises.test_a_ghost_member_added_after_publication_is_caught,
    ),
    "receipts are not compared": (
        verification._Run,
        "_check_receipt",
        _nothing,
        lambda _, folder: promises.test_a_ballot_dropped_before_the_close_is_caught_by_its_receipt(folder),
    ),
    "rosters are endless": (
        verification,
        "len",
        lambda _: 1_000,
        lambda _, folder: promises.test_more_ballots_than_members_are_caught(folder),
    ),
    "pages are not compared": (
        verification._Run,
        "_check_page",
        _nothing,
        lambda server, _: promises.test_an_altered_answering_page_is_caught(server),
    ),
    "files are not compared": (
        verification._Run,
        "_check_bundle",
        _nothing,
        lambda server, _: promises.test_an_altered_or_missing_file_of_the_bundle_is_caught(server, 200, b"spy()"),
    ),
    "the chain is not checked": (
        verification,
        "check_chain",
        _reads_without_checking,
        lambda server, _: promises.test_a_changed_and_rechained_manifest_is_caught(server),
    ),
    "pins are not compared": (pins, "objection", _nothing, promises.test_a_forked_log_is_caught_by_its_pin),
    "redirects are followed": (
        fetching,
        "_SameHostOnly",
        _Redirects,
        lambda server, _: promises.test_a_redirect_to_another_host_is_not_followed(server),
    ),
    "text is printed as it comes": (
        report,
        "printable",
        str,
        lambda server, _: promises.test_a_name_cannot_repaint_the_terminal(server),
    ),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_weaker_verifier_is_noticed(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where, name, weaker, promise = FAULTS[what]
    for folder in ("honest", "weaker"):
        (tmp_path / folder).mkdir()
    with serving(Organisation.whole()) as server:
        promise(server, tmp_path / "honest")
    with serving(Organisation.whole()) as server, monkeypatch.context() as planted:
        planted.setattr(where, name, weaker, raising=False)
        # BaseException, because pytest's own failures are none of Exception. A promise that finds one problem
        # unpacks it, so that none, or two, is a ValueError; a search that finds none is a StopIteration.
        with pytest.raises(BaseException) as noticed:  # noqa: PT011
            promise(server, tmp_path / "weaker")
    assert isinstance(noticed.value, AssertionError | ValueError | StopIteration), what
