"""Whom a single sign-on lets in: whose address the issuer vouches for, and nobody else."""

import logging
import unicodedata
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts import audit
from accounts.models import User
from svportal.second_factor import has_factor
from svportal.sign_on.provider import NotBelieved

logger = logging.getLogger(__name__)
NAME_MAX = 150


class SignOnAdapter(DefaultSocialAccountAdapter):
    """Knows one issuer, from the settings, and makes or finds the account of who comes from it."""

    def list_apps(
        self, request: HttpRequest | None, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Return the issuer of the settings; none can be put into the database."""
        if not settings.OIDC_ISSUER:
            return []
        return [
            SocialApp(
                provider="sign_on",
                # Part of whom a link is to: with another issuer its numbers are other people's.
                provider_id=settings.OIDC_ISSUER,
                name=settings.OIDC_NAME,
                client_id=settings.OIDC_CLIENT_ID,
                secret=settings.OIDC_CLIENT_SECRET,
                settings={"server_url": settings.OIDC_ISSUER.rstrip("/")},
            )
        ]

    def can_authenticate_by_email(self, login: SocialLogin, email: str) -> bool:
        """An address the issuer says is verified opens the account that has it."""
        return True

    def populate_user(
        self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]
    ) -> User:
        """Begin a new account with the name and the address the issuer knows."""
        user: User = sociallogin.user
        user.email = data.get("email") or ""
        printed = "".join(c if c.isprintable() else " " for c in data.get("name") or "")
        name = " ".join(unicodedata.normalize("NFC", printed).split())[:NAME_MAX]
        user.full_name = name or user.email.partition("@")[0][:NAME_MAX]
        return user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Refuse whom the issuer does not vouch for, before anything is written about them."""
        user = sociallogin.user if sociallogin.is_existing else None
        if user is not None and not user.is_active:
            raise ImmediateHttpResponse(redirect("account_inactive"))
        linked = sociallogin.account.pk is not None
        if not linked and not sociallogin.email_addresses:
            raise ImmediateHttpResponse(
                failed(
                    request,
                    403,
                    f"{settings.OIDC_NAME} let you in, but did not tell us an e-mail address that "
                    "it has checked to be yours. Sign in here with your e-mail address instead, or "
                    "create an account.",
                )
            )
        # Whoever has a second step here is asked for that one as well; the issuer's is enough for
        # who has none.
        if user is not None and sociallogin.second_factor and not has_factor(user):
            record_authentication(request, user, "mfa", type="sign_on")
        if user is not None and not linked:
            _link(request, sociallogin, user)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Say in words that it did not work. Why is in the log alone, without what the issuer
        sent, which may hold tokens."""
        if error == AuthError.CANCELLED:
            raise ImmediateHttpResponse(redirect("account_login"))
        why = exception if isinstance(exception, NotBelieved) else type(exception).__name__
        logger.warning(
            "Single sign-on failed: %s", why if exception else "no sign-in was under way"
        )
        raise ImmediateHttpResponse(
            failed(
                request,
                502 if exception else 403,
                f"We could not make sure who you are with {settings.OIDC_NAME}. Try again, from "
                "the sign-in page and in one go; if it goes on, sign in with your e-mail address.",
            )
        )


def failed(request: HttpRequest, status: int, text: str) -> HttpResponse:
    """Return the page that says why nobody was signed in and what else to do."""
    context = {
        "title": "You are not signed in",
        "text": text,
        "href": reverse("account_login"),
        "link": "Go to the sign-in page",
    }
    return render(request, "pages/moved_on.html", context, status=status)


@transaction.atomic
def _link(request: HttpRequest, sociallogin: SocialLogin, user: User) -> None:
    """Have an account opened by single sign-on from now on; its owner is told by mail."""
    sociallogin.connect(request, user)
    audit.record(
        "person.sign_on_linked", by=user, target=user, after={"issuer": settings.OIDC_ISSUER}
    )
