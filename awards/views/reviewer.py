"""Pages for reviewers: the queue, one claim, and its decision."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.forms import kept
from accounts.paging import page_of
from accounts.permissions import AuthedRequest
from awards.calendar import today
from awards.choices import offered
from awards.figures import loads
from awards.forms import ClaimFilters, DecisionForm, InterestForm, NoteForm
from awards.models import Claim, Decision, FilePreview, Round
from awards.permissions import has_declared_no_interest
from awards.querysets import ClaimQuerySet
from awards.rules import AWAITING_REVIEW, ClaimStatus, NotAllowed, Outcome, outcomes_open_to
from awards.services import reviews
from awards.snapshots import FrozenRound, file_ids, files_of, last_of_renewed, lay_out
from frameworks.models import Row
from frameworks.suggestions import suggested

UNPROCESSABLE = 422
CONFLICT = 409
# How many of their decisions a reviewer's own page shows.
DECISIONS_SHOWN = 25

Rest = ParamSpec("Rest")


def reviewer_required(
    view: Callable[Concatenate[AuthedRequest, Rest], HttpResponseBase],
) -> Callable[Concatenate[AuthedRequest, Rest], HttpResponseBase]:
    """Answer 403 to everyone but reviewers."""

    @wraps(view)
    def only_for_reviewers(
        request: AuthedRequest, /, *args: Rest.args, **kwargs: Rest.kwargs
    ) -> HttpResponseBase:
        if not request.user.is_reviewer:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return only_for_reviewers


def claim_filters(request: AuthedRequest, held: dict[str, str]) -> ClaimFilters:
    """Return the filters of a list of claims, with what there is to choose from; `held` is what
    can be asked about their holder."""
    form = ClaimFilters(request.GET)
    there_are = offered()
    form.offer(
        theme=there_are.themes, place=there_are.places, type=there_are.types, held=held.items()
    )
    return form


def for_list(claims: ClaimQuerySet) -> "QuerySet[Claim, Any]":
    """Return what a row of a list of claims shows, as plain values: 25 claims as objects of five
    models cost more than everything else on the page."""
    return claims.values(
        "pk", "status", "due_on", "criterion__code", "criterion__title", "criterion__theme__title",
        "application__organisation__name", "held_by_id", "held_by__full_name", "held_by__email",
    )  # fmt: skip


@require_safe
@reviewer_required
def review_queue(request: AuthedRequest) -> HttpResponse:
    """List the claims this reviewer may decide, the one due first at the top."""
    form = claim_filters(request, {"me": "Me", "nobody": "Nobody"})
    claims = Claim.objects.reviewable_by(request.user).awaiting_review()
    claims = claims.narrowed(form.chosen, me=request.user, today=today())
    held = loads()
    others = [load for load in held if load.reviewer_id != request.user.pk]
    return render(
        request,
        "awards/reviewer/queue.html",
        {
            "form": form,
            "page": page_of(for_list(claims), request),
            "today": today(),
            "mine": sum(load.held for load in held if load.reviewer_id == request.user.pk),
            "others": others,
            "others_hold": sum(load.held for load in others),
        },
    )


@require_safe
@reviewer_required
def review_mine(request: AuthedRequest) -> HttpResponse:
    """List the claims a reviewer holds and what they decided last."""
    held = Claim.objects.reviewable_by(request.user).awaiting_review().filter(held_by=request.user)
    decided = Decision.objects.filter(decided_by=request.user).select_related(
        "round__claim__application__organisation", "round__claim__criterion"
    )
    return render(
        request,
        "awards/reviewer/mine.html",
        {
            "page": page_of(for_list(held), request),
            "today": today(),
            "decisions": decided.order_by("-decided_at")[:DECISIONS_SHOWN],
        },
    )


@require_safe
@reviewer_required
def review(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Show one claim: what was sent, its files, earlier rounds, and the decision beside them."""
    return _page(request, _claim(request, pk))


