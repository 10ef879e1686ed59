"""The forms of signing in and of one's account: allauth's fields in the portal's words."""

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.db import transaction
from django.http import HttpRequest

from accounts.models import User

EMAIL_LOOKS = "Enter an e-mail address in the right form, like name@example.org"
LONG_ENOUGH = (
    "At least 12 characters. Three or four words that have nothing to do with each other are easy "
    "to remember and hard to guess."
)
# Field: label, hint, what to do when it is empty.
WORDS: dict[str, tuple[str, str, str]] = {
    "login": ("E-mail address", "", "Enter your e-mail address"),
    "email": ("E-mail address", "", "Enter your e-mail address"),
    "password": ("Password", "", "Enter your password"),
    "oldpassword": ("Current password", "", "Enter your current password"),
    "password1": ("New password", LONG_ENOUGH, "Enter a new password"),
    "password2": ("New password again", "", "Enter the new password a second time"),
    "code": ("Code", "", "Enter the code from the e-mail"),
}


class PlainWords(forms.Form):
    """Gives a form's fields our labels, hints and errors, and no placeholders."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            if name in WORDS:
                field.label, field.help_text, required = WORDS[name]
                field.error_messages["required"] = required
            if isinstance(field, forms.EmailField):
                field.widget.attrs |= {"autocomplete": "email", "spellcheck": "false"}
                field.error_messages["invalid"] = EMAIL_LOOKS
                for validator in field.validators:
                    if hasattr(validator, "message") and hasattr(validator, "user_regex"):
                        validator.message = EMAIL_LOOKS


class SignInForm(PlainWords, allauth_forms.LoginForm):
    """Signing in with a password."""


class SignUpForm(PlainWords, allauth_forms.SignupForm):
    """Creating an account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "Work e-mail address"
        self.fields["email"].help_text = "We send a code to it to make sure that it is yours."
        self.fields["password1"].label = "Choose a password"
        self.fields["password1"].error_messages["required"] = "Choose a password"

    @transaction.atomic
    def save(self, request: HttpRequest) -> User:
        """Make the account, with its address and all details or not at all."""
        user: User = super().save(request)
        return user


class ChangeEmailForm(PlainWords, allauth_forms.AddEmailForm):
    """Changing one's e-mail address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "New e-mail address"
        self.fields["email"].help_text = "It counts once you have entered the code we send to it."
        self.fields["email"].error_messages["required"] = "Enter the new e-mail address"


class ChangePasswordForm(PlainWords, allauth_forms.ChangePasswordForm):
    """Changing one's password."""


class SetPasswordForm(PlainWords, allauth_forms.SetPasswordForm):
    """Choosing a first password, for somebody who has signed in by code until now."""


class ResetPasswordForm(PlainWords, allauth_forms.ResetPasswordForm):
    """Asking for a link that sets a new password."""


class ResetPasswordKeyForm(PlainWords, allauth_forms.ResetPasswordKeyForm):
    """Setting a new password with that link."""


class RequestLoginCodeForm(PlainWords, allauth_forms.RequestLoginCodeForm):
    """Asking for a sign-in code."""


class ConfirmLoginCodeForm(PlainWords, allauth_forms.ConfirmLoginCodeForm):
    """Entering a sign-in code."""


class ConfirmEmailVerificationCodeForm(PlainWords, allauth_forms.ConfirmEmailVerificationCodeForm):
    """Entering the code that proves an e-mail address."""


class ReauthenticateForm(PlainWords, allauth_forms.ReauthenticateForm):
    """Entering one's password once more before a change that matters."""
