"""What may be done in the directory: be in it, ask, write on, report, decide on a report.

How much somebody writes is counted with their row locked, so that two messages at once are counted
one after the other."""

import datetime
import hashlib
from collections.abc import Iterable

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts import audit
from accounts.models import Organisation, User
from accounts.permissions import is_member, may_manage
from accounts.rules import Blocker, NotAllowed
from champions.directory import emails
from champions.directory.models import (
    AbuseReport,
    Enquiry,
    EnquiryMessage,
    ListedHelp,
    Listing,
    Visibility,
    WritingBan,
)
from champions.directory.rules import Wait, asking_blockers, writing_blockers
from frameworks.rules import TooOften

DAY, HOUR = datetime.timedelta(days=1), datetime.timedelta(hours=1)


@transaction.atomic
def save_listing(
    organisation: Organisation,
    *,
    by: User,
    visibility: str,
    words: str,
    helps: Iterable[tuple[str, str]],
    photo: bytes | None = None,
    remove_photo: bool = False,
) -> Listing:
    """Put somebody's own entry in the directory, change it, or hide it.

    `helps` are (theme, criterion) by code, the criterion empty for all of a theme. `photo` is a
    picture drawn again by `accounts.logos`."""
    User.objects.select_for_update().get(pk=by.pk)
    if not organisation.is_active or not is_member(by, organisation):
        raise NotAllowed(f"You are not a member of {organisation}.")
    listing = Listing.objects.filter(user=by, organisation=organisation).first()
    listing = listing or Listing(user=by, organisation=organisation)
    before = listing.visibility if not listing._state.adding else None
    was_hidden = before in (None, Visibility.HIDDEN)
    listing.visibility, listing.words = visibility, words
    listing.updated_at, listing.updated_by = timezone.now(), by
    if visibility == Visibility.HIDDEN:
        listing.listed_at = None
    elif was_hidden:
        listing.listed_at = listing.updated_at
    _set_photo(listing, photo, remove=remove_photo)
    listing.save()
    listing.helps.all().delete()
    ListedHelp.objects.bulk_create(
        ListedHelp(listing=listing, theme=theme, criterion=criterion)
        for theme, criterion in dict.fromkeys(helps)
    )
    audit.record(
        "listing.saved",
        by=by,
        target=listing,
        organisation=organisation,
        before={"visibility": before},
        after={"visibility": visibility},
    )
    return listing


def _set_photo(listing: Listing, photo: bytes | None, *, remove: bool) -> None:
    """Put a photo in the place of the one that is there; the old file goes once it is certain."""
    before, storage = listing.photo.name, listing.photo.storage
    if photo is not None:
        name = f"{hashlib.sha256(photo).hexdigest()[:32]}.webp"
        listing.photo.save(name, ContentFile(photo), save=False)
    elif remove:
        listing.photo = ""
    else:
        return
    if before:
        transaction.on_commit(lambda: storage.delete(before))


@transaction.atomic
def take_down(listing: Listing, *, by: User, reason: str) -> None:
    """Hide an entry that should not be seen; its champion is told why and may show another."""
    _only_admin(by)
    listing = Listing.objects.select_for_update(of=("self",)).select_related("user").get(
        pk=listing.pk
    )  # fmt: skip
    if listing.visibility == Visibility.HIDDEN:
        raise NotAllowed("This entry is hidden already.")
    before = listing.visibility
    listing.visibility, listing.listed_at = Visibility.HIDDEN, None
    listing.updated_at, listing.updated_by = timezone.now(), by
    listing.save()
    audit.record(
        "listing.taken_down",
        by=by,
        target=listing,
        organisation=listing.organisation,
        before={"visibility": before},
        after={"visibility": listing.visibility, "reason": reason},
    )
    emails.tell_taken_down(listing, reason=reason)


@transaction.atomic
def ask(listing: Listing, *, by: User, subject: str, words: str) -> Enquiry:
    """Send a champion a question through the portal; neither learns the other's address."""
    _lock_both(by, listing.user)
    if not Listing.objects.visible_to(by).filter(pk=listing.pk).exists():
        raise NotAllowed("This champion is no longer in the directory.")
    now = timezone.now()
    since = now - DAY
    _refuse(
        asking_blockers(
            is_self=by.pk == listing.user_id,
            is_banned=_is_banned(by),
            asked_today=Enquiry.objects.filter(asked_by=by, asked_at__gt=since).count(),
            received_today=Enquiry.objects.filter(
                champion=listing.user, asked_at__gt=since
            ).count(),
            waits_already=_waits_already(by, listing.user),
        )
    )
    enquiry = Enquiry.objects.create(
        champion=listing.user,
        organisation=listing.organisation,
        subject=subject,
        asked_at=now,
        asked_by=by,
        waits_for=listing.user,
        latest_at=now,
    )
    _write(enquiry, words, by)
    # What they write is theirs: the trail says that they did, not what.
    audit.record("enquiry.asked", by=by, target=enquiry, organisation=listing.organisation)
    return enquiry


@transaction.atomic
def write(enquiry: Enquiry, *, by: User, words: str) -> EnquiryMessage:
    """Write on in an enquiry; the other of the two is told by e-mail."""
    _lock_both(enquiry.asked_by, enquiry.champion)
    enquiry = Enquiry.objects.select_related("asked_by", "champion").get(pk=enquiry.pk)
    other = other_of(enquiry, by)
    since = timezone.now() - HOUR
    written = EnquiryMessage.objects.filter(written_by=by, written_at__gt=since)
    _refuse(
        writing_blockers(
            is_banned=_is_banned(by),
            is_reported=enquiry.reports.exclude(upheld=False).exists(),
            unanswered=_unanswered(enquiry, by),
            written_this_hour=written.count(),
            is_gone=not other.is_active,
        )
    )
    message = _write(enquiry, words, by)
    audit.record("enquiry.written", by=by, target=enquiry, organisation=enquiry.organisation)
    return message


