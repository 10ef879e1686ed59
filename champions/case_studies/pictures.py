"""Pictures of case studies and the people in them: taken in, described, removed, and whose consent
is on record."""

import datetime
from functools import partial
from typing import Any

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from accounts.permissions import is_member, may_manage
from accounts.rules import NotAllowed
from accounts.tasks import wake
from awards.files import UPLOADS_PER_HOUR, Refused, clean_name, digest_of, inspect_picture
from awards.upload_handlers import no_room
from champions import tasks
from champions.case_studies.contents import words_digest
from champions.case_studies.models import CaseStudy, PersonShown, Picture
from champions.case_studies.permissions import may_edit
from champions.case_studies.rules import PEOPLE_MAX, PICTURES_MAX, Stage
from champions.case_studies.services import keep_revision, lock, refresh, withdraw

# A photo of 8,000 x 6,000 pixels, and no more than can be drawn in 300 MB of memory.
PIXELS_MAX = 48_000_000
HOUR = datetime.timedelta(hours=1)


def add_picture(case_study: CaseStudy, upload: File, *, by: User, hourly: bool = True) -> Picture:
    """Check a picture, keep it where nobody sees it and have it drawn again.

    The same picture twice is one. `hourly` is whether the limit of an hour counts, as it does but
    for what is brought in from a file. Raises Refused for the picture, NotAllowed for the rest."""
    name = clean_name(upload.name or "")
    _check(case_study, name, by=by, hourly=hourly)
    inspect_picture(upload, name, pixels=PIXELS_MAX)
    now = timezone.now()
    picture = Picture(
        case_study=case_study, name=name, sha256=digest_of(upload), uploaded_at=now, uploaded_by=by
    )
    if there := case_study.pictures.kept().filter(sha256=picture.sha256).first():
        return there
    try:
        picture.original.save("", upload, save=False)
    except OSError as error:
        raise no_room(name) from error
    try:
        return _attach(picture, by=by, hourly=hourly)
    except BaseException:
        picture.original.storage.delete(picture.original.name)
        raise


@transaction.atomic
def _attach(picture: Picture, *, by: User, hourly: bool) -> Picture:
    case_study = lock(picture.case_study)
    _check(case_study, picture.name, by=by, hourly=hourly)
    if case_study.pictures.kept().filter(sha256=picture.sha256).exists():
        raise Refused(f"‘{picture.name}’ is there already.", status=409)
    latest = case_study.pictures.order_by("position").last()
    picture.position = latest.position + 1 if latest else 0
    picture.save(force_insert=True)
    _record("case_study.picture_added", picture, case_study, by=by)
    wake(tasks.draw_picture, str(picture.pk))
    return picture


def _check(case_study: CaseStudy, name: str, *, by: User, hourly: bool) -> None:
    if not may_edit(by, case_study):
        raise NotAllowed("You cannot change this case study now.")
    if case_study.pictures.kept().count() >= PICTURES_MAX:
        raise Refused(
            f"‘{name}’ is one picture too many: a case study has at most {PICTURES_MAX}. Remove "
            "one first.",
            status=413,
        )
    lately = Picture.objects.filter(uploaded_by=by, uploaded_at__gt=timezone.now() - HOUR)
    if hourly and lately.count() >= UPLOADS_PER_HOUR:
        raise Refused(
            f"‘{name}’ was not uploaded: you have added {UPLOADS_PER_HOUR} pictures in the last "
            "hour. Go on in an hour.",
            status=429,
        )


@transaction.atomic
def describe(picture: Picture, *, by: User, values: dict[str, Any]) -> Picture:
    """Say what a picture shows, where it stands and whether people can be recognised in it."""
    case_study, picture = _locked(picture, by)
    for name in ("alternative", "caption", "section", "shows_people"):
        setattr(picture, name, values[name])
    if case_study.stage == Stage.DRAFT:
        # As with the text: an admin's corrections afterwards do not ask the organisation again.
        picture.words_digest = words_digest(picture)
    picture.save()
    keep_revision(case_study, by=by)
    _record("case_study.picture_described", picture, case_study, by=by)
    return picture


