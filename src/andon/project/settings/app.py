"""The app door and the worker: people sign in here."""

from django.core.exceptions import ImproperlyConfigured

from andon.project.settings.base import *  # noqa: F403
from andon.project.settings.base import (
    ANONYMOUS_ORIGIN,
    APP_ORIGIN,
    BEHIND_TLS,
    DATA_DIRECTORY,
    DEMO,
    LOG_FORMAT,
    database,
    host_of,
    os,
    read_flag,
    read_secret_key,
)

SECRET_KEY = read_secret_key()

DATABASES = {alias: database(alias) for alias in ("default", "ballots", "issuance", "mailboxes")}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "andon.foundation.people",
    "andon.foundation.organisation",
    "andon.foundation.permissions",
    "andon.foundation.audit",
    "andon.foundation.configuration",
    "andon.foundation.notifications",
    "andon.foundation.jobs",
    "andon.foundation.tokens",
    "andon.foundation.invitations",
    "andon.foundation.providers",
    "andon.foundation.interface",
    # After ours, whose templates come first.
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "andon.features.publiclog",
    "andon.features.ballots",
    "andon.features.guide",
    "andon.features.instruments",
    "andon.features.releases",
    "andon.features.rounds",
    "andon.features.cadence",
    "andon.features.issuance",
    "andon.features.closing",
    "andon.features.results",
    "andon.features.verify",
    "andon.features.privacy",
    "andon.features.today",
    "andon.features.setup",
    "andon.gateways.cli",
    "andon.gateways.demo",
]

AUTH_USER_MODEL = "people.Member"
AUTHENTICATION_BACKENDS = [
    "andon.foundation.people.backends.MemberBackend",
    "andon.foundation.people.backends.SignInBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "andon.foundation.people.passwords.HardToGuess"},
]
# A list that the operator keeps, for nobody outside is asked.
BREACHED_PASSWORDS_FILE = os.environ.get("ANDON_BREACHED_PASSWORDS", "")
if BREACHED_PASSWORDS_FILE and not os.path.isfile(BREACHED_PASSWORDS_FILE):
    raise ImproperlyConfigured(
        f"ANDON_BREACHED_PASSWORDS names {BREACHED_PASSWORDS_FILE}, where no file is. Nothing was changed. "
        "Put the list there, or unset it."
    )

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    # Before static files, so that they say the same.
    "andon.foundation.interface.middleware.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "andon.gateways.rest.problems.Problems",
    "andon.features.setup.middleware.FirstRun",
    "andon.foundation.configuration.middleware.SettingsOnce",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "andon.foundation.organisation.middleware.LanguageOfPage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "andon.foundation.people.middleware.MemberChoices",
    "andon.foundation.people.middleware.SecondFactorFirst",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "andon.foundation.providers.gate.OnlyThisWay",
]

ROOT_URLCONF = "andon.project.urls_app"
WSGI_APPLICATION = "andon.project.wsgi_app.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "andon.foundation.interface.context.page",
            ],
        },
    },
]

SILENCED_SYSTEM_CHECKS = [
    # Without TLS this door is not there: it listens to one port, and a proxy in front leads on by itself.
    "security.W008",
    # Browsers carry such a list with them, and who is on it cannot easily leave: that is for the domain's owner.
    "security.W021",
]

STATIC_URL = "/static/"
STATIC_ROOT = os.environ.get("ANDON_STATIC", "")
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
# No page of another origin needs a file of ours.
WHITENOISE_ALLOW_ALL_ORIGINS = False

# Under "no-referrer" browsers send `Origin: null` with a form, and the CSRF check refuses it.
# Other sites learn nothing.
SECURE_REFERRER_POLICY = "same-origin"

SESSION_ENGINE = "andon.foundation.people.sessions"
SESSION_COOKIE_NAME = "__Host-andon" if BEHIND_TLS else "andon"
SESSION_COOKIE_SECURE = BEHIND_TLS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
# A session row that is written at every request would say when somebody was here.
SESSION_SAVE_EVERY_REQUEST = False
CSRF_COOKIE_NAME = "__Host-andon-csrf" if BEHIND_TLS else "andon-csrf"
CSRF_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_TRUSTED_ORIGINS = [APP_ORIGIN]
# Messages live in the session: there is no cookie beside its own and that of the CSRF token.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_FAILURE_VIEW = "andon.foundation.interface.views.csrf_failure"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if read_flag("ANDON_BEHIND_PROXY") else None

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "andon.foundation.providers.gate.Gate"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
# Nobody signs up; without a password among these fields allauth would take it off the sign-in form as well.
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PREVENT_ENUMERATION = True
# An unknown address gets a letter too: the answer then takes as long as it does for a member.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_FORMS = {
    "request_login_code": "andon.foundation.people.forms.AskForCode",
    "confirm_login_code": "andon.foundation.people.forms.EnterCode",
    "login": "andon.foundation.people.forms.SignInByPassword",
    "set_password": "andon.foundation.people.forms.SetPassword",
    "change_password": "andon.foundation.people.forms.ChangePassword",
}
# In the memory of each process, for minutes. What is counted for one address by all processes is in people/locks.py.
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip"}
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if read_flag("ANDON_BEHIND_PROXY") else 0
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
SOCIALACCOUNT_ADAPTER = "andon.foundation.providers.adapter.NothingKept"
SOCIALACCOUNT_STORE_TOKENS = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_ADAPTER = "andon.foundation.people.mfa.SealedFactors"
MFA_FORMS = {"authenticate": "andon.foundation.people.forms.EnterSecondFactor"}
MFA_PASSKEY_LOGIN_ENABLED = True
# Half a minute to each side, for clocks that differ.
MFA_TOTP_TOLERANCE = 1

EMAIL_BACKEND = f"andon.foundation.notifications.{'outbox.OutboxBackend' if DEMO else 'smtp.ChosenServer'}"

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}

# Held by the steward, offline, wherever an installation can afford it: see docs/operations/keys.md.
# A demonstration has no steward to ask, so its key lies where `andon demo` puts it.
STEWARD_KEY_FILE = os.environ.get("ANDON_STEWARD_KEY_FILE") or (str(DATA_DIRECTORY / "steward.key") if DEMO else "")
# The key of this machine that the steward's key delegates to.
SIGNING_KEY_FILE = os.environ.get("ANDON_SIGNING_KEY_FILE") or str(DATA_DIRECTORY / "signing.key")

FRAME_SOURCES = [ANONYMOUS_ORIGIN]
# Not under the name of the anonymous door: a proxy that mixes the two up is noticed, and `next` sends nobody there.
ALLOWED_HOSTS = [host_of(APP_ORIGIN)]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": f"andon.project.log_lines.{'JsonLines' if LOG_FORMAT == 'json' else 'WithoutValues'}",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("ANDON_LOG_LEVEL", "WARNING")},
    "loggers": {
        "andon": {"level": "INFO"},
        # A line for each request that was answered with no would say when somebody asked for what, a slip included.
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "CRITICAL"},
        # It would write down each passkey that is made or used, with the second.
        "fido2": {"level": "WARNING"},
    },
}
