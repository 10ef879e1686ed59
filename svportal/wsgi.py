"""The application a web server calls."""

import os
import re
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from svportal.storage import StaticFiles

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "svportal.settings")
django_application = get_wsgi_application()

# A portal that cannot sign would grant awards that nobody can check: it does not start.
if trouble := import_module("awards.credentials.keys").problem():
    raise ImproperlyConfigured(trouble)

# Without the names of its styles and scripts no page can be drawn, and /readyz draws none.
if not settings.DEVELOPMENT and not StaticFiles().hashed_files:
    raise ImproperlyConfigured(
        f"No styles and scripts in {settings.STATIC_ROOT}. Run: manage.py collectstatic --noinput."
    )

UTF8 = re.compile(r'charset\s*=\s*"?(utf-?8|us-ascii)"?\s*(;|$)', re.IGNORECASE)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request; a charset that is not UTF-8 is renamed to one that does not exist.

    Django reads the address in the charset of the body, before any middleware and its error pages:
    a codec of Python's that is no encoding of text (hex, undefined) would end there. One that does
    not exist is passed over, and `svportal.middleware.WellFormedRequest` refuses it with a page."""
    kind = environ.get("CONTENT_TYPE", "")
    if kind.lower().count("charset") != len(UTF8.findall(kind)):
        environ["CONTENT_TYPE"] = "text/plain; charset=refused"
    return django_application(environ, start_response)
