"""An organisation's evidence: what it can show, built up over days or months."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Organisation
from accounts.paging import page_of
from accounts.permissions import AuthedRequest, is_member
from awards.forms import EvidenceForm, EvidenceTitleForm, values_of
from awards.models import Claim, Evidence, EvidenceFile
from awards.permissions import may_edit_claim
from awards.rules import LIVE, NotAllowed
from awards.services.applications import attach_evidence
from awards.services.evidence import (
    TEXT_FIELDS,
    archive_evidence,
    create_evidence,
    restore_evidence,
    save_evidence,
)
from awards.views.applicant.drafts import save_draft, typed

read_or_send = require_http_methods(["GET", "HEAD", "POST"])
# New evidence has a title and nothing else.
NOTHING_YET: dict[str, Any] = {
    **dict.fromkeys(TEXT_FIELDS, ""),
    "people_count": None,
    "started_on": None,
    "ended_on": None,
    "places": [],
}


def own_organisation(request: AuthedRequest, slug: str) -> Organisation:
    """Return an organisation the person belongs to; anyone else learns nothing of it."""
    organisation = get_object_or_404(Organisation.objects.visible_to(request.user), slug=slug)
    if not is_member(request.user, organisation):
        raise PermissionDenied
    return organisation


def own_evidence(request: AuthedRequest, pk: uuid.UUID) -> Evidence:
    """Return evidence of an organisation the person belongs to."""
    found = Evidence.objects.visible_to(request.user).select_related("organisation", "updated_by")
    return get_object_or_404(found, pk=pk)


def used_by() -> Prefetch:
    """Return the prefetch of the claims that evidence is used by now."""
    claims = Claim.objects.filter(status__in=LIVE).select_related("criterion__theme")
    return Prefetch("claims", queryset=claims, to_attr="live_claims")


@require_safe
def evidence_list(request: AuthedRequest, slug: str) -> HttpResponse:
    """Show an organisation's evidence, with what uses each piece and whether it is complete."""
    organisation = own_organisation(request, slug)
    removed = request.GET.get("removed") == "1"
    words = request.GET.get("q", "").strip()[:100]
    found = organisation.evidence.all() if removed else organisation.evidence.kept()
    if removed:
        found = found.exclude(archived_at=None)
    if words:
        found = found.filter(words__has=words)
    rows = (
        found.select_related("updated_by", "archived_by")
        .annotate(file_count=Count("files", filter=Q(files__removed_at=None)))
        .prefetch_related("places", used_by())
        .order_by("-updated_at", "id")
    )
    context = {
        "organisation": organisation,
        "page": page_of(rows, request),
        "words": words,
        "removed": removed,
        "has_removed": organisation.evidence.exclude(archived_at=None).exists(),
    }
    return render(request, "awards/applicant/evidence_list.html", context)


@read_or_send
def evidence_add(request: AuthedRequest, slug: str) -> HttpResponse:
    """Ask for a title, start the draft with it, and go on to everything else."""
    organisation = own_organisation(request, slug)
    claim = _claim_to_return_to(request, organisation)
    form = EvidenceTitleForm(typed(request))
    if request.method == "POST" and form.is_valid():
        values = {**NOTHING_YET, "title": form.cleaned_data["title"]}
        evidence = create_evidence(organisation, by=request.user, values=values)
        if claim:
            attach_evidence(claim, evidence=evidence, by=request.user)
        return redirect(_with_claim(reverse("evidence_edit", args=[evidence.pk]), claim))
    context = {"organisation": organisation, "form": form, "claim": claim}
    status = 422 if request.method == "POST" else 200
    return render(request, "awards/applicant/evidence_add.html", context, status=status)


@require_safe
def evidence(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Show one piece of evidence: what it says, its files, what is missing, what uses it."""
    found = get_object_or_404(
        Evidence.objects.visible_to(request.user)
        .select_related("organisation", "created_by", "updated_by", "archived_by")
        .prefetch_related(
            "places",
            used_by(),
            Prefetch(
                "files",
                queryset=EvidenceFile.objects.kept().prefetch_related("previews"),
                to_attr="kept_files",
            ),
        ),
        pk=pk,
    )
    context = {
        "evidence": found,
        "organisation": found.organisation,
        "is_kept": found.archived_at is None,
        "missing": missing_of(found),
        "claim": _claim_to_return_to(request, found.organisation),
    }
    return render(request, "awards/applicant/evidence.html", context)


def missing_of(evidence: Evidence) -> list[str]:
    """Return what evidence must still say before a claim that uses it can be submitted."""
    needed = {
        "what changed": evidence.what_changed,
        "for whom": evidence.for_whom,
        "where": evidence.places.all(),
        "when it began": evidence.started_on,
    }
    return [name for name, said in needed.items() if not said]


@read_or_send
def evidence_edit(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Change evidence; the page saves itself, and two people's words are both kept."""
    evidence = own_evidence(request, pk)
    if evidence.archived_at:
        raise NotAllowed("This evidence has been removed. Restore it to change it.")
    claim = _claim_to_return_to(request, evidence.organisation)
    form = EvidenceForm(
        typed(request), initial=values_of(evidence), organisation=evidence.organisation
    )
    if request.method == "POST":
        saved, answer = save_draft(
            request,
            form,
            lambda version, values: save_evidence(
                evidence, by=request.user, version=version, values=values
            ),
            values_of,
        )
        if answer:
            return answer
        if saved:
            messages.success(request, f"‘{saved.title}’ is saved.")
            return redirect(_with_claim(saved.get_absolute_url(), claim))
    context = {
        "evidence": evidence,
        "organisation": evidence.organisation,
        "form": form,
        "claim": claim,
        "kept": request.method == "GET" and form.is_bound,
        "needed": [form[n] for n in ("what_changed", "for_whom", "places", "started_on")],
        "further": [form[n] for n in ("ended_on", "people_count", "figures", "story", "links")],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "awards/applicant/evidence_edit.html", context, status=status)


@read_or_send
def evidence_archive(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask before evidence is removed; put it back when asked to."""
    evidence = own_evidence(request, pk)
    if request.method == "POST" and "restore" in request.POST:
        restore_evidence(evidence, by=request.user)
        messages.success(request, f"‘{evidence.title}’ is back in your evidence.")
        return redirect(evidence)
    if request.method == "POST":
        archive_evidence(evidence, by=request.user)
        return redirect(evidence)
    if evidence.archived_at:
        return redirect(evidence)
    used = evidence.claims.filter(status__in=LIVE).select_related("criterion")
    context = {"evidence": evidence, "used": used, "organisation": evidence.organisation}
    return render(request, "awards/applicant/evidence_archive.html", context)


def _claim_to_return_to(request: AuthedRequest, organisation: Organisation) -> Claim | None:
    """Return the claim that somebody came from to add evidence for it, if it may be changed."""
    given = request.GET.get("claim", "")
    if not given:
        return None
    try:
        found = _claims(request).get(pk=uuid.UUID(given), application__organisation=organisation)
    except (ValueError, Claim.DoesNotExist):
        raise Http404 from None
    return found if may_edit_claim(request.user, found) else None


def _claims(request: AuthedRequest) -> QuerySet[Claim]:
    return Claim.objects.visible_to(request.user).select_related(
        "application__organisation", "criterion"
    )


def _with_claim(address: str, claim: Claim | None) -> str:
    return f"{address}?claim={claim.pk}" if claim else address
