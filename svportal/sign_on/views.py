"""Going to the issuer and coming back."""

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe
from requests import RequestException

from accounts.limits import spend
from svportal.sign_on.provider import IssuerAdapter

# What browsers say of a link on one of our own pages, or of an address somebody typed.
FROM_HERE = {"same-origin", "none"}


@require_safe
@login_not_required
def sign_on(request: HttpRequest) -> HttpResponse:
    """Send somebody to the issuer's sign-in. A link on our own page, since a form that leads on to
    other hosts is not what our content security policy allows."""
    _only_where_it_is_set_up()
    if request.user.is_authenticated:
        return redirect(get_next_redirect_url(request) or "dashboard")
    if request.headers.get("Sec-Fetch-Site", "none") not in FROM_HERE:
        return redirect("account_login")
    spend(request, "sign_on")
    provider = get_adapter(request).get_provider(request, "sign_on")
    try:
        return provider.redirect(
            request, process=AuthProcess.LOGIN, next_url=get_next_redirect_url(request)
        )
    except (OAuth2Error, RequestException, ValueError, KeyError) as error:
        return render_authentication_error(request, provider, exception=error)


@require_safe
@login_not_required
def sign_on_callback(request: HttpRequest) -> HttpResponse:
    """Take somebody back whom the issuer has let in."""
    _only_where_it_is_set_up()
    adapter = IssuerAdapter(request, "sign_on")
    try:
        return OAuth2CallbackView.adapter_view(adapter)(request)
    except (ValueError, KeyError, IntegrityError) as error:
        # What the issuer sent is no JSON or lacks what every answer has; or somebody came twice.
        return render_authentication_error(request, adapter.get_provider(), exception=error)


def _only_where_it_is_set_up() -> None:
    if not settings.OIDC_ISSUER:
        raise Http404
