"""The partnership's own pages about awards: which end, which are at risk, and their withdrawal."""

from collections.abc import Callable

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts.forms import kept
from accounts.imports import BYTES_MAX, ROWS_MAX, Report, import_organisations
from accounts.models import AuditEvent, Organisation
from accounts.paging import page_of
from accounts.permissions import AuthedRequest, is_member, partnership_admin_required
from awards.calendar import today
from awards.forms import AwardFilters, SplitForm, TableForm, WhyForm
from awards.glance import Glance, for_glance, glance
from awards.lifetime import WithdrawalStatus
from awards.models import Award, Risk, Withdrawal
from awards.querysets import AwardQuerySet
from awards.rules import anniversary
from awards.services import withdrawals
from awards.services.imports import import_awards
from awards.services.organisations import split_organisation

SHOWN = {
    "current": "Current",
    "ending": "Ending in the next 12 months",
    "at_risk": "At risk",
    "withdrawals": "With an open withdrawal",
    "past": "Ended",
    "imported": "Granted before the portal",
}
EVENTS_SHOWN = 30


@require_safe
@partnership_admin_required
def manage_awards(request: AuthedRequest) -> HttpResponse:
    """List awards, those that end first at the top."""
    form = AwardFilters(request.GET)
    form.offer(show=list(SHOWN.items()))
    found = _shown(form.chosen.get("show", "current"))
    if words := form.chosen.get("q"):
        found = found.filter(
            Q(holder_name__icontains=words)
            | Q(organisation__name__icontains=words)
            | Q(number__icontains=words)
        )
    page = page_of(for_glance(found.order_by("ends_on", "number")), request)
    context = {
        "form": form,
        "page": page,
        "rows": [glance(award, today()) for award in page.rows],
        "title": SHOWN[form.chosen.get("show", "current")],
    }
    return render(request, "awards/manage/awards.html", context)


def _shown(show: str) -> AwardQuerySet:
    day = today()
    current = Award.objects.current(day)
    at_risk = Exists(Risk.objects.filter(award=OuterRef("pk"), cleared_on=None))
    withdrawn = Exists(
        Withdrawal.objects.filter(
            award=OuterRef("pk"),
            status__in=[WithdrawalStatus.PROPOSED, WithdrawalStatus.APPEALED],
        )
    )
    found = {
        "ending": current.filter(ends_on__lt=anniversary(day, 1)),
        "at_risk": current.filter(at_risk),
        "withdrawals": Award.objects.filter(withdrawn),
        "past": Award.objects.past(day),
        "imported": Award.objects.exclude(provenance=""),
    }
    return found.get(show, current)


@partnership_admin_required
def manage_award(request: AuthedRequest, number: str) -> HttpResponse:
    """Show an award with its withdrawal, and take the next step of that."""
    award = get_object_or_404(for_glance(Award.objects.all()), number=number)
    at_a_glance = glance(award, today())
    withdrawal = at_a_glance.withdrawal
    may = _may(request, at_a_glance)
    form = WhyForm(
        request.POST if request.method == "POST" else None,
        initial=kept(request),
        label=may["label"],
        hint="The organisation is sent your words.",
    )
    if form.is_bound and form.is_valid():
        done = _act(request, award, form.cleaned_data["words"])
        messages.success(request, done)
        return redirect("manage_award", number=number)
    context = {
        "award": award,
        "organisation": award.organisation,
        "glance": at_a_glance,
        "withdrawal": withdrawal,
        "may": may,
        "form": form,
        "past": [w for w in award.withdrawals.all() if w != withdrawal],
        "events": AuditEvent.objects.of(award)[:EVENTS_SHOWN],
        "today": today(),
    }
    return render(
        request, "awards/manage/award.html", context, status=422 if form.is_bound else 200
    )


