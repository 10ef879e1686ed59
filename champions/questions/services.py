"""What may be done with questions: ask, answer, accept, report, hide, restore, choose what to be
told."""

import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Organisation, User
from accounts.permissions import may_manage
from accounts.rules import NotAllowed
from accounts.tasks import wake
from champions.permissions import in_network
from champions.questions import emails
from champions.questions.models import (
    Answer,
    Frequency,
    Notices,
    PostReport,
    Question,
    SearchTerm,
)
from champions.questions.querysets import PostReportQuerySet
from champions.questions.rules import ANSWERED_A_DAY, ASKED_A_DAY, REPORTED_A_DAY, terms
from champions.tasks import tell_of_questions
from frameworks.rules import EditConflict, TooOften

DAY = datetime.timedelta(days=1)


@transaction.atomic
def ask(*, by: User, title: str, words: str, topic: str) -> Question:
    """Ask all champions something; those who wish to be told at once are, by a worker."""
    _lock_writer(by)
    now = timezone.now()
    if by.questions.filter(asked_at__gt=now - DAY).count() >= ASKED_A_DAY:
        raise TooOften(f"You have asked {ASKED_A_DAY} questions today. Ask again tomorrow.")
    question = Question.objects.create(
        title=title,
        words=words,
        topic=topic,
        organisation=Organisation.objects.active()
        .filter(memberships__user=by, memberships__ended_at=None)
        .order_by("name")
        .first(),
        asked_at=now,
        asked_by=by,
        active_at=now,
    )
    _index(question)
    audit.record("question.asked", by=by, target=question, organisation=question.organisation)
    wake(tell_of_questions)
    return question


@transaction.atomic
def answer(question: Question, *, by: User, words: str) -> Answer:
    """Answer a question; who asked and who answered before are told."""
    _lock_writer(by)
    question = _lock(question)
    now = timezone.now()
    if question.hidden_at is not None:
        raise NotAllowed("This question has been hidden, so it takes no answers.")
    if by.answers.filter(answered_at__gt=now - DAY).count() >= ANSWERED_A_DAY:
        raise TooOften(f"You have written {ANSWERED_A_DAY} answers today. Go on tomorrow.")
    made = Answer.objects.create(question=question, words=words, answered_at=now, answered_by=by)
    question.active_at = now
    question.save(update_fields=["active_at"])
    _index(question)
    audit.record("question.answered", by=by, target=question, organisation=question.organisation)
    emails.tell_followers(made)
    return made


@transaction.atomic
def edit(
    post: Question | Answer,
    *,
    by: User,
    edited_at: datetime.datetime | None,
    values: dict[str, Any],
) -> None:
    """Put right what one wrote oneself; everybody sees that it was changed, and when.

    `edited_at` is what was read: raises EditConflict when it was changed since, elsewhere."""
    _lock_writer(by)
    _lock(_question_of(post))
    post.refresh_from_db()
    if _author_of(post) != by:
        raise NotAllowed("Only whoever wrote it changes it.")
    if post.hidden_at is not None or _question_of(post).hidden_at is not None:
        raise NotAllowed("This has been hidden, so it cannot be changed.")
    if post.edited_at != edited_at:
        raise EditConflict(post)
    for name, value in values.items():
        setattr(post, name, value)
    post.edited_at, post.edited_by = timezone.now(), by
    post.save()
    question = _question_of(post)
    _index(question)
    # What they write is theirs: the trail says that it was changed, not what.
    audit.record("post.edited", by=by, target=post, organisation=question.organisation)


@transaction.atomic
def accept(answer: Answer, *, by: User) -> None:
    """Say which answer helped; only who asked does. Another one that was accepted no longer is."""
    question = _lock(answer.question)
    answer = Answer.objects.select_related("answered_by", "question").get(pk=answer.pk)
    if question.asked_by_id != by.pk:
        raise NotAllowed("Only who asked the question accepts an answer.")
    if answer.hidden_at is not None or question.hidden_at is not None:
        raise NotAllowed("What has been hidden cannot be accepted.")
    if answer.accepted_at is not None:
        raise NotAllowed("This answer is the accepted one already.")
    question.answers.exclude(accepted_at=None).update(accepted_at=None, accepted_by=None)
    answer.accepted_at, answer.accepted_by = timezone.now(), by
    answer.save(update_fields=["accepted_at", "accepted_by"])
    audit.record("question.settled", by=by, target=question, organisation=question.organisation)
    emails.tell_accepted(answer)


@transaction.atomic
def hide(post: Question | Answer, *, by: User, reason: str) -> None:
    """Hide a question or an answer from everyone but its author, who is told why."""
    post = _lock_post(post, by)
    if post.hidden_at is not None:
        raise NotAllowed("This has been hidden already.")
    post.hidden_at, post.hidden_by, post.hidden_because = timezone.now(), by, reason
    if isinstance(post, Answer):
        post.accepted_at = post.accepted_by = None
    post.save()
    _index(_question_of(post))
    audit.record("post.hidden", by=by, target=post, after={"reason": reason})
    emails.tell_hidden(post, author=_author_of(post), reason=reason)
    for report in _reports_of(post).waiting():
        _close(report, by=by, upheld=True, reason=reason)


