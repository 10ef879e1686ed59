"""What a person may ask about what is held about them: a copy of it, and to be forgotten."""

import uuid

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import copies, erasure
from accounts.forms import ReasonForm
from accounts.models import SubjectCopy, User
from accounts.permissions import AuthedRequest, may_manage, partnership_admin_required

UNPROCESSABLE = 422
NO_STORE = "private, no-store"


@require_safe
def your_data(request: AuthedRequest) -> HttpResponse:
    """Show what a person can ask for, and what they have asked for."""
    context = {
        "copies": request.user.copies.filter(asked_by=request.user),
        "erasure": request.user.erasures.waiting().first(),
    }
    return render(request, "accounts/your_data.html", context)


@require_POST
def your_data_copy(request: AuthedRequest) -> HttpResponseBase:
    """Ask for a copy of one's own data."""
    copies.ask_for_copy(request.user, by=request.user)
    messages.success(request, "Your copy is being made. We will write to you when it is ready.")
    return redirect("your_data")


@require_safe
def copy_of_data(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Give a copy to whoever asked for it, while it is there and they still may."""
    copy = get_object_or_404(
        SubjectCopy.objects.exclude(made_at=None), pk=pk, asked_by=request.user
    )
    if copy.person_id != request.user.pk and not may_manage(request.user):
        return redirect("your_data")
    made_on = timezone.localdate(copy.made_at)
    response = FileResponse(copy.content.open(), as_attachment=True, filename=f"data-{made_on}.zip")
    response["Cache-Control"] = NO_STORE
    return response


@require_POST
def your_data_keep(request: AuthedRequest) -> HttpResponseBase:
    """Take back one's request to be forgotten."""
    waiting = request.user.erasures.waiting().first()
    if waiting:
        erasure.cancel_erasure(waiting, by=request.user)
        messages.success(request, "Your account stays.")
    return redirect("your_data")


def your_data_erase(request: AuthedRequest) -> HttpResponseBase:
    """Ask to be forgotten, after reading what that means."""
    blockers = erasure.erasure_blockers(request.user)
    if request.method == "POST":
        asked = erasure.ask_for_erasure(request.user, by=request.user)
        day = timezone.localdate(asked.due_at)
        messages.success(
            request, f"Your account and your name go on {day:%-d %B %Y}, unless you say no."
        )
        return redirect("your_data")
    context = {"blockers": blockers, "days": erasure.COOLING_OFF.days}
    return render(request, "accounts/your_data_erase.html", context)


# Partnership admins, who answer a letter


@require_POST
@partnership_admin_required
def manage_person_copy(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """Ask for a copy of somebody's data; the admin is written to when it is ready."""
    person = get_object_or_404(User, pk=pk)
    copies.ask_for_copy(person, by=request.user)
    messages.success(
        request, f"The copy of what is held about {person} is being made. You will get an e-mail."
    )
    return redirect("manage_person", pk=pk)


@partnership_admin_required
def manage_person_erase(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """Have somebody forgotten, for a reason, or take that back."""
    person = get_object_or_404(User, pk=pk)
    waiting = person.erasures.waiting().first()
    form = ReasonForm(
        request.POST if request.method == "POST" and not waiting else None,
        needed=f"Why is {person} to be forgotten?",
        hint="For the record: by which letter or call, and how you know it was them.",
    )
    if request.method == "POST" and waiting:
        erasure.cancel_erasure(waiting, by=request.user)
        messages.success(request, f"The account of {person} stays.")
        return redirect("manage_person", pk=pk)
    if form.is_bound and form.is_valid():
        asked = erasure.ask_for_erasure(person, by=request.user, **form.cleaned_data)
        messages.success(
            request, f"{person} is forgotten on {timezone.localdate(asked.due_at):%-d %B %Y}."
        )
        return redirect("manage_person", pk=pk)
    context = {
        "person": person,
        "form": form,
        "waiting": waiting,
        "days": erasure.COOLING_OFF.days,
        "blockers": erasure.erasure_blockers(person),
    }
    return render(
        request,
        "accounts/manage_person_erase.html",
        context,
        status=UNPROCESSABLE if form.errors else 200,
    )
