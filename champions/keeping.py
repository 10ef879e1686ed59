"""Public answers that a proxy or a browser may keep for a minute."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import (
    get_conditional_response,
    patch_cache_control,
    patch_vary_headers,
    set_response_etag,
)

# As long as something that was withdrawn may still be shown.
SECONDS = 60


def kept_a_minute(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let what a visitor is shown be kept for a minute, and answer that it has not changed.

    Whoever has a session has pages of their own, which nobody keeps."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        patch_vary_headers(response, ["Cookie"])
        if settings.SESSION_COOKIE_NAME in request.COOKIES or response.status_code != 200:
            return response
        patch_cache_control(response, public=True, max_age=SECONDS)
        set_response_etag(response)
        kept = get_conditional_response(request, etag=response["ETag"], response=response)
        return kept if isinstance(kept, HttpResponse) else response

    return answer