@transaction.atomic
def remove(picture: Picture, *, by: User) -> None:
    """Remove a picture: at once from what is public, and its files for good."""
    case_study = lock(picture.case_study)
    is_own = is_member(by, case_study.organisation)
    if not (may_manage(by) or is_own):
        raise NotAllowed(f"Only members of {case_study.organisation} can do this.")
    picture = Picture.objects.select_for_update().get(pk=picture.pk)
    if picture.removed_at is not None:
        return
    names = [picture.original.name, *picture.sizes.values_list("image", flat=True)]
    storage = picture.original.storage
    picture.sizes.all().delete()
    picture.original, picture.removed_at, picture.removed_by = "", timezone.now(), by
    picture.save()
    _record("case_study.picture_removed", picture, case_study, by=by)
    refresh(case_study)
    for name in filter(None, names):
        transaction.on_commit(partial(storage.delete, name), robust=True)


@transaction.atomic
def record_person(
    case_study: CaseStudy, *, by: User, picture: Picture | None, values: dict[str, Any]
) -> PersonShown:
    """Put on record who can be recognised, when and how they agreed, and where that is kept."""
    case_study = lock(case_study)
    if not may_edit(by, case_study):
        raise NotAllowed("You cannot change this case study now.")
    if case_study.people.count() >= PEOPLE_MAX:
        raise NotAllowed(f"A case study shows at most {PEOPLE_MAX} people.")
    person = PersonShown.objects.create(
        case_study=case_study,
        picture=picture,
        name=values["name"],
        consented_on=values["consented_on"],
        consent_kept=values["consent_kept"],
        recorded_at=timezone.now(),
        recorded_by=by,
    )
    if picture is not None and not picture.shows_people:
        Picture.objects.filter(pk=picture.pk).update(shows_people=True)
    # Who it is stands in the record alone, where it can be forgotten; not in the trail.
    audit.record(
        "case_study.person_recorded", by=by, target=person, organisation=case_study.organisation
    )
    return person


@transaction.atomic
def take_person_out(person: PersonShown, *, by: User) -> None:
    """Somebody who is shown takes their consent back: the picture is gone at once; where the text
    names them, all of the case study is."""
    case_study = lock(person.case_study)
    if not (may_manage(by) or is_member(by, case_study.organisation)):
        raise NotAllowed(f"Only members of {case_study.organisation} can do this.")
    person = PersonShown.objects.select_for_update().get(pk=person.pk)
    if person.withdrawn_at is not None:
        return
    person.withdrawn_at, person.withdrawn_by = timezone.now(), by
    person.save()
    audit.record(
        "case_study.person_withdrew", by=by, target=person, organisation=case_study.organisation
    )
    if person.picture is not None:
        remove(person.picture, by=by)
    elif case_study.stage == Stage.RELEASED:
        withdraw(case_study, by=by, reason="Somebody named in it took their consent back.")


@transaction.atomic
def forget_person(person: PersonShown, *, by: User) -> None:
    """Delete a record of somebody who is no longer shown: made by mistake, or taken out."""
    case_study = lock(person.case_study)
    if not may_edit(by, case_study):
        raise NotAllowed("You cannot change this case study now.")
    audit.record(
        "case_study.person_deleted", by=by, target=person, organisation=case_study.organisation
    )
    person.delete()


def _locked(picture: Picture, by: User) -> tuple[CaseStudy, Picture]:
    case_study = lock(picture.case_study)
    if not may_edit(by, case_study):
        raise NotAllowed("You cannot change this case study now.")
    picture = Picture.objects.select_for_update().get(pk=picture.pk)
    if picture.removed_at is not None:
        raise NotAllowed("This picture has been removed.")
    return case_study, picture


def _record(type: str, picture: Picture, case_study: CaseStudy, *, by: User) -> None:
    audit.record(
        type,
        by=by,
        target=picture,
        organisation=case_study.organisation,
        after={"case_study": str(case_study.pk), "sha256": picture.sha256},
    )
