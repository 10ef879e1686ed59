"""What happens in a stack while it is hurt, done inside the portal: `python -m tests.faults.acts`.

Each act prints what it made as JSON."""

import datetime
import hashlib
import json
import re
import sys
import time
from functools import partial
from pathlib import Path

import django

django.setup()

from allauth.account.models import EmailAddress  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth.hashers import make_password  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.emails import queue_rendered  # noqa: E402
from accounts.models import Message  # noqa: E402
from accounts.tasks import wake  # noqa: E402
from awards import failures  # noqa: E402
from awards.models import (  # noqa: E402
    Certificate,
    Claim,
    EvidenceFile,
    FilePreview,
    PreparedDocument,
)
from awards.printer import CannotPrint, print_document  # noqa: E402
from awards.rules import Outcome  # noqa: E402
from awards.services import reviews  # noqa: E402
from awards.services.files import sweep_files  # noqa: E402
from awards.tasks import make_certificate  # noqa: E402
from benchmarks.data import grow_to, sign_in  # noqa: E402
from svportal.watch import findings, measure  # noqa: E402
from tests import factories  # noqa: E402
from tests.awards.reviewing import decided, ready, reviewer_for, submitted  # noqa: E402
from tests.faults.visitors import PASSWORD  # noqa: E402
from tests.security import scene as scenes  # noqa: E402
from tests.security.addresses import ADDRESSES, SEES_MOST  # noqa: E402

OUR_FOLDERS = re.compile(r"[0-9a-f]{2}/|previews/")


def leads(count):
    """Make organisations with a lead each, who can sign in; one password, hashed once."""
    password, made = make_password(PASSWORD), []
    for _ in range(int(count)):
        lead = factories.LeadFactory()
        lead.user.password = password
        lead.user.save()
        EmailAddress.objects.create(
            user=lead.user, email=lead.user.email, verified=True, primary=True
        )
        made.append({"email": lead.user.email, "slug": lead.organisation.slug,
                     "cookie": sign_in(lead.user)})  # fmt: skip
    return made


def mails(count, word):
    """Queue so many mails, each in a transaction of its own."""
    for number in range(int(count)):
        queue_rendered(
            "test", to=f"{word}-{number}@example.org", key=f"{word}-{number}",
            subject=f"{word} {number}", text="Words.",
        )  # fmt: skip
    return [
        str(pk) for pk in Message.objects.filter(key__startswith=word).values_list("pk", flat=1)
    ]


def mails_due():
    """Try again now whatever has failed, as an admin may for each."""
    return Message.objects.failing().update(next_attempt_at=timezone.now())


def awards(count):
    """Grant so many awards, and hand their certificates to the worker."""
    made = [factories.AwardFactory() for _ in range(int(count))]
    for award in made:
        wake(make_certificate, award.pk)
    return [award.pk for award in made]


def certificates():
    """Return for each certificate whether its file is what its row says."""
    return [
        _digest(certificate.content) == certificate.sha256
        for certificate in Certificate.objects.all()
    ]


def files():
    """Return what is stored by name, with its hash, and which of it no row knows; and each row
    whose file is not there or not what it was."""
    root = Path(settings.MEDIA_ROOT)
    stored = {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }
    incoming = [str(path) for path in Path(settings.INCOMING_DIR).glob("*")]
    rows = dict(EvidenceFile.objects.exclude(content="").values_list("content", "sha256"))
    wrong = [name for name, digest in rows.items() if stored.get(name) != digest]
    known = {
        *rows,
        *FilePreview.objects.values_list("image", flat=True),
        *Certificate.objects.values_list("content", flat=True),
        *PreparedDocument.objects.values_list("content", flat=True),
    }
    ours = {name for name in stored if OUR_FOLDERS.match(name) or name.startswith("quarantine/")}
    left = sorted(ours - known) + incoming
    return {"live": {name: stored[name] for name in stored if name in known}, "left": left,
            "wrong": wrong}  # fmt: skip


