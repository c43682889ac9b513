"""Settings of the test run: the app's, on databases and folders of their own.

Hermetic: nothing that the environment says about an installation is heard here.
Every process (also every worker of pytest-xdist) has its own temporary folder with four real SQLite files.
With ANDON_TEST_DATABASE=postgres the four databases are on a PostgreSQL server whose folder is shared by
all processes of the run; the root conftest.py starts and stops it.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

for _name in [name for name in os.environ if name.startswith("ANDON_") and not name.startswith("ANDON_TEST_")]:
    del os.environ[_name]
_folder = Path(tempfile.mkdtemp(prefix="andon-test-"))
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["ANDON_DATA"] = str(_folder)
os.environ["ANDON_SECRET_KEY"] = "only-for-tests-" + "x" * 50
# What is prepared once in a run is shared by its processes: tests/prepared.py.
os.environ.setdefault("ANDON_TEST_PREPARED", str(_folder / "prepared"))
ON_POSTGRES = os.environ.get("ANDON_TEST_DATABASE", "sqlite") == "postgres"
if ON_POSTGRES:
    # Set here rather than in conftest.py because pytest-django reads the settings before it.
    _server = os.environ.setdefault("ANDON_TEST_POSTGRES", str(_folder / "postgres"))
    for _alias in ("default", "ballots", "issuance", "mailboxes"):
        os.environ[f"ANDON_DATABASE_{_alias.upper()}_URL"] = f"postgresql://postgres@/andon_{_alias}?host={_server}"

from andon.project.settings.app import *  # noqa: E402, F403
from andon.project.settings.app import DATABASES, MIDDLEWARE  # noqa: E402

for _alias, _database in DATABASES.items():
    if not ON_POSTGRES:
        # Without a name Django would test on a database in memory, which has no WAL and no second connection.
        _database["TEST"] = {"NAME": str(_folder / f"test-{_alias}.sqlite3")}
        # No test takes the power away, and tens of thousands of transactions need not wait for the disk.
        _options: Any = _database["OPTIONS"]
        _options["init_command"] += " PRAGMA synchronous=OFF;"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Most tests look at one room on an empty database; those of the set-up put it back.
FIRST_RUN = "andon.features.setup.middleware.FirstRun"
MIDDLEWARE.remove(FIRST_RUN)
# Looked for when they are asked for: each test client would otherwise read all of them again at its start, which takes
# longer than most pages.
WHITENOISE_AUTOREFRESH = True
