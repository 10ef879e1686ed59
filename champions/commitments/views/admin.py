"""Commitments to Partner VCFSE for partnership admins: who has reported, who has not."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import tables
from accounts.paging import page_of
from accounts.permissions import AuthedRequest, partnership_admin_required
from accounts.querysets import is_led
from awards.calendar import today
from awards.rules import local_date
from champions.commitments.forms import ManagedCommitmentFilter
from champions.commitments.models import Commitment
from champions.commitments.querysets import CommitmentQuerySet
from champions.commitments.rules import YearState

CHUNK = 200


@require_safe
@partnership_admin_required
def manage_commitments(request: AuthedRequest) -> HttpResponse:
    """List the commitments, each with the years still to report."""
    form = ManagedCommitmentFilter(request.GET)
    page = page_of(_found(form).prefetch_related("years"), request)
    day = today()
    open_states = {YearState.DUE, YearState.LATE}
    rows = [
        (
            commitment,
            [
                (year, state)
                for year in commitment.years.all()
                if (state := year.state_on(day)) in open_states
            ],
        )
        for commitment in page.rows
    ]
    return render(
        request,
        "champions/manage/commitments.html",
        {"form": form, "page": page, "rows": rows, "query": request.GET.urlencode()},
    )


@require_safe
@partnership_admin_required
def manage_commitments_csv(request: AuthedRequest) -> StreamingHttpResponse:
    """Download the commitments a search finds, a measure and year a row."""
    found = _found(ManagedCommitmentFilter(request.GET)).whole()
    day = today()

    def rows() -> Iterator[list[Any]]:
        yield [
            "organisation", "type", "sector", "places", "committed on", "measure", "title", "unit",
            "baseline to", "baseline", "year", "year to", "target", "reached", "state",
            "reported on", "what was done",
        ]  # fmt: skip
        everything = found.prefetch_related("organisation__places")
        for commitment in everything.iterator(chunk_size=CHUNK):
            yield from _lines(commitment, day)

    return tables.download(rows(), "partner-vcfse.csv")


def _lines(commitment: Commitment, day: datetime.date) -> Iterator[list[Any]]:
    organisation = commitment.organisation
    first = [
        organisation.name,
        organisation.type.name,
        commitment.sector_name,
        "; ".join(place.name for place in organisation.places.all()),
        local_date(commitment.made_at).isoformat(),
    ]
    measures = list(commitment.measures.all())
    for year in commitment.years.all():
        last = [
            year.state_on(day).value,
            local_date(year.reported_at).isoformat() if year.reported_at else "",
            year.words,
        ]
        for measure in measures:
            target = next(t for t in measure.targets.all() if t.year_id == year.pk)
            yield [
                *first, measure.row.code, measure.row.title, measure.row.unit,
                commitment.baseline_ends_on.isoformat(), measure.figure.entered[0],
                year.number, year.ends_on.isoformat(), target.wanted_figure.entered[0],
                target.reached_figure.entered[0] if target.reached_figure else "", *last,
            ]  # fmt: skip
        if not measures:
            yield [
                *first, "", "", "", commitment.baseline_ends_on.isoformat(), "",
                year.number, year.ends_on.isoformat(), "", "", *last,
            ]  # fmt: skip


def _found(form: ManagedCommitmentFilter) -> CommitmentQuerySet:
    found = (
        Commitment.objects.standing()
        .narrowed(**form.narrowing)
        .select_related("organisation")
        .order_by("organisation__name", "id")
    )
    state, day = form.chosen("state"), today()
    if state == "late":
        days = settings.PARTNERSHIP["commitment_report_days"]
        found = found.unreported(day - datetime.timedelta(days=days))
    if state == "due":
        found = found.unreported(day)
    annotated: Any = found.annotate(has_lead=is_led("organisation"))
    return annotated.filter(has_lead=False) if state == "no_lead" else annotated
