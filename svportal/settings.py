"""Settings of the portal: production by default; each variable is listed in `.env.example`."""

from pathlib import Path
from typing import Any

import environ
import yaml
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

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

INSTALLED_APPS = [
    "svportal",
    "champions",
    "awards",
    "accounts",
    "frameworks",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "csp",
]

# Headers come first so that redirects, refusals, static files and error pages have them too.
MIDDLEWARE = [
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
    "allauth.usersessions.middleware.UserSessionsMiddleware",
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

# Cache, sessions and tasks: embedded without Redis, on Redis with REDIS_URL.
REDIS_URL = secret("REDIS_URL")
CACHES: dict[str, Any] = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
    )
}
CELERY_BROKER_URL = REDIS_URL or "memory://localhost"
CELERY_TASK_ALWAYS_EAGER = not REDIS_URL
CELERY_TASK_EAGER_PROPAGATES = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 5}
CELERY_TIMEZONE = "Europe/London"
CELERY_BEAT_SCHEDULE = {
    "send_outbox": {"task": "accounts.tasks.send_outbox", "schedule": 60.0},
    "daily": {"task": "svportal.tasks.daily", "schedule": 60.0 * 60 * 6},
}

# Files: a private folder outside anything served; S3-compatible storage by S3_BUCKET.
MEDIA_ROOT = DATA_DIR / "files"
MEDIA_URL = "/not-served/"
FILE_UPLOAD_PERMISSIONS = 0o600
# On the same disk as the files, so that taking a file in is a change of name, not a copy.
INCOMING_DIR = DATA_DIR / "incoming"
FILE_UPLOAD_HANDLERS = ["awards.upload_handlers.BoundedUploadHandler"]
# Files wait as 'being checked' while this is on. Off: pages say that files are not scanned.
VIRUS_SCAN = env.bool("VIRUS_SCAN", default=False)
DATA_UPLOAD_MAX_NUMBER_FILES = 20
STORAGES: dict[str, Any] = {
    "default": (
        {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": env.str("S3_BUCKET"),
                "endpoint_url": env.str("S3_ENDPOINT_URL", default=None),
                "default_acl": "private",
                "querystring_auth": True,
                "querystring_expire": 300,
                "file_overwrite": False,
            },
        }
        if env.str("S3_BUCKET", default="")
        else {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    ),
    "staticfiles": {"BACKEND": "svportal.storage.StaticFiles"},
}
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "build" / "collected")))
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATICFILES_DIRS = [BASE_DIR / "static", BASE_DIR / "build" / "static"]

# Mail.
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="") or PARTNERSHIP["email_from"]
SERVER_EMAIL = DEFAULT_FROM_EMAIL
if DEVELOPMENT:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
else:
    EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="django.core.mail.backends.smtp.EmailBackend")
    EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
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
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_RATE_LIMITS = {"login_failed": "10/5m/key,20/15m/key"}
USERSESSIONS_TRACK_ACTIVITY = False
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

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)r"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    # What these say at INFO is each task that went well and each step of each document.
    "loggers": {
        "celery.app.trace": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "weasyprint.progress": {"level": "WARNING"},
    },
}
