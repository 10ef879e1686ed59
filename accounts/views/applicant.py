"""Finding, adding and joining an organisation, and who belongs to it."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import services
from accounts.forms import (
    AddOrganisationForm,
    AnswerForm,
    InviteForm,
    JoinForm,
    MemberForm,
    OrganisationForm,
    OrganisationSearchForm,
    ReasonForm,
)
from accounts.models import (
    BouncedAddress,
    Invitation,
    JoinRequest,
    LeadHandover,
    Membership,
    Organisation,
)
from accounts.paging import page_of
from accounts.permissions import AuthedRequest, is_lead, is_member, may_manage, may_run
from accounts.querysets import OrganisationQuerySet
from accounts.roles import MemberRole
from accounts.rules import name_key, names_like, near_names

# A page with errors in what was typed.
UNPROCESSABLE = 422


@require_safe
def organisation_find(request: AuthedRequest) -> HttpResponse:
    """Find one's organisation; with htmx the results follow the typing."""
    form = OrganisationSearchForm(request.GET)
    words = form.words
    found = Organisation.objects.none()
    if words:
        found = (
            Organisation.objects.active()
            .search(words)
            .select_related("type")
            .prefetch_related("places")
        )
    page = page_of(found, request)
    context = {
        "form": form,
        "words": words,
        "page": page,
        "meant": [] if page.rows or not words else _meant(name_key(words)),
        "mine": set(request.user.memberships.current().values_list("organisation_id", flat=True)),
        "asked": set(
            request.user.join_requests.filter(answered_at=None).values_list(
                "organisation_id", flat=True
            )
        ),
    }
    fragment = request.headers.get("HX-Request") == "true"
    template = (
        "accounts/organisation_results.html" if fragment else "accounts/organisation_find.html"
    )
    response = render(request, template, context)
    response["Vary"] = "HX-Request, Cookie"
    return response


def organisation_add(request: AuthedRequest) -> HttpResponseBase:
    """Add an organisation to the register, unless it is there under another spelling."""
    form = AddOrganisationForm(_typed(request), initial={"name": request.GET.get("name", "")})
    if request.method != "POST":
        return render(request, "accounts/organisation_add.html", {"form": form})
    if not form.is_valid():
        return render(
            request, "accounts/organisation_add.html", {"form": form}, status=UNPROCESSABLE
        )
    key = name_key(form.cleaned_data["name"])
    near = _near(key)
    same = next((organisation for organisation in near if organisation.name_key == key), None)
    if same or (near and "confirmed" not in request.POST):
        return render(
            request,
            "accounts/organisation_near.html",
            {"form": form, "near": near, "same": same, "typed": _again(request)},
            status=UNPROCESSABLE,
        )
    organisation = services.add_organisation(**form.cleaned_data, by=request.user)
    messages.success(request, f"{organisation} has been added. You are its lead champion.")
    return redirect("dashboard")


def _near(key: str) -> list[Organisation]:
    """Return the organisations on the portal with this name or one near it, nearest first."""
    return _named(near_names(key, _keys(Organisation.objects.filter(merged_into=None))))


def _meant(key: str) -> list[Organisation]:
    """Return the organisations a mistyped part of a name may have meant, nearest first."""
    return _named(names_like(key, _keys(Organisation.objects.active())))


def _keys(organisations: OrganisationQuerySet) -> dict[int, str]:
    return dict(organisations.values_list("pk", "name_key"))


def _named(pks: list[int]) -> list[Organisation]:
    found = Organisation.objects.select_related("type").prefetch_related("places").in_bulk(pks)
    return [found[pk] for pk in pks]


def _again(request: AuthedRequest) -> list[tuple[str, str]]:
    """Return what was typed, to be sent again by a page that asks a question in between."""
    fields = AddOrganisationForm.base_fields
    return [(name, value) for name in fields for value in request.POST.getlist(name)]


