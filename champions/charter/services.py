"""What may be done with the Charter: publish a version, sign, revoke, ask to sign again."""

import datetime
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Membership, Organisation, User
from accounts.permissions import is_lead, may_run
from accounts.roles import MemberRole
from accounts.rules import NotAllowed
from awards.calendar import today
from champions.charter import emails
from champions.charter.models import CharterSection, CharterVersion, Signature
from frameworks.reading import Faulty, Problem, Record, Table, read_row

SECTION = Table(CharterSection, ("code", "title", "text", "points", "shows_places"))
CHARTER = Table(
    CharterVersion,
    ("code", "title", "summary", "promise", "source", "source_note", "published_on"),
    required=frozenset({"sections"}),
    rows={"sections": SECTION},
)


@transaction.atomic
def load_charter(paths: Iterable[Path]) -> list[str]:
    """Load the Charter's versions from their files; return a line on what was done for each.

    All of them or none: raises Faulty with every fault before anything is written. A version that
    is loaded already is left as it is; one that is not published yet is replaced; a published one
    is never changed."""
    rows: list[Record] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            rows.append(read_row(path, CHARTER))
        except Faulty as faulty:
            problems += faulty.problems
    there = {c.code: c for c in CharterVersion.objects.select_for_update()}
    done = []
    for row in rows:
        code, digest = row.values["code"], row.digest()
        old = there.get(code)
        if old is not None and old.digest == digest:
            done.append(f"Charter {code}: already loaded, unchanged")
        elif old is not None and old.published_on <= today():
            problems.append(
                row.problem(
                    f"Charter {code} is published and may not change. Give the new text a file "
                    "and a code of its own."
                )
            )
        else:
            done.append(f"Charter {code}: {'replaced' if old else 'loaded'}")
            if old is not None:
                old.delete()
            _write(row, digest)
    if problems:
        raise Faulty(problems)
    return done


def _write(row: Record, digest: str) -> None:
    charter = CharterVersion.objects.create(**row.values, digest=digest)
    CharterSection.objects.bulk_create(
        CharterSection(charter=charter, position=position, **section.values)
        for position, section in enumerate(row.rows["sections"], start=1)
    )


@transaction.atomic
def sign(
    organisation: Organisation,
    *,
    by: User,
    charter: CharterVersion,
    name: str,
    designation: str,
) -> Signature:
    """Put an organisation's name under the version in force; only its lead champion may.

    `charter` is the version that was read: when another has come into force since, NotAllowed is
    raised rather than a text signed that nobody saw."""
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if not organisation.is_active or not is_lead(by, organisation):
        raise NotAllowed("Only the lead champion of an organisation signs for it.")
    if charter != CharterVersion.objects.in_force(today()):
        raise NotAllowed("A new version of the Charter has been published. Read it, then sign.")
    before = _standing(organisation)
    if before is not None and before.charter_id == charter.pk:
        raise NotAllowed(f"{organisation} has signed this version of the Charter already.")
    if before is not None:
        before.replace(by=by)
    signature = Signature.objects.create(
        organisation=organisation,
        charter=charter,
        organisation_name=organisation.name,
        name=name,
        designation=designation,
        signed_on=today(),
        recorded_at=timezone.now(),
        recorded_by=by,
    )
    audit.record(
        "charter.signed",
        by=by,
        target=signature,
        organisation=organisation,
        before={"version": before.charter.code if before else None},
        after={"version": charter.code},
    )
    emails.tell_signed(signature, by=by)
    return signature


@transaction.atomic
def revoke(signature: Signature, *, by: User, reason: str) -> None:
    """Take an organisation's name from under the Charter; the signature stays on record."""
    organisation = Organisation.objects.select_for_update().get(pk=signature.organisation_id)
    signature = Signature.objects.select_related("charter").get(pk=signature.pk)
    if not may_run(by, organisation):
        raise NotAllowed("Only the lead champion of an organisation revokes its signature.")
    if not signature.stands:
        raise NotAllowed(f"This signature of {organisation} does not stand any more.")
    signature.revoke(by=by, reason=reason)
    audit.record(
        "charter.revoked",
        by=by,
        target=signature,
        organisation=organisation,
        before={"version": signature.charter.code},
        after={"version": None, "reason": reason},
    )
    emails.tell_revoked(signature, by=by)


def _standing(organisation: Organisation) -> Signature | None:
    return organisation.charter_signatures.filter(replaced_at=None, revoked_at=None).select_related(
        "charter"
    ).first()  # fmt: skip


def ask_to_sign_again(on: datetime.date | None = None) -> int:
    """Ask the lead champions of those who signed an earlier version to sign the one in force, on
    the day it is published and after the partnership's days; return how many were found.

    Only the latest reminder that is due goes out, each once, so a portal that slept sends one."""
    on = on or today()
    charter = CharterVersion.objects.in_force(on)
    if charter is None:
        return 0
    age = (on - charter.published_on).days
    waits = [0, *sorted(settings.PARTNERSHIP["charter_reminder_days"])]
    due = [wait for wait, after in zip_longest(waits, waits[1:]) if after is None or age < after]
    earlier = Signature.objects.standing().exclude(charter=charter)
    leads = Membership.objects.current().filter(
        role=MemberRole.LEAD,
        user__is_active=True,
        organisation__in=earlier.order_by().values("organisation"),
    )
    found = 0
    for lead in leads.select_related("user", "organisation").iterator(chunk_size=500):
        found += 1
        with transaction.atomic():
            emails.ask_to_sign_again(charter, lead.organisation, to=lead.user, days=due[0])
    return found


def move_signatures(duplicate: Organisation, into: Organisation, by: User) -> int:
    """Move the signatures of a duplicate to the organisation that stays. Where both stand under
    the Charter, the one under the later version goes on and the other is replaced by it."""
    in_turn = Signature.objects.order_by("charter__published_on", "signed_on")
    return in_turn.move(duplicate, into, by=by)
