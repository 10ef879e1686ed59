"""One claim: say how the evidence shows a criterion, answer a question, appeal, step back."""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import AuthedRequest, is_lead, is_member, part_in
from awards.calendar import today
from awards.facts import with_evidence, with_reported
from awards.forms import AnswerForm, AppealForm, ClaimForm, claim_values
from awards.models import Claim, Decision, Evidence
from awards.permissions import is_open_to_change, may_edit_claim, takes_claims
from awards.rules import ClaimStatus, NotAllowed
from awards.services import applications as services
from awards.snapshots import FrozenRound, last_of_renewed, lay_out
from awards.views.applicant.applications import next_step, open_application
from awards.views.applicant.drafts import begin_from, save_draft, typed
from awards.views.applicant.evidence import read_or_send
from frameworks.models import Criterion, Row
from frameworks.suggestions import in_order, suggested

MAY_BE_WITHDRAWN = frozenset({ClaimStatus.SUBMITTED, ClaimStatus.MORE_INFORMATION})
MAY_BE_CLAIMED_AGAIN = frozenset(
    {ClaimStatus.NOT_ACCEPTED, ClaimStatus.WITHDRAWN, ClaimStatus.LAPSED}
)


@dataclass(frozen=True)
class Turn:
    """One round of a claim: what was sent, and what came back."""

    frozen: FrozenRound
    decision: Decision | None


def visible_claim(request: AuthedRequest, pk: uuid.UUID) -> Claim:
    """Return a claim the person may read."""
    found = Claim.objects.visible_to(request.user).select_related(
        "application__organisation", "application__framework", "criterion__theme", "updated_by"
    )
    return get_object_or_404(found.prefetch_related(with_evidence(), with_reported()), pk=pk)


def own_claim(request: AuthedRequest, pk: uuid.UUID) -> Claim:
    """Return a claim of an organisation the person belongs to."""
    claim = visible_claim(request, pk)
    if not is_member(request.user, claim.application.organisation):
        raise PermissionDenied
    return claim


def led_claim(request: AuthedRequest, pk: uuid.UUID) -> Claim:
    """Return a claim of an organisation the person leads."""
    claim = visible_claim(request, pk)
    if not is_lead(request.user, claim.application.organisation):
        raise PermissionDenied
    return claim


def last_decision(claim: Claim) -> Decision:
    """Return the latest decision on a claim."""
    return Decision.objects.filter(round__claim=claim).select_related("round").latest("decided_at")


@require_POST
def claim_add(request: AuthedRequest, pk: uuid.UUID, code: str) -> HttpResponse:
    """Claim a criterion, and go on to say how the evidence shows it."""
    application = open_application(request, pk)
    criterion = get_object_or_404(Criterion.objects.of(application.framework), code=code)
    claim = services.add_claim(application, criterion=criterion, by=request.user)
    if claim.status == ClaimStatus.DRAFT:
        return redirect("claim_edit", pk=claim.pk)
    return redirect(claim)


