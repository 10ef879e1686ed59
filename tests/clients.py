"""A browser for tests in which somebody is signed in as allauth would have signed them in."""

import time

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django import test

from accounts.permissions import is_trusted

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def give_factor(user):
    """Set an authenticator app up for somebody who has none."""
    known = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    return known or TOTP.activate(user, SECRET).instance


def code_now(later=0, secret=SECRET):
    """Return what the app shows, now or so many codes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later))


def show_factor(client, user):
    """Count somebody's second factor as shown in this browser, as allauth does."""
    factor = give_factor(user)
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "mfa", "at": time.time(), "id": factor.pk, "type": "totp"}
    ]
    session[f"{AUTHENTICATION_METHODS_SESSION_KEY}_user"] = str(user.pk)
    session.save()


class Client(test.Client):
    """Django's, whose `force_login` shows the second factor of whoever needs one."""

    def force_login(self, user, backend=None):
        super().force_login(user, backend)
        if is_trusted(user):
            show_factor(self, user)
