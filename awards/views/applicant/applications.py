"""An organisation's application: start it, see where it stands, check it, submit it."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, prefetch_related_objects
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts.permissions import AuthedRequest, is_lead, is_member, part_in
from awards.calendar import today
from awards.facts import (
    assessment_of,
    blockers_of,
    claim_draft,
    drafts_of,
    eligibility,
    with_evidence,
)
from awards.forms import DeclarationForm
from awards.models import Application, Claim, Round
from awards.permissions import may_prepare, takes_claims
from awards.rules import (
    AWAITING_REVIEW,
    LIVE,
    ApplicationStatus,
    ClaimStatus,
    NotAllowed,
    ThemeFact,
    ThemeStanding,
    submission_blockers,
)
from awards.services import applications as services
from awards.statuses import STATUS_WORDS
from awards.views import documents
from awards.views.applicant.evidence import own_organisation, read_or_send
from frameworks.models import Theme


@dataclass(frozen=True)
class ClaimRow:
    """A claim in the task list and what is to be done about it."""

    claim: Claim
    next_step: str


@dataclass(frozen=True)
class ThemeSection:
    """A theme of the task list: how it stands and its claims."""

    standing: ThemeStanding
    rows: list[ClaimRow]

    @property
    def theme(self) -> ThemeFact:
        return self.standing.theme


def visible_application(request: AuthedRequest, pk: uuid.UUID) -> Application:
    """Return an application the person may read, with what every page says about it."""
    found = Application.objects.visible_to(request.user).select_related(
        "organisation__type", "framework", "award", "renews"
    )
    return get_object_or_404(found, pk=pk)


def open_application(request: AuthedRequest, pk: uuid.UUID) -> Application:
    """Return an application the person may work on now."""
    application = visible_application(request, pk)
    if not is_member(request.user, application.organisation):
        raise PermissionDenied
    if not may_prepare(request.user, application):
        raise NotAllowed("This application is closed, so it can no longer be changed.")
    return application


def theme_of(application: Application, code: str) -> Theme:
    """Return a theme of the framework an application is judged by."""
    return get_object_or_404(Theme, framework=application.framework, code=code)


@read_or_send
def apply(request: AuthedRequest, slug: str) -> HttpResponse:
    """Say whether an organisation may apply, and start its application."""
    organisation = own_organisation(request, slug)
    existing = organisation.applications.open().first()
    if existing:
        return redirect(existing)
    if request.method == "POST":
        return redirect(services.start_application(organisation, by=request.user))
    context = {
        "organisation": organisation,
        "blockers": eligibility(organisation),
        "award": organisation.awards.current(today()).first(),
        "lead": part_in(request.user, organisation).lead,
    }
    return render(request, "awards/applicant/apply.html", context)


@require_safe
def application(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Show where an application stands, theme by theme, and what happens next."""
    application = visible_application(request, pk)
    part = part_in(request.user, application.organisation)
    claims = list(application.claims.select_related("criterion__theme"))
    refused = [c for c in claims if c.status == ClaimStatus.NOT_ACCEPTED]
    withdrawn = [c for c in claims if c.status == ClaimStatus.WITHDRAWN]
    decided = Round.objects.defer("snapshot").select_related("decision")
    prefetch_related_objects(refused + withdrawn, Prefetch("rounds", decided))
    prefetch_related_objects([c for c in claims if c.status == ClaimStatus.DRAFT], with_evidence())
    assessment = assessment_of(application, claims)
    waiting = [c.due_on for c in claims if c.due_on]
    award = getattr(application, "award", None)
    context = {
        "application": application,
        "organisation": application.organisation,
        "assessment": assessment,
        "sections": _sections(claims, assessment.themes),
        "withdrawn": [c for c in withdrawn if c.rounds.all()],
        "drafts": [c for c in claims if c.status == ClaimStatus.DRAFT],
        "questions": [c for c in claims if c.status == ClaimStatus.MORE_INFORMATION],
        "refused": [(c, list(c.rounds.all())[-1].decision.feedback) for c in refused],
        "waiting": len(waiting),
        "due_on": max(waiting, default=None),
        "award": award,
        "award_over": award and award.ended_on is not None and award.ended_on <= today(),
        "takes_claims": takes_claims(application),
        "is_member": part.is_member,
        "is_lead": part.is_lead,
        "lead": part.lead,
    }
    return render(request, "awards/applicant/application.html", context)


def _sections(claims: Iterable[Claim], standings: Sequence[ThemeStanding]) -> list[ThemeSection]:
    rows: dict[str, list[ClaimRow]] = {standing.theme.code: [] for standing in standings}
    for claim in claims:
        if claim.status != ClaimStatus.WITHDRAWN:
            rows[claim.criterion.theme.code].append(ClaimRow(claim, next_step(claim)))
    return [ThemeSection(standing, rows[standing.theme.code]) for standing in standings]


