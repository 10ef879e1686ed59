"""Events for partnership admins: planning, publishing, who comes, who came."""

import datetime
import uuid
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import tables
from accounts.paging import page_of
from accounts.permissions import AuthedRequest, partnership_admin_required
from awards.rules import LONDON, local_date
from champions.events import services
from champions.events.forms import CallOffForm, EventFilter, EventForm, NotesForm
from champions.events.models import Booking, Event
from champions.events.querysets import BookingQuerySet, EventQuerySet
from champions.events.rules import EventKind, EventState, state
from champions.templatetags.events import event_word
from champions.training.models import Course
from frameworks.rules import EditConflict

UNPROCESSABLE = 422
CONFLICT = 409
CHUNK = 500
BOOKINGS_SHOWN = 200
BOOKING_COLUMNS = ["name", "e-mail", "organisations", "place", "needs", "booked on", "came"]
CAME = {None: "not recorded", True: "yes", False: "no"}


@require_safe
@partnership_admin_required
def manage_events(request: AuthedRequest) -> HttpResponse:
    """List the events, drafts too, with how many booked each."""
    form = EventFilter(request.GET)
    page = page_of(_listed(form).with_counts(), request)
    context = {"form": form, "page": page, "query": request.GET.urlencode()}
    return render(request, "champions/manage/events.html", context)


@require_safe
@partnership_admin_required
def manage_events_csv(request: AuthedRequest) -> StreamingHttpResponse:
    """Download the events, narrowed like the list, one a row."""
    found = _listed(EventFilter(request.GET)).select_related("course").with_counts()

    def rows() -> Iterator[list[Any]]:
        yield [
            "event", "kind", "unit", "begins", "ends", "for", "venue", "places", "booked",
            "waiting", "came", "state",
        ]  # fmt: skip
        for event in found.iterator(chunk_size=CHUNK):
            yield [
                event.title,
                event.get_kind_display(),
                str(event.course or ""),
                _clock(event.starts_at),
                _clock(event.ends_at),
                str(event.place or "every place"),
                event.venue,
                "" if event.seats is None else event.seats,
                event.taken,
                event.waiting,
                event.came,
                event_word(event),
            ]

    return tables.download(rows(), "events.csv")


@require_safe
@partnership_admin_required
def manage_bookings_csv(request: AuthedRequest) -> StreamingHttpResponse:
    """Download who booked the events of a list, narrowed like it, one a row."""
    events = _listed(EventFilter(request.GET)).order_by().values("pk")
    bookings = Booking.objects.live().filter(event__in=events).with_people()
    found = bookings.select_related("event", "person").order_by("event__starts_at", "made_at", "id")

    def rows() -> Iterator[list[Any]]:
        yield ["event", "begins", *BOOKING_COLUMNS]
        for booking in found.iterator(chunk_size=CHUNK):
            yield [booking.event.title, _clock(booking.event.starts_at), *_as_row(booking)]

    return tables.download(rows(), "bookings.csv")


@partnership_admin_required
def manage_event_add(request: AuthedRequest) -> HttpResponseBase:
    """Plan an event; the training's page leads here with the unit it is to teach."""
    posted = request.method == "POST"
    initial: dict[str, Any] = {"version": 1}
    if unit := Course.objects.filter(code=request.GET.get("course", "")).first():
        initial |= {"kind": EventKind.TRAINING.value, "course": unit.code, "title": unit.title}
    form = EventForm(request.POST if posted else request.kept_form, initial=initial)
    if posted and form.is_valid():
        event = services.plan(by=request.user, values=form.cleaned_data)
        messages.success(request, "Saved as a draft. Nobody else sees it until you publish it.")
        return redirect("manage_event", event.pk)
    return _edit(request, form, None, status=UNPROCESSABLE if posted else 200)


