from typing import Any

import pytest
from django.test import Client

from andon.features.setup import code


@pytest.fixture(autouse=True)
def installation(settings: Any, tmp_path: Any, key_directory: Any) -> Any:
    """A new installation, as `andon prepare` leaves it, that real people will use."""
    settings.DATA_DIRECTORY = tmp_path
    settings.SIGNING_KEY_FILE = str(tmp_path / "signing.key")
    settings.SECRET_KEY = "Jk3-qWz8Lm2Xv9Rt5Yb7Nc4Hd6Fg1Ps0Ua"
    settings.STEWARD_KEY_FILE = ""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE[:3], settings.FIRST_RUN, *settings.MIDDLEWARE[3:]]
    return tmp_path


@pytest.fixture
def stella(installation: Any) -> Client:
    """A browser in which the right code was typed."""
    client = Client()
    assert client.post("/setup/", {"code": code.make(installation)}).status_code == 302
    return client
