"""The portal's settings as tests see them: a development machine, with nothing of this one."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_folder = tempfile.mkdtemp(prefix="svportal-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
for _name in (
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "S3_BUCKET",
    "VIRUS_SCAN",
    "CLAMD_URL",
    "BEHIND_PROXY",
    "DEBUG",
    "EMAIL_HOST",
    "OIDC_ISSUER",
):
    os.environ.pop(_name, None)
os.environ.update(
    DEVELOPMENT="1", ENV_FILE=os.devnull, DATA_DIR=_folder, SITE_URL="http://testserver"
)

from svportal.settings import *  # noqa: E402, F403
from svportal.settings import DATABASES, INSTALLED_APPS, STORAGES  # noqa: E402

# A file, not memory: only so do the live server's threads meet the database they will meet.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(Path(_folder) / "test.sqlite3")}

# Its `flush` may empty the audit table, which is locked.
INSTALLED_APPS = ["tests.trail", *INSTALLED_APPS]

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
STATIC_ROOT = Path(_folder) / "static"
STATIC_ROOT.mkdir()
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
