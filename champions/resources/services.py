"""What may be done with resources: add, propose, decide, change, replace, find right, withdraw."""

import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from accounts.permissions import may_manage
from accounts.rules import NotAllowed
from accounts.tasks import wake
from awards.calendar import today
from awards.files import clean_name, digest_of, inspect
from awards.models import FileState
from awards.services.files import check_rate, store
from awards.tasks import scan_file
from champions.permissions import in_network
from champions.resources import emails
from champions.resources.models import Resource, ResourceVersion
from champions.resources.rules import PROPOSED_A_DAY, next_review
from champions.training.models import Course
from frameworks.reading import Table, read_rows
from frameworks.rules import EditConflict, TooOften

FIELDS = (
    "title", "description", "kind", "theme", "audience", "course", "for_network", "owner",
    "review_on",
)  # fmt: skip
SAID = ("title", "description", "kind", "theme", "audience")
DAY = datetime.timedelta(days=1)
LOADED = Table(
    Resource,
    ("code", "title", "description", "kind", "theme", "audience", "source"),
    rows={"versions": Table(ResourceVersion, ("link",), frozenset({"link"}), key="link")},
    required=frozenset({"versions", "code"}),
)


@transaction.atomic
def load_resources(path: Path) -> int:
    """Add the resources of a file that are missing; return how many. What is there is left as it
    is, because an admin may have changed or withdrawn it. Raises Faulty, and loads nothing."""
    added = 0
    for row in read_rows(path, LOADED):
        values = {**row.values, "added_on": today(), "review_on": _next_review()}
        resource, is_new = Resource.objects.get_or_create(code=values.pop("code"), defaults=values)
        added += is_new
        for number, version in enumerate(row.rows["versions"] if is_new else [], start=1):
            ResourceVersion.objects.create(
                resource=resource,
                number=number,
                link=version.values["link"],
                size=0,
                state=FileState.CLEAN,
            )
    return added


@transaction.atomic
def add(
    *, by: User, values: dict[str, Any], link: str = "", upload: File | None = None
) -> Resource:
    """Add a resource with its first version. Raises Refused for a file that is not taken."""
    _admins_only(by)
    now = timezone.now()
    resource = Resource.objects.create(
        **{name: values[name] for name in FIELDS},
        added_on=today(), updated_at=now, updated_by=by,
    )  # fmt: skip
    audit.record("resource.added", by=by, target=resource, after=_told(resource))
    _add_version(resource, by=by, link=link, upload=upload, note="")
    return resource


@transaction.atomic
def propose(
    *, by: User, values: dict[str, Any], link: str = "", upload: File | None = None
) -> Resource:
    """Propose a resource with a link or a file; nobody else sees it until an admin accepts it.
    Whoever proposes it is asked later whether it is still right. Raises Refused like `add`."""
    User.objects.select_for_update(of=("self",)).get(pk=by.pk)
    if not in_network(by):
        raise NotAllowed("Only champions of the network propose resources.")
    now = timezone.now()
    if Resource.objects.filter(proposed_by=by, proposed_at__gt=now - DAY).count() >= PROPOSED_A_DAY:
        raise TooOften(f"You have proposed {PROPOSED_A_DAY} resources today. Go on tomorrow.")
    resource = Resource.objects.create(
        **{name: values[name] for name in SAID},
        owner=by, added_on=today(), review_on=_next_review(), proposed_at=now, proposed_by=by,
    )  # fmt: skip
    audit.record("resource.proposed", by=by, target=resource, after=_told(resource))
    _add_version(resource, by=by, link=link, upload=upload, note="")
    emails.tell_proposed(resource)
    return resource


@transaction.atomic
def decide(resource: Resource, *, by: User, accept: bool, answer: str) -> None:
    """Take a proposed resource in, or do not; whoever proposed it is told, with the answer."""
    _admins_only(by)
    resource = _locked(resource)
    if not resource.is_waiting:
        raise NotAllowed("This proposal has been decided already.")
    if accept and not resource.versions.ready().exists():
        raise NotAllowed("There is nothing in it that can be opened, so it cannot be offered yet.")
    resource.answer = answer
    if accept:
        resource.accepted_at, resource.accepted_by = timezone.now(), by
        resource.added_on, resource.review_on = today(), _next_review()
    else:
        resource.declined_at, resource.declined_by = timezone.now(), by
    _touch(resource, by=by)
    audit.record(
        "resource.accepted" if accept else "resource.declined",
        by=by,
        target=resource,
        after={"answer": answer},
    )
    emails.tell_decided(resource)


@transaction.atomic
def change(resource: Resource, *, by: User, version: int, values: dict[str, Any]) -> Resource:
    """Change what is said of a resource. Raises EditConflict when somebody else did meanwhile."""
    _admins_only(by)
    resource = _locked(resource)
    if resource.version != version:
        raise EditConflict(resource)
    before = _told(resource)
    for name in FIELDS:
        setattr(resource, name, values[name])
    _touch(resource, by=by)
    audit.record("resource.changed", by=by, target=resource, before=before, after=_told(resource))
    return resource


