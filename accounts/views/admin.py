"""The partnership's own pages about organisations, people, the audit trail and the outbox."""

import datetime
import json
import uuid
from collections.abc import Iterator
from typing import Any, Protocol

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db.models import Prefetch, Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import access, services, tables
from accounts.forms import (
    AuditFilter,
    CorrectOrganisationForm,
    MemberForm,
    MessageFilter,
    OrganisationFilter,
    PersonFilter,
    ReasonForm,
    RolesForm,
    kept,
)
from accounts.models import AuditEvent, BouncedAddress, Membership, Message, Organisation, User
from accounts.paging import page_of
from accounts.permissions import AuthedRequest, may_look_as, partnership_admin_required
from accounts.querysets import AuditEventQuerySet, OrganisationQuerySet
from accounts.roles import MemberRole
from accounts.views.applicant import UNPROCESSABLE, save_organisation

FOR_THE_RECORD = "Kept for the record, where the partnership’s admins can read it."


# Organisations


@require_safe
@partnership_admin_required
def manage_organisations(request: AuthedRequest) -> HttpResponse:
    """List organisations by name."""
    form = OrganisationFilter(request.GET)
    found = _in_state(form.chosen("state"))
    if words := form.words:
        found = found.search(words)
    if kind := form.cleaned_data.get("type"):
        found = found.filter(type=kind)
    if place := form.cleaned_data.get("place"):
        found = found.filter(places=place)
    found = found.select_related("type", "merged_into").with_people()
    return render(
        request,
        "accounts/manage_organisations.html",
        {"form": form, "page": page_of(found, request)},
    )


def _in_state(state: str) -> OrganisationQuerySet:
    organisations = Organisation.objects
    if state == "deactivated":
        return organisations.filter(deactivated_at__isnull=False, merged_into=None)
    if state == "merged":
        return organisations.filter(merged_into__isnull=False)
    if state == "no_lead":
        return organisations.without_lead()
    return organisations.all() if state == "all" else organisations.active()


@require_safe
@partnership_admin_required
def manage_organisation(request: AuthedRequest, slug: str) -> HttpResponse:
    """Show one organisation with its members and what can be done with it."""
    organisation = _organisation(slug)
    return render(
        request,
        "accounts/manage_organisation.html",
        {
            "organisation": organisation,
            "places": ", ".join(place.name for place in organisation.places.all()),
            "memberships": organisation.memberships.select_related("user").order_by(
                "ended_at", "-role", "user__full_name"
            ),
            "merged": organisation.merged.all(),
        },
    )


