"""The portal's settings with the floor page and the commands that measure added."""

from svportal.settings import *  # noqa: F403

INSTALLED_APPS += ["benchmarks"]  # noqa: F405
ROOT_URLCONF = "benchmarks.urls"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
# A drill asks more often than any visitor may.
RATE_LIMITS = {**RATE_LIMITS, "verify": "100000/m/ip"}  # noqa: F405