def next_step(claim: Claim) -> str:
    """Return what is to be done about a claim, and by when where that is known.

    A draft's evidence is read too, so fetch it with `with_evidence`."""
    if claim.status in AWAITING_REVIEW:
        return f"A reviewer decides by {claim.due_on:%-d %B %Y}."
    if claim.status == ClaimStatus.DRAFT:
        if not takes_claims(claim.application):
            return "It was not submitted before the application closed."
        blocked = submission_blockers(eligible=[], drafts=[claim_draft(claim)])
        return "Not complete yet." if blocked else "Ready to submit."
    return STATUS_WORDS[ClaimStatus][claim.status].next_step


@require_safe
def application_theme(request: AuthedRequest, pk: uuid.UUID, code: str) -> HttpResponse:
    """Show a theme's criteria, what good evidence looks like, and what is claimed."""
    application = visible_application(request, pk)
    theme = theme_of(application, code)
    criteria = list(theme.criteria.all())
    claims = application.claims.filter(criterion__theme=theme, status__in=LIVE)
    claimed = {claim.criterion_id: claim for claim in claims}
    context = {
        "application": application,
        "organisation": application.organisation,
        "theme": theme,
        "rows": [(criterion, claimed.get(criterion.pk)) for criterion in criteria],
        "may_prepare": may_prepare(request.user, application),
    }
    return render(request, "awards/applicant/theme.html", context)


@read_or_send
def application_check(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Show everything that will be submitted; the lead champion declares and submits it."""
    application = visible_application(request, pk)
    part = part_in(request.user, application.organisation)
    if not part.is_member:
        raise PermissionDenied
    drafts = drafts_of(application)
    if request.method == "POST":
        if not part.is_lead:
            raise PermissionDenied
        if not drafts and application.submitted_at:
            # The same form again: pressed twice, or sent again by going back.
            return redirect("application_submitted", pk=application.pk)
    if not takes_claims(application):
        raise NotAllowed("This application is closed, so nothing can be submitted any more.")
    form = DeclarationForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.submit(application, by=request.user, statements=form.statements)
        except NotAllowed:
            # Another of the same form may have been quicker; otherwise the page says what is wrong.
            if application.claims.filter(status=ClaimStatus.DRAFT).exists():
                drafts = drafts_of(application)
            elif Application.objects.filter(pk=pk, submitted_at__isnull=False).exists():
                return redirect("application_submitted", pk=application.pk)
        else:
            return redirect("application_submitted", pk=application.pk)
    assessment = assessment_of(application)
    context = {
        "application": application,
        "organisation": application.organisation,
        "form": form,
        "drafts": drafts,
        "blockers": blockers_of(application, drafts),
        "unclaimed": [s.theme for s in assessment.themes if s.state == "missing"],
        "is_lead": part.is_lead,
        "lead": part.lead,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "awards/applicant/check.html", context, status=status)


@require_safe
def application_submitted(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Confirm what was submitted, and say what happens next and by when."""
    application = visible_application(request, pk)
    declared = application.declarations.select_related("declared_by").last()
    if declared is None:
        raise Http404
    waiting = list(
        application.claims.filter(due_on__isnull=False).select_related("criterion__theme")
    )
    assessment = assessment_of(application)
    context = {
        "application": application,
        "organisation": application.organisation,
        "declared": declared,
        "waiting": waiting,
        "due_on": max((c.due_on for c in waiting if c.due_on), default=None),
        "unclaimed": [s.theme for s in assessment.themes if s.state == "missing"],
    }
    return render(request, "awards/applicant/submitted.html", context)


@read_or_send
def application_withdraw(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask before a whole application is withdrawn, then withdraw it."""
    application = visible_application(request, pk)
    if not is_lead(request.user, application.organisation):
        raise PermissionDenied
    if not application.is_open:
        raise NotAllowed("This application is closed, so it cannot be withdrawn.")
    if request.method == "POST":
        services.withdraw_application(application, by=request.user)
        messages.success(request, "Your application is withdrawn. Your evidence is still here.")
        return redirect(application)
    context = {
        "application": application,
        "organisation": application.organisation,
        "appealed": application.claims.filter(status=ClaimStatus.APPEALED).exists(),
        "is_submitted": application.status != ApplicationStatus.DRAFT,
    }
    return render(request, "awards/applicant/withdraw_application.html", context)


@require_safe
def application_pdf(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Hand out the application as it stands now, as a PDF to keep or to print."""
    application = visible_application(request, pk)
    name = f"application-{application.reference}.pdf"
    return documents.serve(request, application.framework, application, filename=name)
