"""How signing in and accounts (django-allauth) work here: mail by the outbox, links to our host."""

import uuid
from typing import Any, ClassVar
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.emails import queue_rendered
from accounts.models import User

_CODE_WRONG = "The code is not right. Check the newest e-mail from us and enter its code."


class AccountAdapter(DefaultAccountAdapter):
    """Sends what allauth has to say as rows of the outbox, in our words."""

    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": (
            "The e-mail address and the password do not belong together. Check both, or ask for a "
            "sign-in code instead."
        ),
        "too_many_login_attempts": (
            "There have been too many attempts. Wait 15 minutes, or set a new password."
        ),
        "incorrect_password": "The password is not right. Enter the password of this account.",
        "enter_current_password": "The current password is not right. Enter it again.",
        "incorrect_code": _CODE_WRONG,
        "duplicate_email": "This is your e-mail address already. Enter the new one.",
        "same_as_current": "This is your e-mail address already. Enter the new one.",
        "email_taken": "This e-mail address cannot be used. Enter another one.",
    }

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue one of allauth's mails; each is a mail of its own, so its key is random."""
        given = {
            **context,
            "email": email,
            "partnership": settings.PARTNERSHIP,
            "site_url": settings.SITE_URL,
        }
        subject = render_to_string(f"{template_prefix}_subject.txt", given).strip()
        text = render_to_string(f"{template_prefix}_message.txt", given).strip() + "\n"
        # The HTML layout has its own signature instead of the text's, which is the last paragraph.
        paragraphs = text.strip().split("\n\n")[:-1]
        html = render_to_string(
            "account/email/message.html", {**given, "subject": subject, "paragraphs": paragraphs}
        )
        kind = "account_" + template_prefix.rpartition("/")[2]
        queue_rendered(
            kind, to=email, key=f"{kind}:{uuid.uuid4()}", subject=subject, text=text, html=html
        )

    def send_account_already_exists_mail(self, email: str) -> None:
        """Tell the owner of an address that somebody tried to sign up with it.

        Hashing a new account's password and writing the account takes long enough to be noticed.
        So one is made here too, and taken back (`benchmarks/timing.py` has the times)."""
        with transaction.atomic():
            nobody = f"{uuid.uuid4().hex}@nobody.invalid"
            user = User.objects.create_user(nobody, uuid.uuid4().hex)
            EmailAddress.objects.create(user=user, email=nobody, primary=True)
            transaction.set_rollback(True)
        # What is written for good takes longer than what is taken back.
        self.request.session.save()
        super().send_account_already_exists_mail(email)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the link that sets a new password, at the configured address of the portal."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.SITE_URL + path.replace("UID-KEY", quote(key))
