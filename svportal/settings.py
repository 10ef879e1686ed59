"""Settings of the portal: production by default; each variable is listed in `.env.example`."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
import yaml
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django_guid.integrations import CeleryIntegration
from pythonjsonlogger.core import RESERVED_ATTRS
from redis.backoff import NoBackoff
from redis.retry import Retry

from svportal.errors import report_to

BASE_DIR = Path(__file__).resolve().parent.parent
# A secret may be given by file instead: SECRET_KEY_FILE=/run/secrets/secret_key.
env = environ.FileAwareEnv()
env.read_env(env.str("ENV_FILE", default=str(BASE_DIR / ".env")))

# DEVELOPMENT switches on what only a developer's own machine may have: plain http, mail in a
# folder with a page to read it in, a generated secret key. Everything else is the same code.
DEVELOPMENT = env.bool("DEVELOPMENT", default=False)
DEBUG = env.bool("DEBUG", default=False)
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))


def secret(name: str) -> str:
    """Return what may come from a file, without the line end such a file has."""
    return str(env.str(name, default="")).strip()


def required(name: str, what_to_do: str) -> str:
    """Return a setting that production may not run without; say what to do where it is missing."""
    value = secret(name)
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. {what_to_do} See .env.example; "
            "bin/run sets everything up for your own machine."
        )
    return value


if DEVELOPMENT:
    SECRET_KEY = env.str("SECRET_KEY", default="development-only-" + "x" * 50)
else:
    SECRET_KEY = required(
        "SECRET_KEY",
        "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(64))'.",
    )
    if len(SECRET_KEY) < 50 or SECRET_KEY.startswith("development-only"):
        raise ImproperlyConfigured("SECRET_KEY must have at least 50 characters and be your own.")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

# The address people reach the portal at. Links in mails and on certificates are made from it,
# never from what a request claims its host is.
SITE_URL = (
    env.str("SITE_URL", default="http://127.0.0.1:8000")
    if DEVELOPMENT
    else required("SITE_URL", "Give the public address, for example https://award.example.org.")
).rstrip("/")
SITE_HOST = SITE_URL.split("://", 1)[1]
HTTPS = SITE_URL.startswith("https://")
if not HTTPS and not DEVELOPMENT:
    raise ImproperlyConfigured("SITE_URL must start with https:// outside development.")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[]) or [SITE_HOST.split(":")[0]]
if DEVELOPMENT:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1"]
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# The partnership that runs this portal: its name, region, contact and terms of the scheme.
PARTNERSHIP: dict[str, Any] = yaml.safe_load(
    (BASE_DIR / env.str("PARTNERSHIP_FILE", default="fixtures/partnership.yaml")).read_text()
)

# How long what is kept about people is kept, and why.
RETENTION: dict[str, Any] = yaml.safe_load(
    (BASE_DIR / env.str("RETENTION_FILE", default="fixtures/retention.yaml")).read_text()
)

# What each sector promises and measures when it commits to Partner VCFSE.
PARTNER_VCFSE: dict[str, Any] = yaml.safe_load(
    (BASE_DIR / env.str("PARTNER_VCFSE_FILE", default="fixtures/partner-vcfse.yaml")).read_text()
)

INSTALLED_APPS = [
    "svportal",
    "champions",
    "awards",
    "accounts",
    "frameworks",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "svportal.sign_on",
    "allauth.usersessions",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "csp",
    "django_guid",
]

# Headers come first so that redirects, refusals, static files and error pages have them too.
MIDDLEWARE = [
    "django_guid.middleware.guid_middleware",
    "svportal.metrics.CountRequests",
    "svportal.middleware.ResponseHeaders",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "svportal.middleware.WellFormedRequest",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "svportal.middleware.SessionLimits",
    "svportal.middleware.KeepWhatWasTyped",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "svportal.second_factor.SecondFactor",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "svportal.looking.Looking",
    "svportal.middleware.Refusals",
]

ROOT_URLCONF = "svportal.urls"
WSGI_APPLICATION = "svportal.wsgi.application"
FORM_RENDERER = "svportal.forms.FormRenderer"
TEMPLATES = [
    {
        "NAME": "django",
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "svportal.context_processors.page",
            ],
            "builtins": ["svportal.templatetags.components"],
        },
    },
    {
        # Plain-text mails: nothing is escaped, because nothing in them is markup.
        "NAME": "text",
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {"autoescape": False},
    },
]

# Database: SQLite is the embedded default, held to WAL and IMMEDIATE so that concurrent writers
# wait for each other instead of failing (ADR 0002); PostgreSQL by DATABASE_URL.
DATABASE_URL = secret("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'portal.sqlite3'}"
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
DATABASES["default"]["ATOMIC_REQUESTS"] = False
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=600)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c statement_timeout=30000"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Cache, sessions and tasks: embedded without Redis, on Redis with REDIS_URL. With Redis, the
# database stands in while Redis does not answer (ADR 0017), so its table is always there.
REDIS_URL = secret("REDIS_URL")
IN_DATABASE = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
CACHES: dict[str, Any] = {"default": IN_DATABASE, "database": IN_DATABASE}
if REDIS_URL:
    CACHES["default"] = {
        "BACKEND": "svportal.cache.RedisElseDatabase",
        "LOCATION": REDIS_URL,
        "OPTIONS": {
            "socket_connect_timeout": 0.5,
            "socket_timeout": 0.5,
            "retry": Retry(NoBackoff(), 0),
            "health_check_interval": 30,
        },
    }
CELERY_BROKER_URL = REDIS_URL or "memory://localhost"
CELERY_TASK_ALWAYS_EAGER = not REDIS_URL
CELERY_TASK_EAGER_PROPAGATES = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# Short, since a request waits for it once (accounts/tasks.py); the worker asks again by itself.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 0.5,
    "socket_timeout": 0.5,
    "max_retries": 0,
    "interval_start": 0,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "Europe/London"
SWEEP_SECONDS = env.float("SWEEP_SECONDS", default=60.0)
CELERY_BEAT_SCHEDULE = {
    "send_outbox": {"task": "accounts.tasks.send_outbox", "schedule": SWEEP_SECONDS},
    "scan_files": {"task": "awards.tasks.scan_files", "schedule": SWEEP_SECONDS},
    "make_missing": {"task": "awards.tasks.make_missing", "schedule": SWEEP_SECONDS},
    "try_links": {"task": "awards.tasks.try_renewal_links", "schedule": 5 * SWEEP_SECONDS},
    "daily": {"task": "svportal.tasks.daily", "schedule": 60.0 * 60 * 6},
}

# Files: a private folder outside anything served; S3-compatible storage by S3_BUCKET.
MEDIA_ROOT = DATA_DIR / "files"
MEDIA_URL = "/not-served/"
FILE_UPLOAD_PERMISSIONS = 0o600
# On the same disk as the files, so that taking a file in is a change of name, not a copy.
INCOMING_DIR = DATA_DIR / "incoming"
# Backups: best on another disk, and copied from there to another house (docs/operating.md).
BACKUP_DIR = Path(env.str("BACKUP_DIR", default="") or DATA_DIR / "backups")
BACKUP_DAYS = env.int("BACKUP_DAYS", default=90)
FILE_UPLOAD_HANDLERS = ["awards.upload_handlers.BoundedUploadHandler"]
# In production every file waits as 'being checked' until the scanner has found it clean, however
# long that takes. Off, as on a developer's machine: pages say that files are not scanned.
VIRUS_SCAN = env.bool("VIRUS_SCAN", default=not DEVELOPMENT)
# Links of evidence that a renewal builds on are tried by the worker. Off, as on a developer's own
# machine or where the worker has no way out: the page says that they are not checked.
LINK_CHECK = env.bool("LINK_CHECK", default=not DEVELOPMENT)
CLAMD_URL = env.str("CLAMD_URL", default="unix:///run/clamav/clamd.ctl")
CLAMD_SECONDS = env.float("CLAMD_SECONDS", default=60.0)
CLAMD_SIGNATURE_HOURS = env.float("CLAMD_SIGNATURE_HOURS", default=48.0)
if urlsplit(CLAMD_URL).scheme not in {"unix", "tcp"}:
    raise ImproperlyConfigured(
        "CLAMD_URL must be like unix:///run/clamav/clamd.ctl or tcp://clamd:3310."
    )
DATA_UPLOAD_MAX_NUMBER_FILES = 20
S3_BUCKET = env.str("S3_BUCKET", default="")
# Downloads of evidence by a signed link to the store that holds for so long; 0: through the portal,
# because a store cannot add the headers they should have (ADR 0016).
S3_LINK_SECONDS = env.int("S3_LINK_SECONDS", default=0) if S3_BUCKET else 0
STORAGES: dict[str, Any] = {
    "default": (
        {
            "BACKEND": "svportal.bucket.PrivateBucket",
            "OPTIONS": {
                "bucket_name": S3_BUCKET,
                "endpoint_url": env.str("S3_ENDPOINT_URL", default="") or None,
                "region_name": env.str("S3_REGION", default="eu-west-2"),
                "addressing_style": env.str("S3_ADDRESSING_STYLE", default="path"),
                "access_key": secret("AWS_ACCESS_KEY_ID") or None,
                "secret_key": secret("AWS_SECRET_ACCESS_KEY") or None,
            },
        }
        if S3_BUCKET
        else {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    ),
    "staticfiles": {"BACKEND": "svportal.storage.StaticFiles"},
}
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "build" / "collected")))
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATICFILES_DIRS = [BASE_DIR / "static", BASE_DIR / "build" / "static"]

# The key awards are signed with: a folder of its own, outside the database and its backup. Only
# development puts it beside the rest; production without one does not start (wsgi.py) and says so.
_keys_dir = env.str("KEYS_DIR", default="") or (str(DATA_DIR / "keys") if DEVELOPMENT else "")
KEYS_DIR = Path(_keys_dir) if _keys_dir else None

# Mail.
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="") or PARTNERSHIP["email_from"]
SERVER_EMAIL = DEFAULT_FROM_EMAIL
if DEVELOPMENT and not env.str("EMAIL_HOST", default=""):
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
else:
    EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="django.core.mail.backends.smtp.EmailBackend")
    EMAIL_HOST = env.str("EMAIL_HOST", default="") or "localhost"
    EMAIL_PORT = env.int("EMAIL_PORT", default=25)
    EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
    EMAIL_HOST_PASSWORD = secret("EMAIL_HOST_PASSWORD")
    EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
    EMAIL_TIMEOUT = 10

# People.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.passwords.NotLikeThePerson"},
    {"NAME": "accounts.passwords.LongEnough", "OPTIONS": {"min_length": 12}},
    {"NAME": "accounts.passwords.NotCommon"},
    {"NAME": "accounts.passwords.NotExpected"},
    {"NAME": "accounts.passwords.NotOnlyDigits"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
ACCOUNT_ADAPTER = "svportal.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignUpDetails"
ACCOUNT_FORMS = {
    "login": "svportal.account_forms.SignInForm",
    "signup": "svportal.account_forms.SignUpForm",
    "add_email": "svportal.account_forms.ChangeEmailForm",
    "change_password": "svportal.account_forms.ChangePasswordForm",
    "set_password": "svportal.account_forms.SetPasswordForm",
    "reset_password": "svportal.account_forms.ResetPasswordForm",
    "reset_password_from_key": "svportal.account_forms.ResetPasswordKeyForm",
    "request_login_code": "svportal.account_forms.RequestLoginCodeForm",
    "confirm_login_code": "svportal.account_forms.ConfirmLoginCodeForm",
    "confirm_email_verification_code": "svportal.account_forms.ConfirmEmailVerificationCodeForm",
    "reauthenticate": "svportal.account_forms.ReauthenticateForm",
}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
# Mail is sometimes slow, so codes work for a while and can be asked for again. The address cannot
# be changed on the page for the code: allauth offers that only where there was no account yet.
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.reset_links.NewestLink"  # noqa: S105
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
# Checks of one account's password or code, wherever they come from; one key is one account.
GUESSES = "10/5m/{0},20/15m/{0}"
ACCOUNT_RATE_LIMITS = {
    "login_failed": GUESSES.format("key"),
    "reauthenticate": GUESSES.format("user"),
    "change_password": GUESSES.format("user"),
    "reset_password": "20/m/ip,3/h/key",
}
RATE_LIMITS = {"verify": "60/m/ip", "sign_on": "30/m/ip"}
USERSESSIONS_TRACK_ACTIVITY = False
# The second factor: required of whoever is trusted with what is others' (svportal.second_factor).
MFA_ADAPTER = "svportal.second_factor.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
# A code counts for half a minute before and after, since telephones' clocks differ; but only once.
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEVELOPMENT
MFA_FORMS = {
    "authenticate": "svportal.factor_forms.AuthenticateForm",
    "reauthenticate": "svportal.factor_forms.ReauthenticateForm",
    "activate_totp": "svportal.factor_forms.ActivateTOTPForm",
    "add_webauthn": "svportal.factor_forms.AddPasskeyForm",
    "edit_webauthn": "svportal.factor_forms.EditPasskeyForm",
}
# Single sign-on, where an issuer is named. Its word opens accounts, so it has to come by https.
OIDC_ISSUER = env.str("OIDC_ISSUER", default="")
OIDC_NAME = env.str("OIDC_NAME", default="your organisation’s account")
OIDC_CLIENT_ID = (
    required("OIDC_CLIENT_ID", "It is what the issuer calls this portal.") if OIDC_ISSUER else ""
)
OIDC_CLIENT_SECRET = (
    required("OIDC_CLIENT_SECRET", "The issuer gives it to you.") if OIDC_ISSUER else ""
)
OIDC_EMAIL_DOMAINS = [domain.lower() for domain in env.list("OIDC_EMAIL_DOMAINS", default=[])]
OIDC_SECOND_FACTOR = env.list("OIDC_SECOND_FACTOR", default=[])
if OIDC_ISSUER and not OIDC_ISSUER.startswith("https://") and not DEVELOPMENT:
    raise ImproperlyConfigured("OIDC_ISSUER must start with https:// outside development.")
SOCIALACCOUNT_ADAPTER = "svportal.sign_on.adapters.SignOnAdapter"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
PASSWORD_RESET_TIMEOUT = 60 * 60
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_IDLE_SECONDS = 2 * 60 * 60
SESSION_IDLE_SECONDS_STAFF = 30 * 60

# Browser security. `__Host-` cookies need https, so a developer's plain http goes without.
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = HTTPS
SECURE_SSL_HOST = SITE_HOST  # plain http goes to this name, whatever host it claims
# The one proxy in front says whether the browser came by https and from which address; without
# one these headers are the visitor's own words and are not read.
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
ALLAUTH_TRUSTED_PROXY_COUNT = int(BEHIND_PROXY)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# In the session, not in a cookie of their own that would need the same care.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_FAILURE_VIEW = "svportal.views.pages.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["svportal.formats"]

# Watching. Each request has an id, which goes out with the answer, into every line of the log and
# along with the tasks it starts. (Where tasks run at once, they are the request's own.)
DJANGO_GUID = {
    "GUID_HEADER_NAME": "X-Request-ID",
    "EXPOSE_HEADER": False,
    "INTEGRATIONS": [] if CELERY_TASK_ALWAYS_EAGER else [CeleryIntegration()],
}
METRICS_TOKEN = secret("METRICS_TOKEN")
SENTRY_DSN = secret("SENTRY_DSN")
report_to(SENTRY_DSN)

# One JSON object a line in production, where no text can make a line of its own. For people's eyes
# the text of a message is quoted for the same reason.
LOG_FORMAT = env.str("LOG_FORMAT", default="line" if DEVELOPMENT else "json")
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)r"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(timestamp)s %(levelname)s %(name)s %(message)s %(request_id)s",
            "timestamp": True,
            # A request has an address, which may carry a token.
            "reserved_attrs": [*RESERVED_ATTRS, "request"],
        },
    },
    "filters": {
        "request_id": {
            "()": "django_guid.log_filters.CorrelationId",
            "correlation_id_field": "request_id",
        }
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["request_id"],
        }
    },
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    # What these say at INFO is each task that went well and each step of each document.
    "loggers": {
        "celery.app.trace": {"level": "WARNING"},
        "django_guid": {"level": "WARNING"},
        "fido2.server": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "svportal.requests": {"level": "INFO" if LOG_FORMAT == "json" else "WARNING"},
        "weasyprint.progress": {"level": "WARNING"},
    },
}