def _may(request: AuthedRequest, at_a_glance: Glance) -> dict[str, str]:
    """Return what this admin may do next about a withdrawal: the step and the field's label."""
    withdrawal = at_a_glance.withdrawal
    if is_member(request.user, at_a_glance.award.organisation):
        return {"step": "", "label": "", "why": "You belong to the organisation."}
    if withdrawal is None or withdrawal.status == WithdrawalStatus.UPHELD:
        step = "propose" if at_a_glance.holds else ""
        return {"step": step, "label": "Why should the award be withdrawn?", "why": ""}
    mine = request.user.pk in {withdrawal.proposed_by_id, withdrawal.decided_by_id}
    if withdrawal.status == WithdrawalStatus.PROPOSED:
        why = ""
        if withdrawal.proposed_by_id == request.user.pk:
            why = "You proposed it, so another admin has to confirm it."
        elif not withdrawal.reply and today() <= withdrawal.reply_by:
            why = f"The organisation may reply until {withdrawal.reply_by:%-d %B %Y}."
        return {"step": "decide", "label": "Why do you decide so?", "why": why}
    if withdrawal.status == WithdrawalStatus.APPEALED and not mine:
        return {"step": "close", "label": "Why do you decide so?", "why": ""}
    return {
        "step": "",
        "label": "",
        "why": "You had a part in the withdrawal, so another admin answers the appeal."
        if withdrawal.status == WithdrawalStatus.APPEALED
        else "",
    }


def _act(request: AuthedRequest, award: Award, words: str) -> str:
    """Do what the button says; what may not be done the service refuses."""
    step = request.POST.get("step", "")
    if step in ("confirm", "drop"):
        withdrawals.decide(award, by=request.user, confirm=step == "confirm", words=words)
        return "The award is withdrawn." if step == "confirm" else "The proposal is dropped."
    if step in ("restore", "uphold"):
        withdrawals.close(award, by=request.user, restore=step == "restore", words=words)
        return "The award is restored." if step == "restore" else "The award stays withdrawn."
    withdrawals.propose(award, by=request.user, reason=words)
    return "The organisation has been told, and may reply. Another admin decides."


@partnership_admin_required
def manage_organisation_split(request: AuthedRequest, slug: str) -> HttpResponse:
    """Split a part of an organisation off as one of its own."""
    organisation = get_object_or_404(Organisation.objects.active(), slug=slug)
    members = list(organisation.memberships.current().select_related("user"))
    form = SplitForm(request.POST if request.method == "POST" else None, members=members)
    if form.is_bound and form.is_valid():
        chosen = set(form.cleaned_data["members"])
        new = split_organisation(
            organisation,
            name=form.cleaned_data["name"],
            members=[m for m in members if str(m.pk) in chosen],
            awards_go=form.cleaned_data["awards"],
            by=request.user,
        )
        messages.success(request, f"{new} is split off from {organisation}.")
        return redirect("manage_organisation", slug=new.slug)
    context = {
        "organisation": organisation,
        "form": form,
        "awards": organisation.awards.current(today()),
    }
    return render(
        request, "awards/manage/split.html", context, status=422 if form.is_bound else 200
    )


AWARD_COLUMNS = [
    ("organisation", "its name on this portal"),
    ("granted_on", "like 2024-03-31 or 31/03/2024"),
    ("provenance", "where the award comes from, for example ‘Minutes of the board, 31 March 2024’"),
    ("number", "if it has one in this portal’s form; left empty, it is given one"),
    ("ends_on", "its last day, if that is not the usual one"),
    ("criteria", "the codes of what was evidenced, with spaces between; may be empty"),
]
ORGANISATION_COLUMNS = [
    ("name", "as it is to be shown"),
    ("type", "a type of organisation on this portal"),
    ("places", "places on this portal, with semicolons between"),
    ("website, ods_code, charity_number, company_number", "if you like"),
]


@partnership_admin_required
def import_awards_page(request: AuthedRequest) -> HttpResponse:
    """Check a table of awards granted before the portal, and put them on record."""
    return _import(request, "awards", import_awards, AWARD_COLUMNS)


@partnership_admin_required
def import_organisations_page(request: AuthedRequest) -> HttpResponse:
    """Check a table of organisations, and put them on the portal."""
    return _import(request, "organisations", import_organisations, ORGANISATION_COLUMNS)


def _import(
    request: AuthedRequest,
    what: str,
    read: Callable[..., Report],
    columns: list[tuple[str, str]],
) -> HttpResponse:
    bound = request.method == "POST"
    form = TableForm(request.POST if bound else None, request.FILES if bound else None)
    report = None
    if bound and form.is_valid():
        content = form.cleaned_data["file"].read(BYTES_MAX + 1)
        dry_run = request.POST.get("step") != "import"
        report = read(content, by=request.user, dry_run=dry_run)
    wrong = bound and (report is None or report.errors)
    context = {
        "what": what, "form": form, "report": report, "columns": columns, "rows_max": ROWS_MAX,
    }  # fmt: skip
    return render(request, "awards/manage/import.html", context, status=422 if wrong else 200)
