"""Case studies for those who work on them: the organisation's members and partnership admins."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Organisation
from accounts.paging import page_of
from accounts.permissions import AuthedRequest, is_member, may_manage
from awards.calendar import today
from awards.files import MEGABYTE, Refused
from awards.upload_handlers import refused_uploads
from awards.views.applicant.drafts import save_draft, typed
from champions.case_studies import choosing, contents, pictures, services
from champions.case_studies.forms import (
    AskForm,
    CaseStudyForm,
    ClaimsForm,
    ConsentForm,
    PersonForm,
    PictureFileForm,
    PictureForm,
    StartForm,
    WithdrawForm,
    as_values,
    initial_of,
)
from champions.case_studies.models import CaseStudy, PersonShown, Picture, PictureSize, Publication
from champions.case_studies.permissions import may_answer, may_edit, may_withdraw
from champions.case_studies.rules import (
    HIGHLIGHTS_MAX,
    Stage,
    Standing,
    asking_blockers,
    publication_blockers,
    standing,
    unanswered,
)
from champions.case_studies.showing import preview_card, shown_preview
from champions.case_studies.views.public import picture_response
from champions.topics import topics

UNPROCESSABLE = 422
read_or_send = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def case_studies_own(request: AuthedRequest) -> HttpResponse:
    """List the case studies of somebody's organisations."""
    organisations = Organisation.objects.active().filter(
        memberships__user=request.user, memberships__ended_at=None
    )
    rows = CaseStudy.objects.filter(organisation__in=organisations).select_related("organisation")
    context = {
        "organisations": organisations.order_by("name"),
        "page": page_of(rows, request),
        "today": today(),
    }
    return render(request, "champions/case_studies/own.html", context)


