"""The forms of the second factor: allauth's fields in the portal's words, each code only once."""

from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as allauth_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn import forms as webauthn_forms
from django.core.validators import MaxLengthValidator
from django.db import transaction

from svportal.account_forms import PlainWords

NAME_MAX = 80


class CodeForm(PlainWords):
    """A code of an authenticator app, or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.help_text = "The 6 digits your authenticator app shows now, or a recovery code."
        code.error_messages["required"] = "Enter the code your authenticator app shows"
        code.widget.attrs |= {"spellcheck": "false", "class": "nhsuk-input--width-10"}

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        authenticator: Authenticator = self.authenticator  # type: ignore[attr-defined]
        if authenticator.type == Authenticator.Type.TOTP:
            _use_once(authenticator, code)
        return code


@transaction.atomic
def _use_once(authenticator: Authenticator, code: str) -> None:
    """Refuse a code that was shown before, or is older than one that was.

    allauth remembers used codes in the cache, which may be emptied; this is kept with the factor,
    so that a code somebody looked at over a shoulder is worth nothing."""
    kept = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
    secret = decrypt(kept.data["secret"])
    shown = [
        counter
        for counter in yield_hotp_counters_from_time()
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, counter)))
    ]
    if not shown or max(shown) <= kept.data.get("last_counter", 0):
        raise get_adapter().validation_error("incorrect_code")
    kept.data["last_counter"] = max(shown)
    kept.save(update_fields=["data"])


class AuthenticateForm(CodeForm, allauth_forms.AuthenticateForm):
    """Showing the factor when signing in."""


class ReauthenticateForm(CodeForm, allauth_forms.ReauthenticateForm):
    """Showing the factor once more before a change that matters."""


class ActivateTOTPForm(PlainWords, totp_forms.ActivateTOTPForm):
    """Setting up an authenticator app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.label, code.help_text = "Code", "The 6 digits the app shows for this portal."
        code.error_messages["required"] = "Enter the code your authenticator app shows"
        code.widget.attrs["class"] = "nhsuk-input--width-10"


class PasskeyName(PlainWords):
    """What a person calls a passkey of theirs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self.fields["name"]
        name.label, name.help_text = "Name", "What you call it, for example: Work laptop."
        name.error_messages["required"] = "Enter a name"
        name.widget.attrs["maxlength"] = NAME_MAX
        name.validators.append(MaxLengthValidator(NAME_MAX))


class AddPasskeyForm(PasskeyName, webauthn_forms.AddWebAuthnForm):
    """Adding a passkey."""


class EditPasskeyForm(PasskeyName, webauthn_forms.EditWebAuthnForm):
    """Giving a passkey another name."""
