"""The anonymous door: it knows nobody. No session, no auth, no cookie, no access log, no address."""

import os
import secrets

from andon.project.settings.base import *  # noqa: F403
from andon.project.settings.base import ANONYMOUS_ORIGIN, LOG_FORMAT, database, host_of

# Nothing is signed here. The app's key would only be one more secret that this account can read.
SECRET_KEY = secrets.token_urlsafe(48)
# Also not the app's name, so that a proxy that mixes the two up is noticed.
ALLOWED_HOSTS = [host_of(ANONYMOUS_ORIGIN)]

# There is no `default`: a query that strays there fails instead of finding a person.
DATABASES = {"default": {}, "ballots": database("ballots"), "mailboxes": database("mailboxes")}

INSTALLED_APPS = ["andon.features.publiclog", "andon.features.ballots"]

MIDDLEWARE = ["andon.features.ballots.middleware.NobodyIsKnownHere"]

SILENCED_SYSTEM_CHECKS = [
    # That middleware sets the headers of Django's, on every answer, and stricter.
    "security.W001",
    "security.W002",
    # Nobody is known here, so there is nothing that another site could do in their name.
    "security.W003",
]

ROOT_URLCONF = "andon.project.urls_anonymous"
WSGI_APPLICATION = "andon.project.wsgi_anonymous.application"
TEMPLATES: list[dict[str, object]] = []
# Said by `andon serve` where this door is several processes: rooms are in the memory of one.
ROOMS_KEPT_AT = os.environ.get("ROOMS_KEPT_AT", "")
# Nothing is larger than a ballot, and that has 4,096 bytes.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8_192

# Django's own request logger would print the path of a failed request; here nothing about a request is kept.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": True,
    # Neither has a time. What collects the lines adds one: docs/operations/logs-and-metrics.md.
    "formatters": {
        "line": {
            "()": f"andon.project.log_lines.{'JsonLinesWithoutTime' if LOG_FORMAT == 'json' else 'WithoutValues'}",
            "format": "%(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
        "null": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["null"], "level": "CRITICAL"},
    "loggers": {
        "django": {"handlers": ["null"], "propagate": False},
        "andon": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
