"""Every page in every state as a file, for who reads files: pytest tests/pages/keeping.py, with KEEP_PAGES_IN a folder.

No test of every run: its name does not begin like one. The pages of the anonymous door are among them.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.urls import Resolver404

from andon.features.ballots import public as ballots
from andon.features.ballots import views as anonymous_views
from andon.features.rooms import bundle as rooms_bundle
from tests.lived_in import LivedIn
from tests.pages import visiting

LEAST_PAGES = 300


@pytest.mark.timeout(400)
@pytest.mark.django_db(databases="__all__")
def test_pages_are_kept(lived_in: LivedIn, rf: Any) -> None:
    pages = {f"{one.what}, by {one.by}": one.content for one in visiting.every_page(lived_in, every=True)}
    pages |= {f"{n} of rounds": one.content for n, one in ballots.installed_bundle().items() if n.endswith(".html")}
    pages |= {f"{n} of rooms": one.content for n, one in rooms_bundle.installed().items() if n.endswith(".html")}
    absent = anonymous_views.not_found(rf.get("/no/such/page"), Resolver404())
    pages["absent at the anonymous door"] = absent.content
    assert len(pages) > LEAST_PAGES
    folder = Path(os.environ["KEEP_PAGES_IN"])
    names = {f"{number:04}.html": name for number, name in enumerate(pages)}
    for file, name in names.items():
        (folder / file).write_bytes(pages[name])
    (folder / "names.json").write_text(json.dumps(names))
