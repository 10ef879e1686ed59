"""What a developer's own machine shows of its secrets: its mail and the demo people's codes."""

import time
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import yaml
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

SHOWN = 50
# Seconds for which an authenticator app shows the same code.
PERIOD = 30
# What Django's file backend writes after each message.
RULE = b"-" * 79 + b"\n"


@login_not_required
@require_safe
def dev_mail(request: HttpRequest) -> HttpResponse:
    """The newest mails first; mounted in development alone."""
    folder = Path(settings.DATA_DIR) / "mail"
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)
    mails = [mail for file in files[:SHOWN] for mail in _mails(file)]
    return render(request, "pages/dev_mail.html", {"mails": mails[:SHOWN]})


def _mails(file: Path) -> list[dict[str, Any]]:
    """Return the mails of one connection's file, newest first."""
    found = []
    for part in file.read_bytes().split(RULE):
        if part.strip():
            mail = message_from_bytes(part, policy=policy.default)
            body = mail.get_body(("plain",))
            found.append(
                {
                    "to": mail["To"],
                    "subject": mail["Subject"],
                    "date": mail["Date"].datetime if mail["Date"] else None,
                    "text": body.get_content() if body else "",
                }
            )
    return found[::-1]


@login_not_required
@require_safe
def dev_codes(request: HttpRequest) -> HttpResponse:
    """The code the demo people's authenticator app would show; mounted in development alone."""
    told = yaml.safe_load((settings.BASE_DIR / "fixtures" / "demo" / "demo.yaml").read_text())
    counter, gone = divmod(int(time.time()), PERIOD)
    code = format_hotp_value(hotp_value(told["second_factor_secret"], counter))
    return render(request, "pages/dev_codes.html", {"code": code, "seconds": PERIOD - gone})