@partnership_admin_required
def manage_organisation_edit(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Correct an organisation, its name and type included."""
    organisation = _organisation(slug)
    form = CorrectOrganisationForm(
        request.POST if request.method == "POST" else None,
        request.FILES or None,
        organisation=organisation,
    )
    if form.is_bound and form.is_valid():
        save_organisation(form, organisation, request)
        messages.success(request, f"{form.cleaned_data['name']} is corrected.")
        return redirect("manage_organisation", slug=slug)
    return render(
        request,
        "accounts/manage_organisation_edit.html",
        {"organisation": organisation, "form": form},
        status=UNPROCESSABLE if form.errors else 200,
    )


class Merge(Protocol):
    """The service that merges two organisations and everything they have."""

    def __call__(self, duplicate: Organisation, *, into: Organisation, by: User) -> Any: ...


@partnership_admin_required
def manage_organisation_merge(
    request: AuthedRequest, slug: str, *, merge: Merge
) -> HttpResponseBase:
    """Merge a duplicate into the organisation that stays: find that, then confirm.

    What an organisation has lives in apps above this one, so the address, which is in one of
    them, brings the service that moves it all."""
    duplicate = _organisation(slug)
    form = OrganisationFilter(request.GET)
    others = Organisation.objects.active().exclude(pk=duplicate.pk)
    wanted = request.POST.get("into") or request.GET.get("into")
    into = get_object_or_404(others.select_related("type"), slug=wanted) if wanted else None
    if request.method == "POST" and into:
        merge(duplicate, into=into, by=request.user)
        messages.success(request, f"{duplicate} is merged into {into}.")
        return redirect("manage_organisation", slug=into.slug)
    words = form.words or duplicate.name
    found = others.search(words).select_related("type").with_people()
    return render(
        request,
        "accounts/manage_organisation_merge.html",
        {
            "organisation": duplicate,
            "into": into,
            "form": form,
            "page": None if into else page_of(found, request),
        },
    )


@partnership_admin_required
def manage_organisation_deactivate(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Take an organisation off the portal, for a reason."""
    organisation = _organisation(slug)
    form = _reason(request, f"Why is {organisation} taken off the portal?")
    if form.is_bound and form.is_valid():
        services.deactivate_organisation(organisation, by=request.user, **form.cleaned_data)
        messages.success(request, f"{organisation} is off the portal.")
        return redirect("manage_organisation", slug=slug)
    return render(
        request,
        "accounts/manage_organisation_deactivate.html",
        {"organisation": organisation, "form": form},
        status=UNPROCESSABLE if form.errors else 200,
    )


@require_POST
@partnership_admin_required
def manage_organisation_reactivate(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Put an organisation back on the portal."""
    organisation = _organisation(slug)
    services.reactivate_organisation(organisation, by=request.user)
    messages.success(request, f"{organisation} is back on the portal.")
    return redirect("manage_organisation", slug=slug)


@partnership_admin_required
def manage_organisation_lead(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Make a member the lead champion where the lead has left."""
    organisation = _organisation(slug)
    current = organisation.memberships.current().select_related("user")
    lead = current.filter(role=MemberRole.LEAD).first()
    members = current.filter(user__is_active=True).exclude(role=MemberRole.LEAD)
    form = MemberForm(request.POST if request.method == "POST" else None, members=members)
    reason = _reason(request, "Why does the partnership appoint the lead champion?")
    if form.is_bound and form.is_valid() & reason.is_valid():
        membership = form.cleaned_data["member"]
        services.appoint_lead(membership, by=request.user, **reason.cleaned_data)
        messages.success(request, f"{membership.user} is now the lead champion.")
        return redirect("manage_organisation", slug=slug)
    return render(
        request,
        "accounts/manage_organisation_lead.html",
        {
            "organisation": organisation,
            "lead": lead,
            "members": members,
            "form": form,
            "reason": reason,
        },
        status=UNPROCESSABLE if form.errors or reason.errors else 200,
    )


# People


@require_safe
@partnership_admin_required
def manage_people(request: AuthedRequest) -> HttpResponse:
    """List people by name."""
    form = PersonFilter(request.GET)
    people = User.objects.with_role(form.chosen("role"))
    if words := form.words:
        people = people.filter(Q(full_name__icontains=words) | Q(email__icontains=words))
    people = people.prefetch_related(
        Prefetch(
            "memberships",
            Membership.objects.current().select_related("organisation"),
            to_attr="current_memberships",
        )
    )
    return render(
        request, "accounts/manage_people.html", {"form": form, "page": page_of(people, request)}
    )


@partnership_admin_required
def manage_person(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """Show a person; give or take their roles."""
    person = get_object_or_404(User, pk=pk)
    form = RolesForm(
        request.POST if request.method == "POST" else None,
        initial={"reviewer": person.is_reviewer, "partnership_admin": person.is_partnership_admin},
    )
    if request.method == "POST" and form.is_valid():
        services.set_roles(person, by=request.user, **form.cleaned_data)
        messages.success(request, f"{person}'s roles are saved.")
        return redirect("manage_person", pk=pk)
    return render(
        request,
        "accounts/manage_person.html",
        {
            "person": person,
            "form": form,
            "may_look": may_look_as(request.user, person),
            "second_steps": Authenticator.objects.filter(user=person).exclude(
                type=Authenticator.Type.RECOVERY_CODES
            ),
            "memberships": person.memberships.select_related("organisation").order_by(
                "ended_at", "organisation__name"
            ),
        },
    )


@partnership_admin_required
def manage_person_deactivate(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """Close a person's account, for a reason."""
    person = get_object_or_404(User, pk=pk)
    form = _reason(request, f"Why is {person}'s account closed?")
    if form.is_bound and form.is_valid():
        services.deactivate_person(person, by=request.user, **form.cleaned_data)
        messages.success(request, f"{person}'s account is closed.")
        return redirect("manage_person", pk=pk)
    return render(
        request,
        "accounts/manage_person_deactivate.html",
        {
            "person": person,
            "form": form,
            "leads": person.memberships.current()
            .filter(role=MemberRole.LEAD)
            .select_related("organisation"),
        },
        status=UNPROCESSABLE if form.errors else 200,
    )


@require_POST
@partnership_admin_required
def manage_person_reactivate(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """Open a closed account again."""
    person = get_object_or_404(User, pk=pk)
    services.reactivate_person(person, by=request.user)
    messages.success(request, f"{person}'s account is open again.")
    return redirect("manage_person", pk=pk)


@partnership_admin_required
def manage_person_second_factor(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """Take a lost second factor off a person's account, for a reason."""
    person = get_object_or_404(User, pk=pk)
    form = _reason(request, f"How do you know that it is {person} who asks?")
    if form.is_bound and form.is_valid():
        access.reset_second_factor(person, by=request.user, **form.cleaned_data)
        messages.success(request, f"The second step is off. {person} has been told by e-mail.")
        return redirect("manage_person", pk=pk)
    return render(
        request,
        "accounts/manage_person_second_factor.html",
        {"person": person, "form": form},
        status=UNPROCESSABLE if form.errors else 200,
    )


@require_POST
@partnership_admin_required
def manage_person_look(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """Begin to look at the portal as a person sees it."""
    person = get_object_or_404(User, pk=pk)
    request.session[access.LOOKING] = access.start_looking(person, by=request.user)
    return redirect("dashboard")


@require_POST
def look_end(request: AuthedRequest) -> HttpResponseBase:
    """Stop looking, and go back to the person."""
    begun = request.session.pop(access.LOOKING, None)
    person = User.objects.filter(pk=begun["user_id"]).first() if begun else None
    if person is None:
        return redirect("dashboard")
    access.end_looking(person, by=request.user)
    return redirect("manage_person", pk=person.pk)


# The audit trail


@require_safe
@partnership_admin_required
def manage_audit(request: AuthedRequest) -> HttpResponse:
    """Show who did what, when."""
    form = AuditFilter(request.GET)
    page = page_of(_events(form), request)
    names = Organisation.objects.in_bulk(
        {event.organisation_id for event in page.rows if event.organisation_id}
    )
    return render(
        request,
        "accounts/manage_audit.html",
        {
            "form": form,
            "page": page,
            "rows": [(event, names.get(event.organisation_id or 0)) for event in page.rows],
            "query": request.GET.urlencode(),
        },
        status=UNPROCESSABLE if form.errors else 200,
    )


@require_safe
@partnership_admin_required
def manage_audit_csv(request: AuthedRequest) -> HttpResponseBase:
    """Give the same events as a table, row by row."""
    events = _events(AuditFilter(request.GET))

    def rows() -> Iterator[list[Any]]:
        yield ["at", "event", "who", "what", "kind", "id", "organisation_id", "before", "after"]
        for event in events.iterator(chunk_size=1000):
            yield [
                event.at.isoformat(),
                event.type,
                event.actor,
                event.target,
                event.target_type,
                event.target_id,
                event.organisation_id,
                json.dumps(event.before, ensure_ascii=False),
                json.dumps(event.after, ensure_ascii=False),
            ]

    return tables.download(rows(), "audit.csv")


def _events(form: AuditFilter) -> AuditEventQuerySet:
    """Return the events a filter asks for; none when it cannot be understood."""
    events = AuditEvent.objects.all()
    if not form.is_valid():
        return events.none()
    asked = form.cleaned_data
    if asked["type"]:
        events = events.filter(type__startswith=asked["type"].strip().lower().replace(" ", "_"))
    if asked["person"]:
        events = events.by_person(asked["person"])
    if words := asked["organisation"]:
        found = Organisation.objects.search(words) | Organisation.objects.filter(slug=words)
        events = events.filter(organisation_id__in=found.values("pk"))
    if asked["target"]:
        events = events.about(asked["target"])
    if asked["since"]:
        events = events.filter(at__gte=_midnight(asked["since"]))
    if asked["until"] and asked["until"] < datetime.date.max:
        events = events.filter(at__lt=_midnight(asked["until"] + datetime.timedelta(days=1)))
    return events


def _midnight(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))


# The outbox

# Newest first; more than these is one fault of ours, not of so many addresses.
BOUNCED_SHOWN = 50


@require_safe
@partnership_admin_required
def manage_messages(request: AuthedRequest) -> HttpResponse:
    """Show the mails the portal has to send, and those it could not."""
    form = MessageFilter(request.GET)
    states = {
        "failing": Message.objects.failing,
        "waiting": Message.objects.waiting,
        "sent": Message.objects.sent,
    }
    found = states.get(form.chosen("state"), Message.objects.all)()
    if words := form.words:
        found = found.filter(recipient__icontains=words)
    return render(
        request,
        "accounts/manage_messages.html",
        {
            "form": form,
            "page": page_of(found.defer("text", "html"), request),
            "failing": Message.objects.failing().count(),
            "overdue": Message.objects.overdue(timezone.now()).count(),
            "bounced": BouncedAddress.objects.all()[:BOUNCED_SHOWN],
        },
    )


@require_POST
@partnership_admin_required
def manage_message_again(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Try a mail that could not be sent again now."""
    message = get_object_or_404(Message, pk=pk)
    services.try_again(message, by=request.user)
    messages.success(request, f"The mail to {message.recipient} is being tried again.")
    return redirect(f"{reverse('manage_messages')}?state=failing")


@require_POST
@partnership_admin_required
def manage_address_again(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """Have mail sent to an address again that it did not reach."""
    bounced = get_object_or_404(BouncedAddress, pk=pk)
    services.try_address_again(bounced, by=request.user)
    messages.success(request, f"E-mails to {bounced.address} are sent again.")
    return redirect("manage_messages")


def _organisation(slug: str) -> Organisation:
    organisations = Organisation.objects.select_related("type", "merged_into", "deactivated_by")
    return get_object_or_404(organisations, slug=slug)


def _reason(request: AuthedRequest, question: str) -> ReasonForm:
    return ReasonForm(
        request.POST if request.method == "POST" else None,
        initial=kept(request),
        needed=question,
        hint=FOR_THE_RECORD,
    )
