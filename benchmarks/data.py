"""Makes a portal of N organisations by bulk inserts: each with members, evidence, an application,
its claims, rounds, decisions, a published case study and, for one in three, the award; and its part
of the network."""

import datetime
import hashlib
import time
import uuid
from collections.abc import Iterator
from itertools import islice

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.utils import timezone

from accounts.models import AuditEvent, Membership, Organisation, OrganisationType, Place, User
from accounts.permissions import is_trusted
from accounts.roles import MemberRole
from accounts.rules import name_key
from awards.models import Application, Award, Claim, Decision, Evidence, Round
from awards.numbers import format_number
from awards.rules import AWAITING_REVIEW, ApplicationStatus, ClaimStatus, Outcome, last_day
from benchmarks import network
from champions.case_studies.models import CaseStudy, Publication, PublishedTheme
from champions.case_studies.rules import SECTIONS, SectionKind, Stage
from frameworks.models import Criterion, Framework

BATCH = 2000
CLAIMS_EACH = 6
STATES = [ApplicationStatus.AWARDED, ApplicationStatus.SUBMITTED, ApplicationStatus.DRAFT]


def prepare() -> tuple[User, User]:
    """Migrate, load the reference data, and return a reviewer and a partnership admin."""
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("load_reference", verbosity=0)
    call_command("load_frameworks", verbosity=0)
    network.prepare()
    reviewer = User.objects.create_user(
        "reviewer@bench.example", full_name="Reviewer", is_reviewer=True
    )
    admin = User.objects.create_user(
        "admin@bench.example", full_name="Admin", is_partnership_admin=True
    )
    return reviewer, admin


def grow_to(total: int, reviewer: User) -> None:
    """Add organisations until there are `total`."""
    first = Organisation.objects.count()
    for start in range(first, total, BATCH):
        _add(range(start, min(start + BATCH, total)), reviewer)


