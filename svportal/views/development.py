"""The mail a developer's own machine wrote into a folder, as a page: it has the sign-in codes."""

from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

SHOWN = 50
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