def _waits_already(asker: User, champion: User) -> bool:
    """Whether a question waits for this champion's answer; one that the asker reported does too."""
    asked = Enquiry.objects.filter(asked_by=asker, champion=champion)
    answered = EnquiryMessage.objects.filter(enquiry=OuterRef("pk"), written_by=champion)
    return asked.filter(Q(waits_for=champion) | Q(~Exists(answered), waits_for=None)).exists()


def other_of(enquiry: Enquiry, user: User) -> User:
    """Return the other of the two. Raises NotAllowed for who is neither."""
    if user.pk == enquiry.asked_by_id:
        return enquiry.champion
    if user.pk == enquiry.champion_id:
        return enquiry.asked_by
    raise NotAllowed("This conversation is not yours.")


def _write(enquiry: Enquiry, words: str, by: User) -> EnquiryMessage:
    message = EnquiryMessage.objects.create(
        enquiry=enquiry, words=words, written_at=timezone.now(), written_by=by
    )
    other = other_of(enquiry, by)
    enquiry.waits_for, enquiry.latest_at = other, message.written_at
    enquiry.save(update_fields=["waits_for", "latest_at"])
    emails.tell_message(message, to=other)
    return message


def _unanswered(enquiry: Enquiry, by: User) -> int:
    """Return how many messages somebody wrote since the other last did."""
    other = enquiry.messages.exclude(written_by=by).order_by("-written_at").first()
    mine = enquiry.messages.filter(written_by=by)
    return mine.filter(written_at__gt=other.written_at).count() if other else mine.count()


@transaction.atomic
def report(enquiry: Enquiry, *, by: User, words: str) -> AbuseReport:
    """Say that an enquiry is misuse: it stops, and a partnership admin reads it and decides."""
    other_of(enquiry, by)
    try:
        with transaction.atomic():
            made = AbuseReport.objects.create(
                enquiry=enquiry, words=words, reported_at=timezone.now(), reported_by=by
            )
    except IntegrityError as error:
        raise NotAllowed("This conversation has been reported already.") from error
    Enquiry.objects.filter(pk=enquiry.pk).update(waits_for=None)
    audit.record("enquiry.reported", by=by, target=enquiry, organisation=enquiry.organisation)
    emails.tell_reported(made)
    return made


@transaction.atomic
def decide_report(report: AbuseReport, *, by: User, upheld: bool, reason: str) -> None:
    """Decide on a report. When it is upheld, the other of the two may not write any more."""
    _only_admin(by)
    report = (
        AbuseReport.objects.select_for_update(of=("self",))
        .select_related("enquiry__asked_by", "enquiry__champion", "reported_by")
        .get(pk=report.pk)
    )
    other = other_of(report.enquiry, report.reported_by)
    if by in (other, report.reported_by):
        raise NotAllowed("You are one of the two, so another admin has to decide.")
    if report.decided_at is not None:
        raise NotAllowed("This report has been decided already.")
    report.upheld, report.reason = upheld, reason
    report.decided_at, report.decided_by = timezone.now(), by
    report.save()
    if not upheld:
        # The two go on where they were: whoever did not write last is to answer.
        last = report.enquiry.messages.order_by("-written_at", "-id").first()
        report.enquiry.waits_for = other_of(report.enquiry, last.written_by) if last else None
        report.enquiry.save(update_fields=["waits_for"])
    elif not _is_banned(other):
        WritingBan.objects.create(user=other, reason=reason, banned_at=timezone.now(), banned_by=by)
    audit.record(
        "report.upheld" if upheld else "report.dismissed",
        by=by,
        target=report,
        after={"about": other, "reason": reason},
    )
    emails.tell_decided(report)


@transaction.atomic
def lift_ban(ban: WritingBan, *, by: User) -> None:
    """Let somebody write to champions again."""
    _only_admin(by)
    ban = WritingBan.objects.select_for_update(of=("self",)).select_related("user").get(pk=ban.pk)
    if ban.lifted_at is not None:
        raise NotAllowed(f"{ban.user} may write again already.")
    ban.lifted_at, ban.lifted_by = timezone.now(), by
    ban.save(update_fields=["lifted_at", "lifted_by"])
    audit.record("ban.lifted", by=by, target=ban, before={"reason": ban.reason})


def move(duplicate: Organisation, into: Organisation, by: User) -> int:
    """Move entries and enquiries to the organisation that stays; of two entries of one person the
    one that is there stays."""
    there = set(Listing.objects.filter(organisation=into).values_list("user_id", flat=True))
    Listing.objects.filter(organisation=duplicate, user_id__in=there).delete()
    moved = Listing.objects.filter(organisation=duplicate).update(organisation=into)
    return moved + Enquiry.objects.filter(organisation=duplicate).update(organisation=into)


def _lock_both(*people: User) -> None:
    """Lock people's rows, always in the order of their ids."""
    list(User.objects.select_for_update().filter(pk__in=[p.pk for p in people]).order_by("pk"))


def _is_banned(user: User) -> bool:
    return WritingBan.objects.filter(user=user, lifted_at=None).exists()


def _refuse(blockers: list[Blocker]) -> None:
    if blockers:
        passes = all(isinstance(blocker, Wait) for blocker in blockers)
        refusal = TooOften if passes else NotAllowed
        raise refusal(" ".join(blocker.text for blocker in blockers))


def _only_admin(by: User) -> None:
    if not may_manage(by):
        raise NotAllowed("Only partnership admins may do this.")
