"""What both doors share: where things lie, which databases there are, how strings are translated.

Every value that differs between installations comes from the environment, or from `andon.env` or another file in
ANDON_DATA; `docs/operations/settings.md` lists them all.
"""

import os
import re
from pathlib import Path

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from andon.gateways.cli import env_file
from andon.project.origins import host_of as host_of

try:
    env_file.apply(os.environ)
except env_file.BadEnvFile as _error:
    raise ImproperlyConfigured(str(_error)) from None


def read_secret(name: str, default: str = "") -> str:
    """The value of the variable, or of the file that <variable>_FILE names."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        return Path(file).read_text().strip()
    return os.environ.get(name, default)


def read_flag(name: str) -> bool:
    return os.environ.get(name, "").strip().lower() in {"1", "true", "yes", "on"}


def read_count(name: str, default: int) -> int:
    """Raises: ImproperlyConfigured."""
    value = os.environ.get(name, "").strip() or str(default)
    if not re.fullmatch("[0-9]{1,9}", value) or int(value) < 1:
        raise ImproperlyConfigured(f"{name} is {value!r}, which is not a number from 1.")
    return int(value)


# What the environment says comes before what a steward chose on the settings page.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name.startswith("ANDON_")}
# Two flags of version 0.1.0, which one setting replaced.
for _flag, _security in (("ANDON_SMTP_STARTTLS", "starttls"), ("ANDON_SMTP_TLS", "tls")):
    if read_flag(_flag):
        ENVIRONMENT.setdefault("ANDON_SMTP_SECURITY", _security)

DATA_DIRECTORY = Path(os.environ.get("ANDON_DATA", "var")).absolute()
KEY_DIRECTORY = Path(os.environ.get("ANDON_KEYS", str(DATA_DIRECTORY / "keys"))).absolute()
DEMO = read_flag("ANDON_DEMO")

APP_ORIGIN = os.environ.get("ANDON_APP_ORIGIN", "http://localhost:8000").rstrip("/")
ANONYMOUS_ORIGIN = os.environ.get("ANDON_ANONYMOUS_ORIGIN", "http://localhost:8001").rstrip("/")
BEHIND_TLS = APP_ORIGIN.startswith("https://")

# How often one slot may be written in a minute, by each process of the anonymous door.
CASTS_A_MINUTE = read_count("ANDON_CASTS_A_MINUTE", 10)

DEBUG = False
LOG_FORMAT = os.environ.get("ANDON_LOG_FORMAT") or "text"
if LOG_FORMAT not in {"text", "json"}:
    raise ImproperlyConfigured(f"ANDON_LOG_FORMAT is {LOG_FORMAT!r}, which is neither text nor json.")


def read_secret_key() -> str:
    """What signs sessions and forms. Raises: ImproperlyConfigured."""
    file = DATA_DIRECTORY / "secret-key"
    try:
        key = read_secret("ANDON_SECRET_KEY") or (file.read_text().strip() if file.exists() else "")
    except OSError as error:
        raise ImproperlyConfigured(
            f"The secret key cannot be read: {error.strerror}. Nothing was changed. Let this account, and no other, "
            f"read {os.environ.get('ANDON_SECRET_KEY_FILE') or file}."
        ) from None
    if not key:
        raise ImproperlyConfigured(
            f"There is no secret key. Nothing was changed. Run `andon prepare` once, which writes {file}, "
            "or set ANDON_SECRET_KEY_FILE."
        )
    return key


def _sqlite(file: Path) -> dict[str, object]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(file),
        "OPTIONS": {
            # A writer asks for the lock at once instead of failing when it upgrades from reader to writer.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # FULL: what was acknowledged is on the disk. secure_delete: freed bytes are overwritten.
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY;"
            ),
        },
        "CONN_MAX_AGE": None,
    }


def database(alias: str) -> dict[str, object]:
    """ANDON_DATABASE_<ALIAS>_URL where it is given, otherwise a SQLite file of its own."""
    variable = f"ANDON_DATABASE_{alias.upper()}_URL"
    url = read_secret(variable)
    if not url:
        return _sqlite(DATA_DIRECTORY / ("app.sqlite3" if alias == "default" else f"{alias}.sqlite3"))
    if url.startswith("sqlite:////"):
        # Elsewhere than in the data directory: a folder that the account of the anonymous door shares.
        return _sqlite(Path(url.removeprefix("sqlite:///")))
    parsed = dj_database_url.parse(url, conn_max_age=None, conn_health_checks=True)
    if parsed["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured(
            f"{variable} must name a PostgreSQL database, or a file such as sqlite:////srv/andon/ballots.sqlite3, "
            "or be left out."
        )
    # The database reads and plans a statement once per connection instead of each time. A pooler between must know
    # prepared statements (PgBouncer from 1.21 does).
    parsed["OPTIONS"] = {**parsed.get("OPTIONS", {}), "server_side_binding": True, "prepare_threshold": 5}
    return dict(parsed)


DATABASE_ROUTERS = ["andon.project.routers.AliasByFeature"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = os.environ.get("ANDON_TIME_ZONE", "UTC")
USE_I18N = True
FORMAT_MODULE_PATH = "andon.project.formats"
LANGUAGE_CODE = "en"
# Each in its own words, so that whoever reads nothing else finds it.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [Path(__file__).resolve().parents[2] / "locale"]

FORM_RENDERER = "andon.foundation.interface.rendering.Renderer"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
# Also names below ours: somebody on the way could otherwise make one up, and set cookies for all of them.
SECURE_HSTS_INCLUDE_SUBDOMAINS = BEHIND_TLS
SECURE_SSL_REDIRECT = False
X_FRAME_OPTIONS = "DENY"