@require_POST
@reviewer_required
def review_take(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Take a claim; whoever has not said so yet is first asked about an interest."""
    claim = _claim(request, pk)
    if not has_declared_no_interest(request.user, claim):
        return redirect("review_interest", pk)
    reviews.take(claim, by=request.user)
    messages.success(request, "You hold this claim. Nobody else can decide it now.")
    return redirect("review", pk)


@require_POST
@reviewer_required
def review_release(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Put a claim back in the queue."""
    claim = _claim(request, pk)
    reviews.release(claim, by=request.user)
    messages.success(request, f"The claim ‘{claim.criterion}’ is back in the queue.")
    return redirect("review_queue")


@require_POST
@reviewer_required
def review_note(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Leave a private note."""
    claim = _claim(request, pk)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, claim, note_form=form)
    reviews.add_note(claim, by=request.user, text=form.cleaned_data["note"])
    messages.success(request, "Your note is saved. Only reviewers can read it.")
    return redirect("review", pk)


@reviewer_required
def review_interest(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Ask whether the reviewer has an interest in the organisation; without one, take the claim."""
    claim = _claim(request, pk)
    form = InterestForm(request.POST if request.method == "POST" else None, initial=kept(request))
    if not (form.is_bound and form.is_valid()):
        return render(
            request,
            "awards/reviewer/interest.html",
            {"claim": claim, "form": form},
            status=UNPROCESSABLE if form.is_bound else 200,
        )
    organisation = claim.application.organisation
    reviews.declare_interest(
        organisation,
        by=request.user,
        has_interest=form.cleaned_data["has_interest"],
        words=form.cleaned_data["words"] if form.cleaned_data["has_interest"] else "",
    )
    if form.cleaned_data["has_interest"]:
        messages.success(
            request,
            f"You have stepped back from {organisation}. Its claims are not shown to you any more.",
        )
        return redirect("review_queue")
    if claim.status in AWAITING_REVIEW and claim.held_by_id is None:
        reviews.take(claim, by=request.user)
        messages.success(request, "You hold this claim. Nobody else can decide it now.")
    return redirect("review", pk)


@reviewer_required
def review_decide(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Take the decision in two steps: what the organisation will be sent, then sending it."""
    claim = _claim(request, pk)
    if request.method != "POST":
        return _page(request, claim)
    awaits = claim.status in AWAITING_REVIEW
    # A claim that has moved on has no open outcomes: what was chosen is understood all the same.
    form = DecisionForm(
        request.POST, outcomes=outcomes_open_to(ClaimStatus(claim.status)) or tuple(Outcome)
    )
    valid = form.is_valid()
    if awaits and (not valid or request.POST.get("step") == "change"):
        return _page(request, claim, decision_form=form)
    if not valid:
        return _moved_on(request, claim, form, "This claim no longer waits for a decision.")
    typed = form.cleaned_data
    words = {
        "by": request.user,
        "outcome": typed["outcome"],
        "feedback": typed["feedback"],
        "round_number": typed["round"],
    }
    try:
        if request.POST.get("step") != "send":
            preview = reviews.preview_decision(claim, **words)
            return render(
                request,
                "awards/reviewer/preview.html",
                {"claim": claim, "form": form, "preview": preview, "outcome": typed["outcome"]},
            )
        reviews.decide(claim, **words)
    except NotAllowed as refusal:
        return _moved_on(request, claim, form, str(refusal))
    return redirect("review_decided", pk)


@require_safe
@reviewer_required
def review_decided(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Confirm a reviewer's decision, say what followed, and lead on to the next claim."""
    claim = _claim(request, pk)
    decision = _last_decision(claim)
    if decision is None or decision.decided_by_id != request.user.pk:
        return redirect("review", pk)
    waiting = Claim.objects.reviewable_by(request.user).awaiting_review()
    waiting = waiting.select_related("criterion", "application__organisation")
    award = getattr(claim.application, "award", None)
    return render(
        request,
        "awards/reviewer/decided.html",
        {
            "claim": claim,
            "decision": decision,
            # The award this very decision completed carries its moment.
            "award": award if award and award.granted_at >= decision.decided_at else None,
            "next": waiting.filter(held_by=request.user).first()
            or waiting.filter(held_by=None).first(),
        },
    )


def _claim(request: AuthedRequest, pk: uuid.UUID) -> Claim:
    return get_object_or_404(
        Claim.objects.reviewable_by(request.user).select_related(
            "application__organisation__type",
            "application__framework",
            "criterion__theme",
            "held_by",
        ),
        pk=pk,
    )


def _rounds(claim: Claim) -> list[Round]:
    return list(claim.rounds.select_related("submitted_by", "decision__decided_by"))


def _last_decision(claim: Claim) -> Decision | None:
    return (
        Decision.objects.filter(round__claim=claim)
        .select_related("decided_by", "round")
        .order_by("-round__number")
        .first()
    )


def _page(
    request: AuthedRequest,
    claim: Claim,
    *,
    decision_form: DecisionForm | None = None,
    note_form: NoteForm | None = None,
) -> HttpResponse:
    """Show a claim with its forms; typed words and errors are kept in them."""
    rounds = _rounds(claim)
    drawn = Prefetch("previews", FilePreview.objects.only("file_id", "page"))
    files = {str(file.pk): file for file in files_of(rounds).prefetch_related(drawn)}
    shown = [
        lay_out(found, before, files)
        for before, found in zip([last_of_renewed(claim), *rounds[:-1]], rounds, strict=True)
    ]
    outcomes = outcomes_open_to(ClaimStatus(claim.status))
    places = dict(claim.application.organisation.places.values_list("code", "name"))
    kept: Mapping[str, Any] = request.kept_form or {}
    if decision_form is None:
        decision_form = DecisionForm(
            outcomes=outcomes,
            initial={
                "round": rounds[-1].number,
                "outcome": kept.get("outcome"),
                "feedback": kept.get("feedback"),
            },
        )
    context = {
        "claim": claim,
        "current": shown[-1],
        "earlier": shown[-2::-1],
        "places": ", ".join(places.values()),
        "not_reported": _not_reported(claim, shown[-1], places),
        "notes": claim.notes.select_related("written_by"),
        "form": decision_form,
        "note_form": note_form or NoteForm(initial={"note": kept.get("note")}),
        "today": today(),
        "holds": claim.held_by_id == request.user.pk,
        "awaits": claim.status in AWAITING_REVIEW,
        "closed_files": reviews.files_nobody_can_open(
            files[pk] for pk in file_ids(rounds[-1:]) if pk in files
        ),
        "declared": has_declared_no_interest(request.user, claim),
    }
    wrong = decision_form.errors or (note_form and note_form.errors)
    return render(
        request, "awards/reviewer/claim.html", context, status=UNPROCESSABLE if wrong else 200
    )


def _not_reported(claim: Claim, sent: FrozenRound, places: Iterable[str]) -> list[Row]:
    """Return what the organisation was offered to report for the criterion and did not."""
    criterion = f"{claim.application.framework.code}/{claim.criterion.code}"
    reported = {report.address for report in sent.reported}
    beside = suggested(criterion, places=places, today=today())
    return [row for row in beside if row.address not in reported]


def _moved_on(
    request: AuthedRequest, claim: Claim, form: DecisionForm, refusal: str
) -> HttpResponseBase:
    """Show where a claim stands that could not be decided; a form sent twice was decided once."""
    claim.refresh_from_db()
    decision = _last_decision(claim)
    typed = {"outcome": "", "feedback": "", "round": None, **form.cleaned_data}
    if decision and (
        decision.decided_by_id,
        decision.outcome,
        decision.feedback,
        decision.round.number,
    ) == (request.user.pk, typed["outcome"], typed["feedback"], typed["round"]):
        return redirect("review_decided", claim.pk)
    context: dict[str, Any] = {
        "claim": claim,
        "refusal": refusal,
        "decision": decision,
        "feedback": typed["feedback"],
    }
    return render(request, "awards/reviewer/moved_on.html", context, status=CONFLICT)
