"""The frameworks as data for other software: each as the pack it can be loaded from again."""

import datetime
import json
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from frameworks.content import content_of
from frameworks.exports import plain
from frameworks.models import Framework
from frameworks.schema import pack_schema


def framework_in_use(code: str) -> Framework:
    """Return the newest version of a framework that is in use today. Raises Http404."""
    framework = Framework.objects.current(timezone.localdate()).filter(code=code).first()
    if framework is None:
        raise Http404("No such framework.")
    return framework


@require_safe
@login_not_required
def framework_json(request: HttpRequest, code: str) -> HttpResponse:
    """Give the version of a framework that is in use, whole; it follows the schema."""
    pack = plain(content_of(framework_in_use(code)))
    response = _json(json.dumps(pack, ensure_ascii=False, default=_value))
    schema = request.build_absolute_uri(reverse("framework_schema"))
    response["Link"] = f'<{schema}>; rel="describedby"'
    return response


@require_safe
@login_not_required
def framework_schema(request: HttpRequest) -> HttpResponse:
    """Give the JSON Schema that every framework's JSON, and every pack, follows."""
    return _json(json.dumps(pack_schema(), ensure_ascii=False), kind="schema+json")


def _json(text: str, kind: str = "json") -> HttpResponse:
    return HttpResponse(text, content_type=f"application/{kind}")


def _value(value: Any) -> Any:
    """Return what JSON has no word for: a day as text, an amount as a number."""
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{value!r} cannot be written as JSON.")
