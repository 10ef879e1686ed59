"""Numbers for the people who run the scheme: who reviews how much, and where everything stands."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Count, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields import DurationField, IntegerField
from django.db.models.functions import Coalesce

from accounts.models import Message, OrganisationType, Place, User
from awards.lifetime import WithdrawalStatus
from awards.models import Application, Award, Claim, Decision, Withdrawal
from awards.rules import ApplicationStatus, ClaimStatus, anniversary
from awards.statuses import STATUS_WORDS

# What 'lately' means on the dashboard and in the reviewers' table.
LATELY = datetime.timedelta(days=90)


@dataclass(frozen=True)
class Load:
    """How many claims a reviewer holds."""

    reviewer_id: int
    reviewer: str
    held: int


def loads() -> list[Load]:
    """Return how much each reviewer who holds claims holds, most first."""
    held = (
        Claim.objects.filter(held_by__isnull=False)
        .order_by()
        .values_list("held_by_id", "held_by__full_name")
        .annotate(n=Count("id"))
        .order_by("-n", "held_by__full_name")
    )
    return [Load(*row) for row in held]


def with_workload(
    reviewers: QuerySet[User], *, today: datetime.date, since: datetime.datetime
) -> QuerySet[User]:
    """Add to each reviewer how many claims they hold, how many of these are late, and how many
    they decided lately (`held`, `late`, `decided`), least busy first."""
    held = Claim.objects.filter(held_by=OuterRef("pk")).order_by().values("held_by")
    decided = (
        Decision.objects.filter(decided_by=OuterRef("pk"), decided_at__gte=since)
        .order_by()
        .values("decided_by")
    )
    return reviewers.annotate(
        held=_count(held), late=_count(held.filter(due_on__lt=today)), decided=_count(decided)
    ).order_by("held", "full_name", "pk")


def _count(rows: QuerySet[Any]) -> Coalesce:
    return Coalesce(
        Subquery(rows.annotate(n=Count("pk")).values("n")), 0, output_field=IntegerField()
    )


def where_we_are(now: datetime.datetime, today: datetime.date) -> dict[str, Any]:
    """Return the dashboard's numbers as plain values, so that they can be cached."""
    by_status = dict(Application.objects.order_by().values_list("status").annotate(n=Count("id")))
    awards = Award.objects.current(today)
    waiting = Claim.objects.awaiting_review().order_by()
    taken = ExpressionWrapper(F("decided_at") - F("round__submitted_at"), DurationField())
    average = Decision.objects.filter(decided_at__gte=now - LATELY).aggregate(
        taken=Avg(taken), n=Count("id")
    )
    active = Q(organisations__deactivated_at=None, organisations__merged_into=None)
    types = list(
        OrganisationType.objects.annotate(n=Count("organisations", filter=active))
        .filter(n__gt=0)
        .values("code", "name", "n")
    )
    return {
        "at": now,
        "applications": [
            {
                "status": status.value,
                "word": STATUS_WORDS[ApplicationStatus][status].word,
                "n": by_status.get(status.value, 0),
            }
            for status in ApplicationStatus
        ],
        "reviews": waiting.aggregate(
            waiting=Count("id"),
            overdue=Count("id", filter=Q(due_on__lt=today)),
            unheld=Count("id", filter=Q(held_by=None)),
            appeals=Count("id", filter=Q(status=ClaimStatus.APPEALED)),
        ),
        "decided": average["n"],
        "days_to_decide": average["taken"]
        and round(average["taken"] / datetime.timedelta(days=1), 1),
        "awards": awards.aggregate(
            current=Count("id", distinct=True),
            ending=Count("id", distinct=True, filter=Q(ends_on__lt=anniversary(today, 1))),
            at_risk=Count("risks", distinct=True, filter=Q(risks__cleared_on=None)),
        ),
        "withdrawals": Withdrawal.objects.filter(
            status__in=[WithdrawalStatus.PROPOSED, WithdrawalStatus.APPEALED]
        ).count(),
        # Every organisation has one type.
        "organisations": sum(row["n"] for row in types),
        "types": types,
        "places": list(
            Place.objects.annotate(n=Count("organisations", filter=active))
            .filter(n__gt=0)
            .values("code", "name", "n")
        ),
        "failed_mails": Message.objects.failing().count(),
    }