def sweep_later():
    """Sweep as it will be in two days; return how much went."""
    return sweep_files(timezone.now() + datetime.timedelta(days=2))


def hostile():
    """Have the hostile documents of the bar drawn; return what became of each, in how many
    seconds, how long the next document took, and what an admin is told."""
    page = "<html lang=en><title>x</title>"
    pictures = (
        "<img alt=x src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' "
        f"width='4000' height='4000'><rect width='{number}' height='9'/></svg>\">"
        for number in range(5000)
    )
    tables = "<table><tr><td>"
    told = []
    for name, source in {
        "10 MB of nested tables": page + tables * (10_000_000 // len(tables)),
        "5,000 pictures": page + "".join(pictures),
    }.items():
        begun, said = time.monotonic(), "drawn"
        try:
            failures.drawn(f"test/{name}", name, partial(print_document, source))
        except CannotPrint as wrong:
            said = str(wrong)
        ended = time.monotonic()
        print_document(f"{page}<p>The next.")
        told.append([name, said, ended - begun, time.monotonic() - ended])
    shown = next(found.said for found in findings(measure()) if found.about == "PDFs")
    return {"told": told, "shown": shown}


def grow(total):
    """Fill the portal with so many organisations, one in three with an award."""
    reviewer = factories.ReviewerFactory()
    grow_to(int(total), reviewer)
    return total


def _digest(file):
    with file.open("rb") as content:
        return hashlib.sha256(content.read()).hexdigest()


def contested(count):
    """Make so many claims that wait, and two reviewers who may decide any of them."""
    reviewers = [factories.ReviewerFactory() for _ in range(2)]
    claims = []
    for _ in range(int(count)):
        application = submitted()
        for reviewer in reviewers:
            reviews.declare_interest(application.organisation, by=reviewer, has_interest=False)
        claims.append(str(Claim.objects.get(application=application).pk))
    return {"claims": claims, "cookies": [[sign_in(r), sign_in(r)] for r in reviewers]}


def drafts(count):
    """Make so many applications that their leads can submit, and a reviewer for all of them."""
    reviewer = factories.ReviewerFactory()
    return [
        {
            "pk": str(draft.pk), "claim": str(draft.claims.get().pk),
            "evidence": str(draft.organisation.evidence.get().pk),
            "lead": sign_in(draft.created_by), "reviewer": sign_in(reviewer),
        }
        for draft in (ready() for _ in range(int(count)))
    ]  # fmt: skip


def to_press():
    """Make an application to submit, and one whose last claim its reviewer is about to accept."""
    draft, last = ready(), submitted(criteria=4)
    *others, claim = last.claims.all()
    for other in others:
        decided(other, Outcome.ACCEPTED)
    return {
        "draft": str(draft.pk), "lead": sign_in(draft.created_by), "email": draft.created_by.email,
        "last": str(last.pk), "claim": str(claim.pk), "reviewer": sign_in(reviewer_for(claim)),
        "winner": last.created_by.email,
    }  # fmt: skip


def every_page():
    """Make something at every address; return for each that answers a GET the cookie of whoever
    sees most there."""
    scene, pages = scenes.build(), {}
    cookies = {"anonymous": ""}
    for address in ADDRESSES:
        if address.get == 200:
            who = next(p for p in SEES_MOST if address.expected("GET", p) == "200")
            if who not in cookies:
                cookies[who] = sign_in(scene.user[who])
            pages[address.url(scene)] = cookies[who]
    return pages


def _anew():
    """Begin the factories' numbers where no earlier act of this stack has been."""
    mark = Path(settings.DATA_DIR) / "acts"
    start = int(mark.read_text()) + 500 if mark.exists() else 1_000
    mark.write_text(str(start))
    for made in vars(factories).values():
        if hasattr(made, "reset_sequence") and made is not factories.DjangoModelFactory:
            made.reset_sequence(start, force=True)


if __name__ == "__main__":
    _anew()
    sys.stdout.write(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])) + "\n")
