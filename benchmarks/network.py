"""Makes the network of a portal of N organisations: each has signed the Charter, has a champion in
the directory, a question and ten messages; one in ten has a report and an announcement."""

from collections.abc import Sequence
from itertools import cycle

from django.core.management import call_command
from django.utils import timezone

from accounts.models import Organisation, User
from champions.announcements.models import Announcement, Recipient
from champions.charter.models import CharterVersion, Signature
from champions.directory.models import Enquiry, EnquiryMessage, ListedHelp, Listing, Visibility
from champions.questions.models import Answer, PostReport, Question, SearchTerm
from champions.topics import topics

BATCH = 2000
MESSAGES_EACH = 10


def prepare() -> None:
    """Load the Charter."""
    call_command("load_charter", verbosity=0)


def add(organisations: Sequence[Organisation], users: Sequence[User], admin: User) -> None:
    """Give each organisation and its lead their part of the network."""
    now = timezone.now()
    _charter(organisations, users)
    _directory(organisations, users)
    questions = Question.objects.bulk_create(
        Question(
            title=f"How do you find apprentices in {organisation}?",
            words="We have tried a fair. " * 10,
            topic=topic,
            organisation=organisation,
            asked_at=now,
            asked_by=user,
            active_at=now,
            told_at=now,
        )
        for organisation, user, topic in zip(
            organisations, users, cycle(topics().themes), strict=False
        )
    )
    SearchTerm.objects.bulk_create(
        SearchTerm(question=question, term=term)
        for question in questions
        for term in ("how", "find", "apprentices", question.organisation.slug[-5:])
    )
    Answer.objects.bulk_create(
        Answer(question=q, words="Ask the college. " * 5, answered_at=now, answered_by=user)
        for q, user in zip(questions[::2], users[1::2], strict=False)
    )
    PostReport.objects.bulk_create(
        PostReport(question=q, words="Rude.", reported_at=now, reported_by=user)
        for q, user in zip(questions[::10], users[1::10], strict=False)
    )
    _announcements(users, admin)


def _charter(organisations: Sequence[Organisation], users: Sequence[User]) -> None:
    now = timezone.now()
    charter = CharterVersion.objects.get()
    Signature.objects.bulk_create(
        Signature(
            organisation=organisation,
            charter=charter,
            organisation_name=organisation.name,
            name=user.full_name,
            designation="Director",
            signed_on=now.date(),
            recorded_at=now,
            recorded_by=user,
        )
        for organisation, user in zip(organisations, users, strict=True)
    )


def _directory(organisations: Sequence[Organisation], users: Sequence[User]) -> None:
    now = timezone.now()
    listings = Listing.objects.bulk_create(
        Listing(
            user=user,
            organisation=organisation,
            visibility=Visibility.PUBLIC,
            words="Ask me. " * 10,
            listed_at=now,
            updated_at=now,
            updated_by=user,
        )
        for organisation, user in zip(organisations, users, strict=True)
    )
    ListedHelp.objects.bulk_create(
        ListedHelp(listing=listing, theme=theme)
        for listing, theme in zip(listings, cycle(topics().themes), strict=False)
    )
    # All ask the same few, who have the longest lists of conversations there can be.
    enquiries = Enquiry.objects.bulk_create(
        Enquiry(
            champion=users[n % 4],
            organisation=organisations[n % 4],
            subject="Apprentices",
            asked_at=now,
            asked_by=user,
            waits_for=users[n % 4],
            latest_at=now,
        )
        for n, user in enumerate(users)
        if n >= 4
    )
    EnquiryMessage.objects.bulk_create(
        (
            EnquiryMessage(
                enquiry=enquiry,
                words="How did you begin with it? " * 5,
                written_at=now,
                written_by=enquiry.asked_by,
            )
            for enquiry in enquiries
            for _ in range(MESSAGES_EACH)
        ),
        batch_size=BATCH,
    )


def _announcements(users: Sequence[User], admin: User) -> None:
    now = timezone.now()
    made = Announcement.objects.bulk_create(
        Announcement(
            subject=f"Meeting {n}", words="Come. " * 50, created_at=now, created_by=admin,
            updated_at=now, updated_by=admin, sent_at=now, sent_by=admin,
        )
        for n in range(0, len(users), 10)
    )  # fmt: skip
    Recipient.objects.bulk_create(
        Recipient(announcement=made[0], person=user, queued_at=now) for user in users
    )
