"""The second factor: who must have one, where it is asked for, how allauth keeps it."""

import base64
import hashlib
import time
from typing import Any
from urllib.parse import urlencode

import segno
from allauth.account.authentication import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
)
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY, suspend_request
from allauth.mfa import signals
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts import audit
from accounts.models import User
from accounts.permissions import is_trusted
from svportal.middleware import GetResponse, PortalRequest, keep

FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
SAFE = {"GET", "HEAD"}
PASSWORD_PAGE = "account_reauthenticate"  # noqa: S105
FACTOR_PAGES = {"mfa_reauthenticate", "mfa_reauthenticate_webauthn"}
ALWAYS_OPEN = {"account_logout", "session_extend"}
# What somebody trusted reaches who has no second factor yet: the way to one, and the way out.
WITHOUT_FACTOR = ALWAYS_OPEN | {
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    PASSWORD_PAGE,
}
# What is reached before the factor has been shown in this session, where there is one.
BEFORE_FACTOR = ALWAYS_OPEN | FACTOR_PAGES
# What changes who gets in: for it, whoever has a factor shows password and factor once more.
CHANGES_ACCESS = {
    "account_change_password",
    "account_set_password",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_deactivate_totp",
    "mfa_download_recovery_codes",
    "mfa_edit_webauthn",
    "mfa_generate_recovery_codes",
    "mfa_remove_webauthn",
    "mfa_view_recovery_codes",
}
# The same, once the form is sent: its page shows other things as well.
CHANGES_ACCESS_WHEN_SENT = {"account_email"}