@transaction.atomic
def restore(post: Question | Answer, *, by: User) -> None:
    """Show again what was hidden."""
    post = _lock_post(post, by)
    if post.hidden_at is None:
        raise NotAllowed("This is not hidden.")
    reason = post.hidden_because
    post.hidden_at, post.hidden_by, post.hidden_because = None, None, ""
    post.save()
    _index(_question_of(post))
    audit.record("post.restored", by=by, target=post, before={"reason": reason})


@transaction.atomic
def report(post: Question | Answer, *, by: User, words: str) -> PostReport:
    """Say that a post is abuse or wrong; it stays until a partnership admin has read it."""
    _lock_writer(by)
    question = _lock(_question_of(post))
    post.refresh_from_db()
    if _author_of(post) == by:
        raise NotAllowed("You wrote this yourself. You can change it.")
    if post.hidden_at is not None or question.hidden_at is not None:
        raise NotAllowed("This has been hidden already.")
    now = timezone.now()
    if by.post_reports.filter(reported_at__gt=now - DAY).count() >= REPORTED_A_DAY:
        raise TooOften(f"You have reported {REPORTED_A_DAY} posts today. Go on tomorrow.")
    if _reports_of(post).filter(reported_by=by).exists():
        raise NotAllowed("You have reported this before.")
    try:
        with transaction.atomic():
            made = PostReport.objects.create(
                question=question,
                answer=post if isinstance(post, Answer) else None,
                words=words,
                reported_at=now,
                reported_by=by,
            )
    except IntegrityError as error:
        raise NotAllowed("Somebody has reported this already; an admin will read it.") from error
    audit.record("post.reported", by=by, target=post, organisation=question.organisation)
    emails.tell_reported(made)
    return made


@transaction.atomic
def decide_report(report: PostReport, *, by: User, upheld: bool, reason: str) -> None:
    """Decide on a report: the post is hidden and its author told why, or it stays. Whoever
    reported it is told either way."""
    _lock_post(report.post, by)
    report = PostReport.objects.with_posts().get(pk=report.pk)
    if report.decided_at is not None:
        raise NotAllowed("This report has been decided already.")
    if _author_of(report.post) == by:
        raise NotAllowed("You wrote it, so another admin has to decide.")
    if upheld and report.post.hidden_at is None:
        hide(report.post, by=by, reason=reason)  # closes its report too
    else:
        _close(report, by=by, upheld=upheld, reason=reason)


def _close(report: PostReport, *, by: User, upheld: bool, reason: str) -> None:
    report.upheld, report.reason = upheld, reason
    report.decided_at, report.decided_by = timezone.now(), by
    report.save()
    audit.record(
        "post.report_upheld" if upheld else "post.report_dismissed",
        by=by,
        target=report,
        after={"reason": reason},
    )
    emails.tell_decided(report)


@transaction.atomic
def choose_notices(user: User, *, by: User, frequency: str, topics: list[str]) -> Notices:
    """Choose how often one is told of questions; for oneself alone, also by the link in a mail."""
    if user != by:
        raise NotAllowed("Everybody chooses this for themselves.")
    given: dict[str, Any] = {"frequency": frequency, "topics": topics}
    notices, created = Notices.objects.select_for_update().get_or_create(
        user=user, defaults={**given, "told_until": timezone.now()}
    )
    before = None if created else notices.frequency
    if not created:
        if notices.frequency in (Frequency.NONE, Frequency.AT_ONCE):
            notices.told_until = timezone.now()  # nothing of the time before is told again
        notices.frequency, notices.topics = frequency, topics
        notices.save()
    audit.record(
        "notices.chosen",
        by=by,
        target=notices,
        before={"frequency": before},
        after={"frequency": frequency},
    )
    return notices


def move(duplicate: Organisation, into: Organisation, by: User) -> int:
    """Move questions to the organisation that stays."""
    return Question.objects.filter(organisation=duplicate).update(organisation=into)


def _index(question: Question) -> None:
    """Write what a question is found by: its words and those of its answers that are shown."""
    shown = question.answers.filter(hidden_at=None).values_list("words", flat=True)
    wanted = set(terms(question.title, question.words, *shown))
    there = set(question.terms.values_list("term", flat=True))
    question.terms.filter(term__in=there - wanted).delete()
    SearchTerm.objects.bulk_create(
        SearchTerm(question=question, term=term) for term in sorted(wanted - there)
    )


def _lock_writer(by: User) -> None:
    """Lock a person, so that two posts at once are counted one after the other."""
    User.objects.select_for_update().get(pk=by.pk)
    if not in_network(by):
        raise NotAllowed("Only champions of the network write here. Join an organisation first.")


def _lock(question: Question) -> Question:
    return (
        Question.objects.select_for_update(of=("self",))
        .select_related("asked_by", "organisation")
        .get(pk=question.pk)
    )


def _lock_post(post: Question | Answer, by: User) -> Question | Answer:
    if not may_manage(by):
        raise NotAllowed("Only partnership admins hide what others wrote.")
    if isinstance(post, Question):
        return _lock(post)
    _lock(post.question)
    return Answer.objects.select_related("question", "answered_by").get(pk=post.pk)


def _question_of(post: Question | Answer) -> Question:
    return post if isinstance(post, Question) else post.question


def _reports_of(post: Question | Answer) -> PostReportQuerySet:
    """Return the reports about a post; those about a question's answers are not about it."""
    if isinstance(post, Question):
        return PostReport.objects.filter(question=post, answer=None)
    return PostReport.objects.filter(answer=post)


def _author_of(post: Question | Answer) -> User:
    return post.asked_by if isinstance(post, Question) else post.answered_by