def _add(numbers: range, reviewer: User) -> None:
    now = timezone.now()
    framework = Framework.objects.get(code=settings.PARTNERSHIP["award_framework"])
    criteria = list(Criterion.objects.of(framework))
    by_theme: dict[str, list[Criterion]] = {}
    for criterion in criteria:
        by_theme.setdefault(criterion.theme.code, []).append(criterion)
    types, places = list(OrganisationType.objects.all()), list(Place.objects.all())

    users = User.objects.bulk_create(
        User(email=f"lead{n}@bench.example", full_name=f"Lead {n}", password="!") for n in numbers
    )
    names = [f"{places[n % len(places)]} {types[n % len(types)]} {n:05}" for n in numbers]
    organisations = Organisation.objects.bulk_create(
        Organisation(
            name=name,
            name_key=name_key(name),
            slug=f"organisation-{n:05}",
            type=types[n % len(types)],
            description="What we do for our neighbours. " * 5,
        )
        for n, name in zip(numbers, names, strict=True)
    )
    Organisation.places.through.objects.bulk_create(
        Organisation.places.through(organisation=o, place=places[n % len(places)])
        for n, o in zip(numbers, organisations, strict=True)
    )
    Membership.objects.bulk_create(
        Membership(organisation=o, user=u, role=MemberRole.LEAD, joined_at=now, joined_by=u)
        for o, u in zip(organisations, users, strict=True)
    )
    network.add(organisations, users, reviewer)
    evidence = Evidence.objects.bulk_create(
        Evidence(
            organisation=o,
            title=f"Evidence {k}",
            what_changed="Something changed. " * 10,
            for_whom="People nearby",
            started_on=now.date(),
            story="A story. " * 50,
            created_at=now,
            created_by=u,
            updated_at=now,
            updated_by=u,
        )
        for o, u in zip(organisations, users, strict=True)
        for k in range(3)
    )
    Evidence.places.through.objects.bulk_create(
        Evidence.places.through(evidence=e, place=places[0]) for e in evidence
    )
    applications = Application.objects.bulk_create(
        Application(
            reference=f"A-{n:08}",
            organisation=o,
            framework=framework,
            status=STATES[n % 3],
            created_at=now,
            created_by=u,
            touched_at=now - datetime.timedelta(minutes=n),
            submitted_at=None if n % 3 == 2 else now,
            submitted_by=None if n % 3 == 2 else u,
        )
        for n, o, u in zip(numbers, organisations, users, strict=True)
    )
    claims = Claim.objects.bulk_create(
        list(_claims(applications, users, by_theme, now)), batch_size=BATCH
    )
    Claim.evidence.through.objects.bulk_create(
        (
            Claim.evidence.through(claim=claim, evidence=evidence[i // CLAIMS_EACH * 3])
            for i, claim in enumerate(claims)
        ),
        batch_size=BATCH,
    )
    rounds = Round.objects.bulk_create(
        (
            Round(
                claim=claim,
                number=1,
                submitted_at=now,
                submitted_by=claim.created_by,
                snapshot=_snapshot(claim),
            )
            for claim in claims
            if claim.status != ClaimStatus.DRAFT
        ),
        batch_size=BATCH,
    )
    Decision.objects.bulk_create(
        (
            Decision(round=r, outcome=Outcome.ACCEPTED, decided_at=now, decided_by=reviewer)
            for r in rounds
            if r.claim.status == ClaimStatus.ACCEPTED
        ),
        batch_size=BATCH,
    )
    awards = Award.objects.bulk_create(
        Award(
            number=format_number(settings.PARTNERSHIP["award_number_prefix"], 2026, n + 1),
            application=a,
            organisation=o,
            holder_name=o.name,
            framework=framework,
            granted_on=now.date(),
            granted_at=now,
            granted_by=reviewer,
            ends_on=last_day(now.date(), 5),
            reasoning={},
        )
        for n, a, o in zip(numbers, applications, organisations, strict=True)
        if a.status == ApplicationStatus.AWARDED
    )
    Award.criteria.through.objects.bulk_create(
        Award.criteria.through(award=award, criterion=theme[0])
        for award in awards
        for theme in by_theme.values()
    )
    _add_case_studies(organisations, users, list(by_theme), now)
    AuditEvent.objects.bulk_create(
        (
            AuditEvent(
                type="claim.submitted",
                at=now,
                actor="Lead",
                target_type="awards.claim",
                target_id=str(claim.pk),
                target="A claim",
                organisation_id=None,
            )
            for claim in claims
        ),
        batch_size=BATCH,
    )


def _add_case_studies(
    organisations: list[Organisation], users: list[User], themes: list[str], now: datetime.datetime
) -> None:
    """Publish a case study of each organisation, with every part, two pictures, three figures."""
    day, steps = now.date(), ("created", "updated", "consented", "released")
    studies = CaseStudy.objects.bulk_create(
        CaseStudy(
            organisation=o,
            stage=Stage.RELEASED,
            title=f"How {o.name} did it",
            summary="We changed how we buy and whom we hire. " * 5,
            themes=themes[:2],
            publish_on=day,
            **{f"{step}_at": now for step in steps},
            **{f"{step}_by": u for step in steps},
        )
        for o, u in zip(organisations, users, strict=True)
    )
    publications = Publication.objects.bulk_create(
        Publication(
            case_study=study,
            slug=f"{study.organisation.slug}-case",
            title=study.title,
            summary=study.summary,
            content=_content(),
            text="We asked our neighbours what they need, and did it. " * 50,
            first_published_on=day,
            changed_at=now,
        )
        for study in studies
    )
    PublishedTheme.objects.bulk_create(
        (PublishedTheme(publication=p, theme=theme) for p in publications for theme in themes[:2]),
        batch_size=BATCH,
    )
    placed = dict(
        Organisation.places.through.objects.filter(organisation__in=organisations).values_list(
            "organisation_id", "place_id"
        )
    )
    Publication.places.through.objects.bulk_create(
        Publication.places.through(publication=p, place_id=placed[study.organisation_id])
        for p, study in zip(publications, studies, strict=True)
    )


def _content() -> dict[str, object]:
    html = "<p>We asked our neighbours what they need, and <strong>did</strong> it.</p>" * 5
    return {
        "sections": [
            {"kind": kind, "title": SECTIONS[kind].title, "html": html} for kind in SectionKind
        ],
        "highlights": [{"value": str(n), "label": "people into work"} for n in (40, 80, 120)],
        "pictures": [
            {
                "id": str(uuid.uuid4()),
                "alternative": "People at a long table",
                "caption": "In March",
                "section": section,
                "sizes": [[480, 320], [960, 640], [1600, 1067]],
            }
            for section in ("", SectionKind.ACTIONS)
        ],
    }


def _claims(
    applications: list[Application],
    users: list[User],
    by_theme: dict[str, list[Criterion]],
    now: datetime.datetime,
) -> Iterator[Claim]:
    themes = list(by_theme.values())
    status = {
        ApplicationStatus.AWARDED: ClaimStatus.ACCEPTED,
        ApplicationStatus.SUBMITTED: ClaimStatus.SUBMITTED,
        ApplicationStatus.DRAFT: ClaimStatus.DRAFT,
    }
    for number, (application, user) in enumerate(zip(applications, users, strict=True)):
        state = status[ApplicationStatus(application.status)]
        chosen = islice((c for row in zip(*themes, strict=False) for c in row), CLAIMS_EACH)
        for criterion in chosen:
            yield Claim(
                application=application,
                criterion=criterion,
                status=state,
                explanation="The evidence shows it. " * 10,
                created_at=now,
                created_by=user,
                updated_at=now,
                updated_by=user,
                due_on=(now + datetime.timedelta(days=number % 12)).date()
                if state in AWAITING_REVIEW
                else None,
            )


def _snapshot(claim: Claim) -> dict[str, object]:
    return {
        "criterion": {"code": claim.criterion.code, "title": claim.criterion.title},
        "explanation": claim.explanation,
        "answer": "",
        "evidence": [
            {
                "id": str(uuid.uuid4()),
                "version": 1,
                "title": "Evidence",
                "what_changed": "Something changed. " * 10,
                "for_whom": "People nearby",
                "people_count": 120,
                "places": ["Halton"],
                "started_on": "2025-04-01",
                "ended_on": None,
                "story": "A story. " * 50,
                "figures": "",
                "links": [],
                "files": [
                    {
                        "id": str(uuid.uuid4()),
                        "name": "report.pdf",
                        "size": 12345,
                        "sha256": hashlib.sha256(b"").hexdigest(),
                    }
                ],
            }
        ],
    }


def sign_in(user: User) -> str:
    """Return the cookie of a new session of a person, who has shown the second factor they need."""
    session = SessionStore()
    if is_trusted(user):
        if not Authenticator.objects.filter(user=user).exists():
            TOTP.activate(user, generate_totp_secret())
        shown = [{"method": "mfa", "at": time.time()}]
        session[AUTHENTICATION_METHODS_SESSION_KEY] = shown
        session[f"{AUTHENTICATION_METHODS_SESSION_KEY}_user"] = str(user.pk)
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