@require_safe
def claim(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Show where a claim stands, what was sent and answered, and what can be done now."""
    claim = visible_claim(request, pk)
    organisation = claim.application.organisation
    rounds = list(claim.rounds.select_related("decision", "submitted_by"))
    turns = [
        Turn(lay_out(this, before, {}), getattr(this, "decision", None))
        for before, this in zip([last_of_renewed(claim), *rounds], rounds, strict=False)
    ][::-1]
    part = part_in(request.user, organisation)
    open_still = takes_claims(claim.application)
    context = {
        "claim": claim,
        "application": claim.application,
        "organisation": organisation,
        "next_step": next_step(claim),
        "turns": turns,
        "question": turns[0].decision if claim.status == ClaimStatus.MORE_INFORMATION else None,
        "is_member": part.is_member,
        "is_lead": part.is_lead,
        "lead": part.lead,
        "may_edit": may_edit_claim(request.user, claim),
        "may_withdraw": part.is_lead and claim.status in MAY_BE_WITHDRAWN,
        "appeal_until": _appeal_until(claim),
        "takes_claims": open_still,
        "may_claim_again": part.is_member and open_still and claim.status in MAY_BE_CLAIMED_AGAIN,
    }
    return render(request, "awards/applicant/claim.html", context)


def _appeal_until(claim: Claim) -> datetime.date | None:
    """Return the last day a claim may still be appealed; None when it may not."""
    if claim.status != ClaimStatus.NOT_ACCEPTED or services.appeal_blockers(claim):
        return None
    return services.appeal_until(last_decision(claim))


@read_or_send
def claim_edit(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Change a draft claim; the page saves itself."""
    claim = own_claim(request, pk)
    if claim.status == ClaimStatus.MORE_INFORMATION:
        return redirect("claim_answer", pk=claim.pk)
    if not is_open_to_change(claim):
        raise NotAllowed("This claim can no longer be changed: it has been submitted or closed.")
    form = ClaimForm(
        typed(request),
        initial=claim_values(claim),
        evidence=_evidence_to_choose(claim),
        rows=_rows_to_report(claim),
    )
    if request.method == "POST":
        saved, answer = save_draft(
            request,
            form,
            lambda version, values: _save(request, claim, form, version, values),
            claim_values,
        )
        if answer:
            return answer
        if saved:
            return _after_saving(request, claim)
    context = _editing(request, claim, form)
    status = 422 if request.method == "POST" else 200
    return render(request, "awards/applicant/claim_edit.html", context, status=status)


@read_or_send
def claim_answer(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Prepare the answer to a reviewer's question; the lead champion sends it."""
    claim = own_claim(request, pk)
    if claim.status != ClaimStatus.MORE_INFORMATION:
        raise NotAllowed("This claim does not wait for an answer any more.")
    part = part_in(request.user, claim.application.organisation)
    sending = request.POST.get("then") == "send"
    if sending and not part.is_lead:
        raise PermissionDenied
    form = AnswerForm(
        typed(request),
        initial=claim_values(claim),
        evidence=_evidence_to_choose(claim),
        rows=_rows_to_report(claim),
        sending=sending,
    )
    if request.method == "POST":
        saved, answer = save_draft(
            request,
            form,
            lambda version, values: _save(request, claim, form, version, values),
            claim_values,
        )
        if answer:
            return answer
        if saved and not sending:
            return _after_saving(request, claim)
        if saved:
            try:
                sent = services.answer(claim, by=request.user)
            except NotAllowed as refusal:
                if not Claim.objects.filter(pk=pk, status=ClaimStatus.MORE_INFORMATION).exists():
                    raise
                begin_from(form, saved.version)
                form.add_error(None, str(refusal))
            else:
                words = f"Your answer is sent. A reviewer decides by {sent.due_on:%-d %B %Y}."
                messages.success(request, words)
                return redirect(claim)
    context = {
        **_editing(request, claim, form),
        "decision": last_decision(claim),
        "is_lead": part.is_lead,
        "lead": part.lead,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "awards/applicant/claim_answer.html", context, status=status)


def _evidence_to_choose(claim: Claim) -> QuerySet[Evidence]:
    kept = claim.application.organisation.evidence.kept()
    return kept.order_by("title", "id").prefetch_related("places")


def _rows_to_report(claim: Claim) -> list[Row]:
    """Return what the evidence may report: what it reports already, in the version it was chosen
    from, and what is suggested for the criterion."""
    places = claim.application.organisation.places.values_list("code", flat=True)
    rows = {reported.row.address: reported.row for reported in claim.reported.all()}
    criterion = f"{claim.application.framework.code}/{claim.criterion.code}"
    for row in suggested(criterion, places=places, today=today()):
        rows.setdefault(row.address, row)
    return sorted(rows.values(), key=in_order)


def _save(
    request: AuthedRequest, claim: Claim, form: ClaimForm, version: int, values: dict[str, Any]
) -> Claim:
    return services.save_claim(
        claim,
        by=request.user,
        version=version,
        explanation=values["explanation"],
        evidence=values["evidence"],
        answer=values.get("answer"),
        reported=form.reported,
    )


def _editing(request: AuthedRequest, claim: Claim, form: ClaimForm) -> dict[str, object]:
    organisation = claim.application.organisation
    return {
        "claim": claim,
        "application": claim.application,
        "organisation": organisation,
        "form": form,
        "kept": request.method == "GET" and form.is_bound,
    }


def _after_saving(request: AuthedRequest, claim: Claim) -> HttpResponse:
    """Go where the button that saved leads."""
    if request.POST.get("then") == "add_evidence":
        slug = claim.application.organisation.slug
        return redirect(f"{reverse('evidence_add', args=[slug])}?claim={claim.pk}")
    messages.success(request, "Your claim is saved.")
    return redirect(claim)


@read_or_send
def claim_remove(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask before a draft claim is taken off the application, then take it off."""
    claim = own_claim(request, pk)
    if claim.status != ClaimStatus.DRAFT:
        raise NotAllowed("This claim is not a draft any more.")
    if request.method == "POST":
        services.remove_claim(claim, by=request.user)
        messages.success(request, f"The claim for {claim.criterion.code} is removed.")
        return redirect(claim.application)
    context = {"claim": claim, "application": claim.application}
    return render(request, "awards/applicant/claim_remove.html", context)


@read_or_send
def claim_withdraw(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask before a submitted claim is withdrawn, then withdraw it."""
    claim = led_claim(request, pk)
    if claim.status not in MAY_BE_WITHDRAWN:
        raise NotAllowed("Only a claim that waits for a decision or an answer can be withdrawn.")
    if request.method == "POST":
        services.withdraw_claim(claim, by=request.user)
        messages.success(request, f"The claim for {claim.criterion.code} is withdrawn.")
        return redirect(claim.application)
    context = {"claim": claim, "application": claim.application}
    return render(request, "awards/applicant/claim_withdraw.html", context)


@read_or_send
def claim_appeal(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask for another reviewer to decide a refused claim."""
    claim = led_claim(request, pk)
    blockers = services.appeal_blockers(claim)
    if blockers:
        raise NotAllowed(" ".join(blocker.text for blocker in blockers))
    form = AppealForm(typed(request))
    if request.method == "POST" and form.is_valid():
        services.appeal(claim, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, "Your appeal is received. Another reviewer will decide it.")
        return redirect(claim)
    decision = last_decision(claim)
    context = {
        "claim": claim,
        "application": claim.application,
        "form": form,
        "kept": request.method == "GET" and form.is_bound,
        "decision": decision,
        "until": services.appeal_until(decision),
        "review_days": settings.PARTNERSHIP["review_working_days"],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "awards/applicant/claim_appeal.html", context, status=status)
