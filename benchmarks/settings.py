"""The portal's settings with the floor page and the commands that measure added."""

from svportal.settings import *  # noqa: F403

INSTALLED_APPS += ["benchmarks"]  # noqa: F405
ROOT_URLCONF = "benchmarks.urls"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
