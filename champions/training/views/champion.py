"""The training for champions: the certificate, passing a unit on, and what was passed on."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts.models import Membership, Organisation
from accounts.paging import page_of
from accounts.permissions import AuthedRequest
from accounts.tasks import wake
from awards.calendar import today
from awards.views.documents import answer
from champions.events.models import Booking
from champions.tasks import prepare_training_certificate
from champions.training import documents, services
from champions.training.forms import GivenForm
from champions.training.models import Course, TrainingGiven
from champions.training.rules import passing_on_blockers

UNPROCESSABLE = 422


@require_safe
def training_certificate(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Give somebody the certificate of a unit they completed."""
    completion = get_object_or_404(
        Booking.objects.completions()
        .visible_to(request.user)
        .select_related("event__course", "person"),
        pk=pk,
    )
    document = documents.stored(completion)
    if document is None:
        wake(prepare_training_certificate, str(completion.pk))
        # Where tasks run at once (no Redis) it is there by now.
        document = documents.stored(completion)
    return answer(request, document, filename="training-certificate.pdf")


@require_safe
def training_given(request: AuthedRequest) -> HttpResponse:
    """List what somebody and their organisations have passed on."""
    given = (
        TrainingGiven.objects.standing()
        .visible_to(request.user)
        .select_related("course", "organisation", "recorded_by")
    )
    return render(request, "champions/training/given.html", {"page": page_of(given, request)})


def course_pass_on(request: AuthedRequest, code: str) -> HttpResponseBase:
    """Record training given after a unit; who has not completed it is shown how."""
    course = get_object_or_404(Course, code=code)
    completion = services.completion_of(course, request.user)
    own = Membership.objects.current().filter(user=request.user).values("organisation")
    organisations = list(Organisation.objects.active().filter(pk__in=own).order_by("name"))
    if completion is None or not organisations:
        return redirect(course)
    posted = request.method == "POST"
    form = GivenForm(
        request.POST if posted else request.kept_form,
        organisations=organisations,
        initial={"given_on": today()},
    )
    if posted and form.is_valid():
        typed = form.cleaned_data
        for blocker in passing_on_blockers(completion.completed_on, typed["given_on"], today()):
            form.add_error(blocker.anchor, blocker.text)
    if posted and form.is_valid():
        services.record_given(
            course,
            by=request.user,
            organisation=form.organisation_chosen,
            given_on=typed["given_on"],
            people_count=typed["people_count"],
            to_whom=typed["to_whom"],
        )
        messages.success(request, "Recorded. Thank you for passing it on.")
        return redirect("training_given")
    context = {"course": course, "form": form, "completion": completion}
    status = UNPROCESSABLE if posted else 200
    return render(request, "champions/training/pass_on.html", context, status=status)


def training_given_remove(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Take back what was recorded by mistake, once it has been confirmed."""
    given = get_object_or_404(
        TrainingGiven.objects.removable_by(request.user).select_related("course", "organisation"),
        pk=pk,
    )
    if given.removed_at is not None:
        return redirect("training_given")
    if request.method == "POST":
        services.remove_given(given, by=request.user)
        messages.success(request, "It is taken back and counts no more.")
        return redirect("training_given")
    return render(request, "champions/training/remove.html", {"given": given})
