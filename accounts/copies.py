"""A copy of everything that is held about a person, made outside the request that asks for it."""

import datetime
import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from celery import shared_task
from django.conf import settings
from django.core.files import File
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone

from accounts import audit, emails
from accounts.models import SubjectCopy, User
from accounts.permissions import may_manage
from accounts.personal import Entry, addresses_of, declaration, entries, rows_of
from accounts.rules import NotAllowed
from accounts.tasks import wake

COPIES_A_DAY = 3
ABOUT = """This is what {name} holds about you.

data.json has one part for each kind of record. 'fields' are what we keep, 'purpose' says why. Where
a record has more than one person in it, 'you_are' says which part was yours; what would tell about
the others is left out, and so are passwords and keys in whatever form.
files/ has the files you uploaded.

Why we keep it, for how long, and what you can ask of us: {site}/privacy/
"""


@transaction.atomic
def ask_for_copy(person: User, *, by: User) -> SubjectCopy:
    """Ask for a copy: the person, or a partnership admin on their behalf; the one that is being
    made for them is returned where there is one. Whoever asked gets it, and nobody else."""
    if by.pk != person.pk and not may_manage(by):
        raise NotAllowed("Only the person or a partnership admin can ask for a copy.")
    # Locked, so that two requests at once are counted one after the other.
    User.objects.select_for_update().get(pk=person.pk)
    asked = person.copies.filter(asked_by=by)
    if waiting := asked.filter(made_at=None).first():
        return waiting
    since = timezone.now() - datetime.timedelta(days=1)
    if asked.filter(asked_at__gt=since).count() >= COPIES_A_DAY:
        raise NotAllowed(f"{COPIES_A_DAY} copies were made today. Ask again tomorrow.")
    copy = SubjectCopy.objects.create(person=person, asked_at=timezone.now(), asked_by=by)
    audit.record("person.copy_asked", by=by, target=person)
    wake(make_copy, str(copy.pk))
    return copy


# Beside its service and not in tasks.py, which `wake` comes from; svportal.tasks imports this.
@shared_task(name="accounts.copies.make_copy")
def make_copy(copy_id: str) -> str:
    """Make a copy that was asked for, and tell whoever asked; return its SHA-256."""
    copy = SubjectCopy.objects.select_related("person", "asked_by").get(pk=copy_id)
    if copy.made_at is not None:
        return copy.sha256
    with tempfile.TemporaryFile() as packed:
        _pack(copy.person, packed)
        packed.seek(0)
        digest = hashlib.file_digest(packed, "sha256").hexdigest()
        packed.seek(0)
        with transaction.atomic():
            copy = SubjectCopy.objects.select_for_update().get(pk=copy_id)
            if copy.made_at is not None:
                return copy.sha256
            copy.content.save("", File(packed), save=False)
            copy.sha256, copy.made_at = digest, timezone.now()
            copy.save()
            emails.queue(
                "copy_ready",
                to=copy.asked_by.email,
                key=f"copy_ready:{copy.pk}",
                context={
                    "person": copy.asked_by,
                    "of": copy.person if copy.person_id != copy.asked_by_id else None,
                    "days": settings.RETENTION["rules"]["copies_of_data"]["days"],
                    "link": f"{settings.SITE_URL}{reverse('copy_of_data', args=[copy.pk])}",
                },
            )
    return digest


def make_missing() -> int:
    """Make the copies that were asked for and not made; return how many."""
    waiting = SubjectCopy.objects.filter(made_at=None).values_list("pk", flat=True)
    for pk in waiting:
        make_copy(str(pk))
    return len(waiting)


def contents(person: User) -> list[dict[str, Any]]:
    """Return everything that is held about a person, a part for each kind of record."""
    addresses, purposes = addresses_of(person), declaration()["purposes"]
    parts = []
    for entry in entries():
        rows = [_told(row, entry, person, addresses) for row in _rows(person, entry, addresses)]
        if rows:
            purpose = purposes[entry.purpose]
            parts.append(
                {
                    "record": str(entry.model._meta.verbose_name),
                    "purpose": purpose["title"],
                    "why": purpose["why"],
                    "rows": rows,
                }
            )
    return parts


def _rows(person: User, entry: Entry, addresses: set[str]) -> Iterator[models.Model]:
    rows = rows_of(person, entry, entry.of, addresses)
    related = [f.name for f in entry.model._meta.concrete_fields if f.is_relation]
    return rows.select_related(*related).iterator() if related else rows.iterator()


def _told(row: models.Model, entry: Entry, person: User, addresses: set[str]) -> dict[str, Any]:
    """Return a row as its person may read it: other people are left out."""
    fields, you_are = {}, []
    for field in row._meta.concrete_fields:
        value = getattr(row, field.name)
        if field.name in entry.of and (
            value == person or value == person.pk or str(value).lower() in addresses
        ):
            you_are.append(field.name)
        if field.name in entry.withheld or value in (None, ""):
            continue
        if isinstance(value, User) and value != person:
            continue
        if field.name in entry.of and field.name not in you_are:
            continue
        fields[field.name] = value if isinstance(value, dict | list | bool | int) else str(value)
    return {"you_are": you_are, "fields": fields}


def _pack(person: User, target: Any) -> None:
    about = ABOUT.format(name=settings.PARTNERSHIP["name"], site=settings.SITE_URL)
    told = {"made_at": timezone.now().isoformat(), "parts": contents(person)}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("about.txt", about)
        packed.writestr("data.json", json.dumps(told, indent=2, ensure_ascii=False, default=str))
        for name, file in _files(person):
            with file.open("rb") as content, packed.open(name, "w", force_zip64=True) as into:
                shutil.copyfileobj(content, into)


def _files(person: User) -> Iterator[tuple[str, Any]]:
    """Return the files that are a person's, each under a name of its own in the archive."""
    addresses = addresses_of(person)
    for entry in entries():
        fields = [
            f.name
            for f in entry.model._meta.concrete_fields
            if isinstance(f, models.FileField)
            and f.name in entry.personal
            and f.name not in entry.withheld
        ]
        for field in fields:
            for row in rows_of(person, entry, entry.owner, addresses).exclude(**{field: ""}):
                file = getattr(row, field)
                if file.storage.exists(file.name):
                    yield f"files/{row.pk}/{PurePosixPath(str(row)).name or 'file'}", file
