"""The commitment to Partner VCFSE for an organisation: make it, report on a year, revoke it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts.models import Organisation
from accounts.permissions import AuthedRequest, is_lead, may_run
from awards.calendar import today
from champions.commitments import services
from champions.commitments.forms import CommitmentForm, ReportForm
from champions.commitments.models import Commitment
from champions.commitments.sectors import Sector, measures_of, sector_of, sectors
from champions.fields import RevokeForm

UNPROCESSABLE = 422


@require_safe
def commitment_organisation(request: AuthedRequest, slug: str) -> HttpResponse:
    """Show how an organisation stands with Partner VCFSE, and what it committed to before."""
    organisation = _own(request, slug)
    commitments = list(organisation.commitments.whole())
    standing = next((one for one in commitments if one.stands), None)
    day = today()
    years = [(year, year.state_on(day)) for year in standing.years.all()] if standing else []
    return render(
        request,
        "champions/commitments/organisation.html",
        {
            "organisation": organisation,
            "commitment": standing,
            "years": years,
            "past": [one for one in commitments if not one.stands],
            "is_lead": is_lead(request.user, organisation),
            "may_revoke": may_run(request.user, organisation),
        },
    )


def commitment_make(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Make the commitment for an organisation, with the figures of its sector."""
    organisation = _own(request, slug)
    if not is_lead(request.user, organisation):
        raise PermissionDenied
    # The address says which sector, so that a form that is sent back keeps it.
    sector = sectors().get(request.GET.get("sector", "")) or sector_of(organisation.type.code)
    if sector is None:
        return _make(request, organisation, None, None, status=200)
    posted = request.method == "POST"
    form = CommitmentForm(
        request.POST if posted else request.kept_form, sector=sector, rows=measures_of(sector)
    )
    if posted and form.is_valid():
        given = ("baseline_ends_on", "opportunities", "actions", "figures")
        services.commit(
            organisation,
            by=request.user,
            sector=sector,
            **{name: form.cleaned_data[name] for name in given},
        )
        messages.success(request, f"{organisation} has committed to Partner VCFSE.")
        return redirect("commitment_organisation", slug)
    return _make(request, organisation, sector, form, status=UNPROCESSABLE if posted else 200)


def _make(
    request: AuthedRequest,
    organisation: Organisation,
    sector: Sector | None,
    form: CommitmentForm | None,
    *,
    status: int,
) -> HttpResponse:
    standing = organisation.commitments.filter(replaced_at=None, revoked_at=None)
    context = {
        "organisation": organisation,
        "sector": sector,
        "sectors": sectors().values(),
        "others": [other for other in sectors().values() if other != sector],
        "form": form,
        "replaces": standing.exists(),
    }
    return render(request, "champions/commitments/make.html", context, status=status)


def commitment_report(request: AuthedRequest, slug: str, number: int) -> HttpResponseBase:
    """Report what was done and reached in a year, or put the report right."""
    organisation = _own(request, slug)
    if not is_lead(request.user, organisation):
        raise PermissionDenied
    commitment = _standing(organisation)
    year = next((y for y in commitment.years.all() if y.number == number), None)
    if year is None:
        raise Http404
    if year.ends_on >= today():
        return redirect("commitment_organisation", slug)
    posted = request.method == "POST"
    measures = list(commitment.measures.all())
    reached = {
        f"reached_{measure.row.code}": target.reached_figure.entered[0]
        for measure in measures
        for target in measure.targets.all()
        if target.year.number == number and target.reached_figure is not None
    }
    form = ReportForm(
        request.POST if posted else request.kept_form,
        year=year,
        measures=measures,
        initial={"words": year.words, **reached},
    )
    if posted and form.is_valid():
        typed = form.cleaned_data
        services.report(year, by=request.user, words=typed["words"], reached=typed["reached"])
        messages.success(request, "The year is reported. It stands on the public page.")
        return redirect("commitment_organisation", slug)
    context: dict[str, Any] = {"organisation": organisation, "year": year, "form": form}
    status = UNPROCESSABLE if posted else 200
    return render(request, "champions/commitments/report.html", context, status=status)


def commitment_revoke(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Revoke an organisation's commitment, once it has been confirmed."""
    organisation = _own(request, slug)
    if not may_run(request.user, organisation):
        raise PermissionDenied
    standing = Commitment.objects.standing().filter(organisation=organisation).first()
    if standing is None:
        return redirect("commitment_organisation", slug)
    form = RevokeForm(request.POST if request.method == "POST" else request.kept_form)
    if request.method == "POST" and form.is_valid():
        services.revoke(standing, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, f"The commitment of {organisation} is revoked.")
        return redirect("commitment_organisation", slug)
    return render(
        request,
        "champions/commitments/revoke.html",
        {"organisation": organisation, "commitment": standing, "form": form},
        status=UNPROCESSABLE if request.method == "POST" else 200,
    )


def _own(request: AuthedRequest, slug: str) -> Organisation:
    own = Organisation.objects.active().visible_to(request.user).select_related("type")
    return get_object_or_404(own, slug=slug)


def _standing(organisation: Organisation) -> Commitment:
    return get_object_or_404(organisation.commitments.standing().whole())