@read_or_send
def case_study_start(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Begin a case study: from accepted claims, with what is ticked of them, or from nothing."""
    organisation = get_object_or_404(Organisation.objects.visible_to(request.user), slug=slug)
    if not (may_manage(request.user) or is_member(request.user, organisation)):
        raise PermissionDenied
    claims = list(choosing.accepted_claims(organisation)[:200])
    asked = set(request.GET.getlist("claim"))
    claims_form = ClaimsForm(request.GET if asked or "show" in request.GET else None, claims=claims)
    picked = [claim for claim in claims if str(claim.pk) in asked]
    offers = choosing.offered(picked)
    form = StartForm(typed(request))
    if request.method == "POST" and form.is_valid():
        chosen = choosing.chosen(offers, request.POST.getlist("take"))
        case_study = services.start(
            organisation,
            by=request.user,
            title=form.cleaned_data["title"],
            claims=picked,
            summary=chosen.summary,
            sections=chosen.sections,
            highlights=chosen.highlights,
        )
        _take_over(request, case_study, chosen)
        messages.success(
            request,
            f"You have started a case study. Only {organisation} and the partnership can see it "
            "yet.",
        )
        return redirect("case_study_edit", case_study.pk)
    context = {
        "organisation": organisation,
        "claims_form": claims_form,
        "picked": picked,
        "offers": offers,
        "taken": set(request.POST.getlist("take")),
        "form": form,
    }
    status = UNPROCESSABLE if request.method == "POST" else 200
    return render(request, "champions/case_studies/start.html", context, status=status)


def _take_over(request: AuthedRequest, case_study: CaseStudy, chosen: choosing.Chosen) -> None:
    """Take over the chosen pictures, and say what could not be taken over."""
    for file in chosen.files:
        try:
            with file.content.open("rb") as content:
                content.name = file.name
                pictures.add_picture(case_study, content, by=request.user)
        except Refused as refusal:
            messages.warning(request, f"Not taken over as a picture: {refusal}")
        except FileNotFoundError:
            messages.warning(request, f"‘{file.name}’ could not be taken over as a picture.")
    if chosen.too_many:
        messages.warning(
            request,
            f"A case study shows at most {HIGHLIGHTS_MAX} figures. Of those you chose the last "
            f"were left out: {chosen.too_many}.",
        )


@require_safe
def case_study_work(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Show where a case study stands, what is missing, its pictures and people, what is next."""
    case_study = _found(request, pk)
    laid = contents.lay_out(case_study)
    stands = standing(Stage(case_study.stage), case_study.publish_on, today())
    people: dict[Any, list[PersonShown]] = {}
    for person in case_study.people.all():
        people.setdefault(person.picture_id, []).append(person)
    agreed, not_asked = laid.agreed, unanswered(laid.content.items, laid.answers)
    is_admin = may_manage(request.user)
    blockers = (
        publication_blockers(laid.content, laid.answers, approver=True)
        if case_study.stage in {Stage.EDITING, Stage.RELEASED}
        else asking_blockers(laid.content)
    )
    context = {
        "case_study": case_study,
        "organisation": case_study.organisation,
        "stands": stands,
        "blockers": blockers,
        "pictures": [
            (p, people.get(p.pk, []), contents.picture_key(p.pk) in agreed) for p in laid.pictures
        ],
        "named": people.get(None, []),
        "items": [
            (item, None if item in not_asked else laid.answers[item.key], item.key in agreed)
            for item in laid.content.items
        ],
        "was_asked": case_study.consented_at is not None,
        "may_edit": may_edit(request.user, case_study),
        "may_answer": may_answer(request.user, case_study) and case_study.stage == Stage.CONSENT,
        "may_withdraw": may_withdraw(request.user, case_study),
        "may_publish": is_admin and case_study.stage in {Stage.EDITING, Stage.RELEASED},
        "may_take_back": case_study.stage in {Stage.CONSENT, Stage.EDITING, Stage.WITHDRAWN},
        "publication": Publication.objects.filter(case_study=case_study).first()
        if stands == Standing.PUBLISHED
        else None,
        "is_admin": is_admin,
        "today": today(),
    }
    return render(request, "champions/case_studies/work.html", context)


@read_or_send
def case_study_edit(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Write a case study; the page saves itself, and two people's words are both kept."""
    case_study = _editable(request, pk)
    form = CaseStudyForm(typed(request), initial=initial_of(case_study), themes=topics().themes)
    if request.method == "POST":
        saved, answer = save_draft(
            request,
            form,
            lambda version, values: services.save(
                case_study, by=request.user, version=version, values=as_values(values)
            ),
            initial_of,
        )
        if answer:
            return answer
        if saved:
            messages.success(request, "The case study is saved.")
            return redirect(saved)
    context = {
        "case_study": case_study,
        "organisation": case_study.organisation,
        "form": form,
        "kept": request.method == "GET" and form.is_bound,
    }
    status = UNPROCESSABLE if request.method == "POST" else 200
    return render(request, "champions/case_studies/edit.html", context, status=status)


# Ten full parts in any script, each letter sent as nine, and more than that to be told of it with
# everything still in its box.
case_study_edit.text_bytes_max = 16 * MEGABYTE  # type: ignore[attr-defined]


@require_safe
def case_study_preview(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a case study as it will be published: once agreed to, only what was agreed to."""
    case_study = _found(request, pk)
    laid = contents.lay_out(case_study)
    is_agreed = case_study.stage in {Stage.EDITING, Stage.RELEASED}
    shown = laid.agreed if is_agreed else contents.everything(laid)
    context = {
        "story": preview_card(case_study),
        "case_study": case_study,
        "shown": shown_preview(case_study, contents.public_content(laid, shown)),
        "preview": True,
        "is_agreed": is_agreed,
    }
    return render(request, "champions/case_studies/case_study.html", context)


@read_or_send
def case_study_ask(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Ask somebody of the organisation to agree, once nothing is missing."""
    case_study = _found(request, pk)
    form = AskForm(
        typed(request), case_study=case_study, initial={"approver": case_study.approver_id}
    )
    if request.method == "POST" and form.is_valid():
        approver = form.cleaned_data["approver"]
        services.ask_for_consent(case_study, by=request.user, approver=approver)
        messages.success(request, f"We have written to {approver} and asked them to agree.")
        return redirect(case_study)
    context = {
        "case_study": case_study,
        "form": form,
        "blockers": asking_blockers(contents.lay_out(case_study).content),
    }
    status = UNPROCESSABLE if request.method == "POST" else 200
    return render(request, "champions/case_studies/ask.html", context, status=status)


@read_or_send
def case_study_consent(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Let the approver read everything and agree to it item by item."""
    case_study = _found(request, pk)
    if not may_answer(request.user, case_study):
        raise PermissionDenied
    if case_study.stage != Stage.CONSENT:
        return redirect(case_study)
    laid = contents.lay_out(case_study)
    waiting = {item.key for item in unanswered(laid.content.items, laid.answers)}
    answered = {
        f"agree-{item.key}": "yes" if laid.answers[item.key].given else "no"
        for item in laid.content.items
        if item.key not in waiting
    }
    form = ConsentForm(typed(request), items=laid.content.items, initial=answered)
    if request.method == "POST" and form.is_valid():
        services.answer_consent(case_study, by=request.user, agreed=form.agreed, seen=form.seen)
        messages.success(request, "Thank you. Your answers are kept.")
        return redirect(case_study)
    context = {
        "case_study": case_study,
        "organisation": case_study.organisation,
        "form": form,
        "shown": shown_preview(
            case_study, contents.public_content(laid, contents.everything(laid))
        ),
        "pictures": {contents.picture_key(p.pk): p for p in laid.pictures},
    }
    status = UNPROCESSABLE if request.method == "POST" else 200
    return render(request, "champions/case_studies/consent.html", context, status=status)


@require_POST
def case_study_take_back(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Make it a draft again."""
    case_study = _found(request, pk)
    services.take_back(case_study, by=request.user)
    messages.success(request, "It is a draft again and can be changed.")
    return redirect(case_study)


@read_or_send
def case_study_withdraw(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Ask once, then withdraw a case study at once."""
    case_study = _found(request, pk)
    form = WithdrawForm(typed(request))
    if request.method == "POST" and form.is_valid():
        services.withdraw(case_study, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, "It is withdrawn. Nobody outside can read it any more.")
        return redirect(case_study)
    context = {"case_study": case_study, "form": form}
    status = UNPROCESSABLE if request.method == "POST" else 200
    return render(request, "champions/case_studies/withdraw.html", context, status=status)


@require_POST
def case_study_consent_withdraw(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Take back the organisation's consent to one item."""
    case_study = _found(request, pk)
    services.withdraw_consent(case_study, by=request.user, key=request.POST.get("item", "")[:50])
    messages.success(
        request, "Your consent to this is withdrawn, and it is not published any more."
    )
    return redirect(case_study)


@read_or_send
def case_study_picture_add(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Upload a picture, then describe it."""
    case_study = _editable(request, pk)
    form = PictureFileForm(request.POST, request.FILES) if request.method == "POST" else None
    refused = refused_uploads(request)[:1] if request.method == "POST" else []
    status = 200
    if form is not None:
        status = UNPROCESSABLE
        if refused:
            form.errors.pop("picture", None)
        elif form.is_valid():
            try:
                picture = pictures.add_picture(
                    case_study, form.cleaned_data["picture"], by=request.user
                )
            except Refused as refusal:
                refused = [refusal]
            else:
                return redirect("case_study_picture_edit", pk, picture.pk)
        for why in refused:
            form.add_error("picture", str(why))
            status = why.status
    context = {"case_study": case_study, "form": form or PictureFileForm()}
    return render(request, "champions/case_studies/picture_add.html", context, status=status)


@read_or_send
def case_study_picture_edit(
    request: AuthedRequest, pk: uuid.UUID, picture: uuid.UUID
) -> HttpResponseBase:
    """Say what a picture shows and whether people can be recognised in it."""
    case_study = _editable(request, pk)
    found = _picture(case_study, picture)
    shows = {None: None, True: "yes", False: "no"}[found.shows_people]
    initial = {
        "alternative": found.alternative, "caption": found.caption, "section": found.section,
        "shows_people": shows,
    }  # fmt: skip
    form = PictureForm(typed(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        pictures.describe(found, by=request.user, values=form.cleaned_data)
        if form.cleaned_data["shows_people"] and not found.people.exists():
            return redirect("case_study_picture_person", pk, picture)
        messages.success(request, "The picture is saved.")
        return redirect(case_study)
    context = {"case_study": case_study, "picture": found, "form": form}
    status = UNPROCESSABLE if request.method == "POST" else 200
    return render(request, "champions/case_studies/picture_edit.html", context, status=status)


@require_POST
def case_study_picture_remove(
    request: AuthedRequest, pk: uuid.UUID, picture: uuid.UUID
) -> HttpResponseBase:
    """Remove a picture for good."""
    case_study = _found(request, pk)
    pictures.remove(_picture(case_study, picture), by=request.user)
    messages.success(request, "The picture is removed, also from what is published.")
    return redirect(case_study)


@require_safe
def case_study_work_picture(
    request: AuthedRequest, pk: uuid.UUID, picture: uuid.UUID, width: int
) -> HttpResponseBase:
    """Serve a picture to those who work on the case study."""
    found = _picture(_found(request, pk), picture)
    return picture_response(get_object_or_404(PictureSize, picture=found, width=width))


@read_or_send
def case_study_person(
    request: AuthedRequest, pk: uuid.UUID, picture: uuid.UUID | None = None
) -> HttpResponseBase:
    """Put on record who can be recognised, in a picture or in the text, and that they agreed."""
    case_study = _editable(request, pk)
    found = _picture(case_study, picture) if picture else None
    form = PersonForm(typed(request))
    if request.method == "POST" and form.is_valid():
        pictures.record_person(case_study, by=request.user, picture=found, values=form.cleaned_data)
        messages.success(request, "Their consent is on record.")
        return redirect(case_study)
    context = {"case_study": case_study, "picture": found, "form": form}
    status = UNPROCESSABLE if request.method == "POST" else 200
    return render(request, "champions/case_studies/person.html", context, status=status)


@require_POST
def case_study_person_out(request: AuthedRequest, pk: uuid.UUID, person: int) -> HttpResponseBase:
    """Somebody who is shown does not agree any more; or their record was a mistake."""
    case_study = _found(request, pk)
    found = get_object_or_404(case_study.people.select_related("picture", "case_study"), pk=person)
    if "delete" in request.POST:
        pictures.forget_person(found, by=request.user)
        messages.success(request, "The record is deleted.")
    else:
        pictures.take_person_out(found, by=request.user)
        messages.success(request, "They are not published any more.")
    return redirect(case_study)


@require_safe
def case_study_revisions(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """List a case study's revisions, and show what one of them changed."""
    case_study = _found(request, pk)
    page = page_of(case_study.revisions.select_related("made_by"), request)
    chosen = request.GET.get("revision", "")
    number = int(chosen) if chosen.isdecimal() and len(chosen) < 6 else 0
    revision = case_study.revisions.select_related("made_by").filter(number=number).first()
    if chosen and revision is None:
        raise Http404
    before = case_study.revisions.filter(number__lt=number).first()
    context = {
        "case_study": case_study,
        "page": page,
        "revision": revision,
        "changes": contents.changes(before.content if before else {}, revision.content)
        if revision
        else [],
    }
    return render(request, "champions/case_studies/revisions.html", context)


def _found(request: AuthedRequest, pk: uuid.UUID) -> CaseStudy:
    found = CaseStudy.objects.visible_to(request.user).select_related(
        "organisation__type", "approver", "updated_by"
    )
    return get_object_or_404(found, pk=pk)


def _editable(request: AuthedRequest, pk: uuid.UUID) -> CaseStudy:
    case_study = _found(request, pk)
    if not may_edit(request.user, case_study):
        raise services.NotAllowed(
            f"You cannot change it now. {services.NOT_NOW[Stage(case_study.stage)]}"
        )
    return case_study


def _picture(case_study: CaseStudy, pk: uuid.UUID) -> Picture:
    return get_object_or_404(case_study.pictures.kept(), pk=pk)
