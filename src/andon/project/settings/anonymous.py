"""The anonymous door: it knows nobody. No session, no auth, no cookie, no access log, no address."""

from andon.project.settings.base import *  # noqa: F403
from andon.project.settings.base import database

# There is no `default`: a query that strays there fails instead of finding a person.
DATABASES = {"default": {}, "ballots": database("ballots"), "mailboxes": database("mailboxes")}

INSTALLED_APPS = ["andon.features.publiclog", "andon.features.ballots"]

MIDDLEWARE = ["andon.features.ballots.middleware.NobodyIsKnownHere"]

ROOT_URLCONF = "andon.project.urls_anonymous"
WSGI_APPLICATION = "andon.project.wsgi_anonymous.application"
TEMPLATES: list[dict[str, object]] = []
# One body size only, and it is 4,096 bytes.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8_192

# Django's own request logger would print the path of a failed request; here nothing about a request is kept.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": True,
    "formatters": {"line": {"format": "%(levelname)s %(name)s %(message)s"}},
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