@transaction.atomic
def replace(
    resource: Resource, *, by: User, link: str = "", upload: File | None = None, note: str = ""
) -> ResourceVersion:
    """Put a new link or file in the place of the old, which is kept. It is looked at again after
    the partnership's months. Raises Refused for a file that is not taken."""
    resource = _locked(resource)
    _keepers_only(resource, by)
    resource.review_on = _next_review()
    _touch(resource, by=by)
    return _add_version(resource, by=by, link=link, upload=upload, note=note)


@transaction.atomic
def find_right(resource: Resource, *, by: User) -> None:
    """Say that a resource is right as it is; it is looked at again after the months."""
    resource = _locked(resource)
    _keepers_only(resource, by)
    before, resource.review_on = resource.review_on, _next_review()
    _touch(resource, by=by)
    audit.record(
        "resource.found_right",
        by=by,
        target=resource,
        before={"review_on": str(before)},
        after={"review_on": str(resource.review_on)},
    )


@transaction.atomic
def withdraw(resource: Resource, *, by: User) -> None:
    """Offer a resource no more; nothing of it is deleted."""
    _admins_only(by)
    resource = _locked(resource)
    if resource.is_offered:
        resource.withdrawn_at, resource.withdrawn_by = timezone.now(), by
        resource.save(update_fields=["withdrawn_at", "withdrawn_by"])
        audit.record("resource.withdrawn", by=by, target=resource)


@transaction.atomic
def offer_again(resource: Resource, *, by: User) -> None:
    """Offer a resource again that was withdrawn."""
    _admins_only(by)
    resource = _locked(resource)
    if resource.withdrawn_at is not None:
        resource.withdrawn_at = resource.withdrawn_by = None
        resource.save(update_fields=["withdrawn_at", "withdrawn_by"])
        audit.record("resource.offered_again", by=by, target=resource)


def ask_to_review(on: datetime.date | None = None) -> int:
    """Ask the owners of what is due; return how many were found. Each is asked on the day it is
    due, and again whenever the partnership's days are over, until somebody looks; however often
    this runs, and one time after a portal slept."""
    on = on or today()
    days = settings.PARTNERSHIP["resource_overdue_days"]
    due = Resource.objects.due(on).filter(owner__is_active=True)
    found = 0
    for resource in due.select_related("owner").iterator(chunk_size=500):
        found += 1
        with transaction.atomic():
            emails.ask_to_review(resource, again=(on - resource.review_on).days // days)
    return found


def _add_version(
    resource: Resource, *, by: User, link: str, upload: File | None, note: str
) -> ResourceVersion:
    newest = resource.versions.order_by("-number").first()
    version = ResourceVersion(
        resource=resource, number=newest.number + 1 if newest else 1, link=link, note=note,
        size=0, state=FileState.CLEAN, uploaded_at=timezone.now(), uploaded_by=by,
    )  # fmt: skip
    if upload is not None:
        # A person's own row stands for the number of files they add: one count at a time.
        User.objects.select_for_update(of=("self",)).get(pk=by.pk)
        name = clean_name(upload.name or "")
        check_rate(by, name)
        accepted = inspect(upload, name)
        version.name, version.content_type = accepted.name, accepted.content_type
        version.size, version.sha256 = accepted.size, digest_of(upload)
        store(version, upload)
    version.save()
    audit.record(
        "resource.version_added",
        by=by,
        target=resource,
        after={"number": version.number, "link": link, "sha256": version.sha256},
    )
    if version.state == FileState.PENDING:
        wake(scan_file, str(version.pk))
    return version


def _touch(resource: Resource, *, by: User) -> None:
    resource.version += 1
    resource.updated_at, resource.updated_by = timezone.now(), by
    resource.save()


def _admins_only(by: User) -> None:
    if not may_manage(by):
        raise NotAllowed("Only partnership admins decide which resources there are.")


def _keepers_only(resource: Resource, by: User) -> None:
    if not may_manage(by) and resource.owner_id != by.pk:
        raise NotAllowed("Only its owner, or a partnership admin, keeps a resource up to date.")
    if resource.withdrawn_at is not None:
        raise NotAllowed("This resource has been withdrawn. Offer it again first.")
    if not resource.is_offered:
        raise NotAllowed("This resource is not offered, so nothing in it is replaced.")


def _locked(resource: Resource) -> Resource:
    return Resource.objects.select_for_update(of=("self",)).get(pk=resource.pk)


def _next_review() -> datetime.date:
    return next_review(today(), settings.PARTNERSHIP["resource_review_months"])


def _told(resource: Resource) -> dict[str, Any]:
    said = {name: getattr(resource, name) for name in FIELDS if name != "owner"}
    course: Course | None = said.pop("course")
    return {
        **{name: v if isinstance(v, bool) else str(v) for name, v in said.items()},
        "course": course.code if course else "",
        "owner": resource.owner,
    }