@partnership_admin_required
def manage_event_edit(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Change an event; what somebody else changed meanwhile is shown, and nothing is lost."""
    event = get_object_or_404(Event.objects.select_related("place", "course"), pk=pk)
    posted = request.method == "POST"
    form = EventForm(
        request.POST if posted else request.kept_form, initial=EventForm.initial_of(event)
    )
    if not (posted and form.is_valid()):
        return _edit(request, form, event, status=UNPROCESSABLE if posted else 200)
    typed = form.cleaned_data
    try:
        services.change(event, by=request.user, version=typed["version"], values=typed)
    except EditConflict as conflict:
        theirs = conflict.current
        again = EventForm({**request.POST.dict(), "version": theirs.version})
        return _edit(request, again, theirs, status=CONFLICT, theirs=theirs)
    messages.success(request, "The event is saved.")
    return redirect("manage_event", pk)


@require_safe
@partnership_admin_required
def manage_event(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Show an event with everybody who booked, in the order in which they did."""
    event = _found(pk)
    # Who came is sent from this page as well.
    kept = request.kept_form if request.kept_form and "notes" in request.kept_form else None
    form = NotesForm(kept, initial={"notes": event.notes, "version": event.version})
    return _one(request, event, form, status=200)


@require_POST
@partnership_admin_required
def manage_event_publish(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Open an event for booking."""
    services.publish(_found(pk), by=request.user)
    messages.success(request, "The event is published and can be booked.")
    return redirect("manage_event", pk)


@partnership_admin_required
def manage_event_cancel(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Cancel an event and tell everybody who booked it why."""
    event = _found(pk)
    posted = request.method == "POST"
    form = CallOffForm(request.POST if posted else request.kept_form)
    if posted and form.is_valid():
        services.call_off(event, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, "The event is cancelled. Whoever booked has been written to.")
        return redirect("manage_event", pk)
    context = {"event": event, "form": form}
    status = UNPROCESSABLE if posted else 200
    return render(request, "champions/manage/event_cancel.html", context, status=status)


@require_POST
@partnership_admin_required
def manage_event_attendance(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Record who came."""
    ticked = {name: request.POST.getlist(name) for name in ("listed", "came")}
    services.record_attendance(_found(pk), by=request.user, **ticked)
    messages.success(request, "Recorded who came. You can change it at any time.")
    return redirect("manage_event", pk)


@require_POST
@partnership_admin_required
def manage_event_notes(request: AuthedRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Keep what came of an event."""
    event = _found(pk)
    form = NotesForm(request.POST)
    if not form.is_valid():
        return _one(request, event, form, status=UNPROCESSABLE)
    try:
        services.write_notes(event, by=request.user, **form.cleaned_data)
    except EditConflict as conflict:
        theirs = conflict.current
        again = NotesForm({**request.POST.dict(), "version": theirs.version})
        return _one(request, _found(pk), again, status=CONFLICT, theirs=theirs)
    messages.success(request, "The notes are saved. They stand on the event’s page.")
    return redirect("manage_event", pk)


@require_safe
@partnership_admin_required
def manage_event_csv(request: AuthedRequest, pk: uuid.UUID) -> StreamingHttpResponse:
    """Download who booked an event, one a row."""
    event = _found(pk)

    def rows() -> Iterator[list[Any]]:
        yield BOOKING_COLUMNS
        for booking in _people(event).iterator(chunk_size=CHUNK):
            yield _as_row(booking)

    return tables.download(rows(), "bookings.csv")


def _as_row(booking: Booking) -> list[Any]:
    person = booking.person
    return [
        person.full_name,
        person.email,
        "; ".join(membership.organisation.name for membership in person.memberships.all()),
        "has a place" if booking.has_place else "waits",
        booking.needs,
        local_date(booking.made_at).isoformat(),
        CAME[booking.attended],
    ]


def _clock(moment: datetime.datetime) -> str:
    """Return a moment as on the clocks of Europe/London, as a spreadsheet reads it."""
    return f"{moment.astimezone(LONDON):%Y-%m-%d %H:%M}"


def _listed(form: EventFilter) -> EventQuerySet:
    found = Event.objects.narrowed(**form.narrowing).select_related("place")
    now = timezone.now()
    return found.over(now) if form.chosen("when") == "over" else found.still_to_come(now)


def _found(pk: uuid.UUID) -> Event:
    return get_object_or_404(Event.objects.with_counts().select_related("place"), pk=pk)


def _people(event: Event) -> BookingQuerySet:
    return event.bookings.live().with_people()


def _one(
    request: AuthedRequest, event: Event, notes: NotesForm, *, status: int, **more: Any
) -> HttpResponse:
    stands = state(event.fact, timezone.now())
    context = {
        "event": event,
        "is_draft": stands == EventState.DRAFT,
        "has_begun": stands in {EventState.UNDER_WAY, EventState.PAST},
        "may_cancel": stands in {EventState.DRAFT, EventState.UPCOMING, EventState.UNDER_WAY},
        "page": page_of(_people(event), request, size=BOOKINGS_SHOWN),
        "notes_form": notes,
        **more,
    }
    return render(request, "champions/manage/event.html", context, status=status)


def _edit(
    request: AuthedRequest, form: EventForm, event: Event | None, *, status: int, **more: Any
) -> HttpResponse:
    context = {"form": form, "event": event, **more}
    return render(request, "champions/manage/event_edit.html", context, status=status)