def organisation_join(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Ask to join an organisation."""
    organisation = get_object_or_404(Organisation.objects.active(), slug=slug)
    if is_member(request.user, organisation):
        return redirect("members", slug=slug)
    asked = organisation.join_requests.filter(user=request.user, answered_at=None).first()
    form = JoinForm(_typed(request))
    if request.method == "POST" and form.is_valid():
        services.ask_to_join(organisation, by=request.user, **form.cleaned_data)
        return redirect("organisation_join", slug=slug)
    has_lead = organisation.memberships.current().filter(role=MemberRole.LEAD).exists()
    return render(
        request,
        "accounts/organisation_join.html",
        {"organisation": organisation, "form": form, "asked": asked, "has_lead": has_lead},
        status=UNPROCESSABLE if request.method == "POST" and form.errors else 200,
    )


@require_safe
def members(request: AuthedRequest, slug: str) -> HttpResponse:
    """Show who belongs to an organisation and, to who runs it, who asks or is asked to."""
    return _members_page(request, _own(request, slug))


@require_POST
def invite(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Invite somebody by e-mail; again for the same address is a new link."""
    organisation = _run(request, slug)
    form = InviteForm(request.POST, may_lead=_may_invite_lead(request, organisation))
    if not form.is_valid():
        return _members_page(request, organisation, form)
    invitation = services.invite(
        organisation,
        email=form.cleaned_data["email"],
        role=MemberRole.LEAD if form.cleaned_data.get("as_lead") else MemberRole.CONTRIBUTOR,
        by=request.user,
    )
    messages.success(request, f"An invitation is on its way to {invitation.email}.")
    return redirect("members", slug=slug)


@require_POST
def invitation_cancel(request: AuthedRequest, slug: str, pk: int) -> HttpResponseBase:
    """Cancel an invitation."""
    organisation = _run(request, slug)
    invitation = get_object_or_404(Invitation, organisation=organisation, pk=pk)
    services.cancel_invitation(invitation, by=request.user)
    messages.success(request, f"The invitation to {invitation.email} is cancelled.")
    return redirect("members", slug=slug)


@require_POST
def join_request_answer(request: AuthedRequest, slug: str, pk: int) -> HttpResponseBase:
    """Accept or decline a request to join."""
    organisation = _run(request, slug)
    asked = get_object_or_404(
        JoinRequest.objects.select_related("user"), organisation=organisation, pk=pk
    )
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return redirect("members", slug=slug)
    services.answer_join_request(asked, accept=form.accepts, by=request.user)
    done = "is now a member" if form.accepts else "has been told that you declined"
    messages.success(request, f"{asked.user} {done}.")
    return redirect("members", slug=slug)


def member_remove(request: AuthedRequest, slug: str, pk: int) -> HttpResponseBase:
    """Remove a member, once it has been confirmed."""
    organisation = _run(request, slug)
    membership = get_object_or_404(
        Membership.objects.select_related("user"), organisation=organisation, pk=pk
    )
    form = ReasonForm(
        _typed(request),
        hint="The person is told, and it is kept for the record.",
    )
    if request.method == "POST" and form.is_valid():
        services.remove_member(membership, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, f"{membership.user} is no longer a member.")
        return redirect("members", slug=slug)
    return render(
        request,
        "accounts/member_remove.html",
        {"organisation": organisation, "membership": membership, "form": form},
        status=UNPROCESSABLE if request.method == "POST" and form.errors else 200,
    )


def member_leave(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Leave an organisation, once it has been confirmed."""
    organisation = _own(request, slug)
    if not is_member(request.user, organisation):
        raise PermissionDenied
    if request.method == "POST":
        services.leave(organisation, by=request.user)
        messages.success(request, f"You are no longer a member of {organisation}.")
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(
        request,
        "accounts/member_leave.html",
        {"organisation": organisation, "leads": is_lead(request.user, organisation)},
    )


def handover_offer(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Offer the lead to a member, or take the offer back."""
    organisation = _own(request, slug)
    if not is_lead(request.user, organisation):
        raise PermissionDenied
    offer = organisation.handovers.filter(answered_at=None).select_related("to").first()
    others = _current(organisation).exclude(user=request.user).filter(user__is_active=True)
    form = MemberForm(_typed(request), members=others)
    if request.method == "POST" and offer and "withdraw" in request.POST:
        services.withdraw_offer(offer, by=request.user)
        messages.success(request, f"The offer to {offer.to} is withdrawn.")
        return redirect("handover_offer", slug=slug)
    if request.method == "POST" and form.is_valid():
        handover = services.offer_lead(
            organisation, to=form.cleaned_data["member"].user, by=request.user
        )
        messages.success(request, f"{handover.to} has been asked to take the lead.")
        return redirect("members", slug=slug)
    return render(
        request,
        "accounts/handover_offer.html",
        {"organisation": organisation, "offer": offer, "form": form, "others": others.exists()},
        status=UNPROCESSABLE if request.method == "POST" and form.errors else 200,
    )


def handover_answer(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """Take the lead, or decline it."""
    handover = get_object_or_404(
        LeadHandover.objects.select_related("organisation", "offered_by"), pk=pk, to=request.user
    )
    if request.method == "POST":
        form = AnswerForm(request.POST)
        if not form.is_valid():
            return redirect("handover_answer", pk=pk)
        services.answer_handover(handover, accept=form.accepts, by=request.user)
        if form.accepts:
            messages.success(request, f"You are now the lead champion of {handover.organisation}.")
            return redirect("members", slug=handover.organisation.slug)
        messages.success(request, f"{handover.offered_by} has been told that you declined.")
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(
        request,
        "accounts/handover_answer.html",
        {"handover": handover, "organisation": handover.organisation},
        status=200 if handover.answered_at is None else 409,
    )


def organisation_edit(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Change what is said of one's organisation."""
    organisation = _run(request, slug)
    # No files are None: an empty set of them would make a form that nobody has sent yet.
    form = OrganisationForm(_typed(request), request.FILES or None, organisation=organisation)
    if request.method == "POST" and form.is_valid():
        save_organisation(form, organisation, request)
        messages.success(request, "The organisation’s details are saved.")
        return redirect("members", slug=slug)
    return render(
        request,
        "accounts/organisation_edit.html",
        {"organisation": organisation, "form": form},
        status=UNPROCESSABLE if request.method == "POST" and form.errors else 200,
    )


def save_organisation(
    form: OrganisationForm, organisation: Organisation, request: AuthedRequest
) -> None:
    """Save what the form says of an organisation, its logo included."""
    services.change_organisation(organisation, by=request.user, changes=form.changes)
    if form.cleaned_data["logo"]:
        services.set_logo(organisation, by=request.user, content=form.cleaned_data["logo"])
    elif form.cleaned_data.get("remove_logo"):
        services.set_logo(organisation, by=request.user, content=None)


def _typed(request: AuthedRequest) -> QueryDict | None:
    """Return what was typed: just now, or before the session ended and the person came back."""
    return request.POST if request.method == "POST" else request.kept_form


def _own(request: AuthedRequest, slug: str) -> Organisation:
    """Return one of the person's own organisations; 404 for anybody else's."""
    return get_object_or_404(Organisation.objects.visible_to(request.user), slug=slug)


def _run(request: AuthedRequest, slug: str) -> Organisation:
    """Return an organisation the person runs; 403 for its other members."""
    organisation = _own(request, slug)
    if not may_run(request.user, organisation):
        raise PermissionDenied
    return organisation


def _current(organisation: Organisation) -> QuerySet[Membership]:
    return organisation.memberships.current().select_related("user")


def _may_invite_lead(request: AuthedRequest, organisation: Organisation) -> bool:
    return (
        may_manage(request.user)
        and not organisation.memberships.current().filter(role=MemberRole.LEAD).exists()
    )


def _members_page(
    request: AuthedRequest, organisation: Organisation, form: InviteForm | None = None
) -> HttpResponse:
    runs = may_run(request.user, organisation)
    return render(
        request,
        "accounts/members.html",
        {
            "organisation": organisation,
            "memberships": _current(organisation),
            "runs": runs,
            "leads": is_lead(request.user, organisation),
            "belongs": is_member(request.user, organisation),
            "offer": organisation.handovers.filter(answered_at=None).select_related("to").first(),
            "join_requests": organisation.join_requests.filter(answered_at=None).select_related(
                "user"
            )
            if runs
            else [],
            "invitations": organisation.invitations.filter(
                accepted_at=None, cancelled_at=None
            ).select_related("sent_by")
            if runs
            else [],
            "now": timezone.now(),
            "form": form or InviteForm(may_lead=_may_invite_lead(request, organisation)),
        },
        status=UNPROCESSABLE if form else 200,
    )


@require_POST
def address_again(request: AuthedRequest) -> HttpResponseBase:
    """Have mail sent to the person's own address again: they say that it works."""
    bounced = BouncedAddress.objects.filter(address=request.user.email.lower()).first()
    if bounced:
        services.try_address_again(bounced, by=request.user)
        messages.success(request, f"We send e-mails to {request.user.email} again.")
    return redirect("dashboard")