def has_factor(user: User) -> bool:
    """Whether a person has an authenticator app or a passkey."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists()


def has_shown_factor(request: HttpRequest, user: User) -> bool:
    """Whether the factor was shown, or set up, in this session.

    Asked on every page, so it is in the session: whoever loses the factor loses that too."""
    return any(shown["method"] == "mfa" for shown in get_authentication_records(request, user))


def missing_proofs(request: HttpRequest, user: User) -> list[str]:
    """Return the pages that ask for what has not been shown lately of password and factor.

    Who has no password, because they sign in by code or elsewhere, shows the factor alone."""
    since = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    fresh = {
        record["method"]
        for record in get_authentication_records(request, user)
        if record.get("reauthenticated") and record["at"] > since
    }
    missing = []
    if "password" not in fresh and user.has_usable_password():
        missing.append(PASSWORD_PAGE)
    if "mfa" not in fresh:
        missing.append(factor_page(user))
    return missing


def factor_page(user: User) -> str:
    """Return the page that asks for a person's factor: its code, or the passkey of who has that
    alone (a recovery code is a code too)."""
    app = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists()
    return "mfa_reauthenticate" if app else "mfa_reauthenticate_webauthn"


class SecondFactor:
    """Keeps whoever is trusted with what is others' out of every page until they have shown a
    second factor; asks everybody who has one for it, and the password, before what changes access.

    Public pages may be read without it. A form that comes too early waits for its author, as one
    that comes after the session's end does."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: PortalRequest) -> HttpResponse:
        response = self.get_response(request)
        if hasattr(request, "stopped_for_proof"):
            return self._ask_for_the_other_proof(request, response)
        return response

    def process_view(
        self, request: PortalRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        user = request.user
        match = request.resolver_match
        if not isinstance(user, User) or match is None:
            return None
        needed = is_trusted(user) and not _is_open(request, view)
        if needed and not has_shown_factor(request, user):
            if has_factor(user):
                is_way = match.view_name in BEFORE_FACTOR
                return None if is_way else _wait(request, factor_page(user))
            request.second_factor_missing = True
            if match.view_name not in WITHOUT_FACTOR:
                return _wait(request, "mfa_index")
        return self._guard_access(request, user, match.view_name)

    def _guard_access(self, request: PortalRequest, user: User, name: str) -> HttpResponse | None:
        sent = request.method not in SAFE
        proof = sent and (name == PASSWORD_PAGE or name in FACTOR_PAGES)
        guarded = name in CHANGES_ACCESS or (sent and name in CHANGES_ACCESS_WHEN_SENT)
        if not (proof or guarded) or not has_factor(user):
            return None
        missing = missing_proofs(request, user)
        if proof:
            others = [page for page in missing if (page in FACTOR_PAGES) != (name in FACTOR_PAGES)]
            if others:
                # allauth would go on with what was stopped after one proof: it is put aside.
                request.stopped_for_proof = request.session.pop(STATE_SESSION_KEY, {})
            return None
        if not missing:
            return None
        if name.endswith("_password"):
            # A password that was typed is not kept anywhere until then.
            return _go(missing[0], request.path)
        return suspend_request(request, reverse(missing[0]))

    def _ask_for_the_other_proof(
        self, request: PortalRequest, response: HttpResponse
    ) -> HttpResponse:
        if request.stopped_for_proof:
            request.session[STATE_SESSION_KEY] = request.stopped_for_proof
        user = request.user
        if response.status_code != 302 or not isinstance(user, User):
            return response
        if not (missing := missing_proofs(request, user)):
            return response
        name = REDIRECT_FIELD_NAME
        return _go(missing[0], request.POST.get(name) or request.GET.get(name, ""))


def _is_open(request: PortalRequest, view: Any) -> bool:
    """Whether a page is as open to a passer-by, and what is done on it does not depend on who."""
    if getattr(view, "login_required", True):
        return False
    return request.method in SAFE or request.path.startswith("/accounts/")


def _wait(request: PortalRequest, name: str) -> HttpResponse:
    """Send somebody to a page of the second factor, and keep what they typed meanwhile."""
    page = request.get_full_path()
    if request.method not in SAFE:
        request.ended_user_id = request.user.pk
        page = keep(request)
    return _go(name, page)


def _go(name: str, after: str) -> HttpResponse:
    return redirect(f"{reverse(name)}?{urlencode({REDIRECT_FIELD_NAME: after})}")


class MFAAdapter(DefaultMFAAdapter):
    """Keeps allauth's secrets encrypted, draws its QR codes, speaks our words."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": (
            "The code is not right, or has been used. Wait for the app to show the next code and "
            "enter that."
        ),
        "unverified_email": (
            "Your new e-mail address is not confirmed yet. Confirm it or keep the old one first."
        ),
    }

    def get_totp_issuer(self) -> str:
        """Return the name an authenticator app shows beside the code."""
        return f"{settings.PARTNERSHIP['award_name']}, {settings.PARTNERSHIP['region']}"

    def build_totp_svg(self, url: str) -> str:
        """Draw the code that a telephone reads, plainly black on white."""
        drawn = segno.make(url, error="m").svg_inline(scale=5, border=4, light="white")
        return SafeString(drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def _get_site_name(self) -> str:
        return self.get_totp_issuer()


def _cipher() -> MultiFernet:
    """Return what encrypts secrets in the database: whoever reads a copy of it cannot make codes.

    Its keys come from the secret key and, for reading, from those before it."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(f"second factor:{key}".encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


@receiver(signals.authenticator_added)
def on_added(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Count setting a factor up as showing it, and end the sessions that never did."""
    if authenticator.type not in FACTORS:
        return
    shown = {"id": authenticator.pk, "type": authenticator.type, "reauthenticated": True}
    record_authentication(request, user, "mfa", **shown)
    _end_other_sessions(request, user)
    _put_on_record("person.second_factor_added", user, after={"kind": authenticator.type})


@receiver(signals.authenticator_removed)
def on_removed(
    request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any
) -> None:
    """Forget that a factor was shown which is gone, here and in every other session."""
    if not has_factor(user):
        request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [
            shown for shown in get_authentication_records(request, user) if shown["method"] != "mfa"
        ]
    _end_other_sessions(request, user)
    _put_on_record("person.second_factor_removed", user, before={"kind": authenticator.type})


def _end_other_sessions(request: HttpRequest, user: User) -> None:
    others = UserSession.objects.filter(user=user)
    for session in others.exclude(session_key=request.session.session_key or ""):
        session.end()


@transaction.atomic
def _put_on_record(
    event: str,
    user: User,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit.record(event, by=user, target=user, before=before, after=after)
