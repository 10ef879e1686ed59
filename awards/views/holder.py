"""Pages for whoever holds an award: how it stands, what changed, its renewal, its withdrawal."""

import datetime
import uuid
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts.forms import kept
from accounts.models import Organisation
from accounts.paging import page_of
from accounts.permissions import AuthedRequest, is_lead, is_member, part_in
from awards import timeline
from awards.calendar import today
from awards.facts import drafts_of, emptied_by, not_renewed, stale_in
from awards.forms import ChangeForm, WhyForm
from awards.glance import for_glance, glance
from awards.lifetime import WithdrawalStatus
from awards.models import Award, Withdrawal
from awards.rules import ClaimStatus, NotAllowed
from awards.services import lifetime, renewals, withdrawals
from awards.views.applicant.applications import open_application
from awards.views.applicant.evidence import read_or_send


def visible_award(request: AuthedRequest, number: str) -> Award:
    """Return an award whose holder's page the person may open."""
    return get_object_or_404(for_glance(Award.objects.visible_to(request.user)), number=number)


def led_award(request: AuthedRequest, number: str) -> Award:
    """Return an award of an organisation the person leads."""
    award = visible_award(request, number)
    if not is_lead(request.user, award.organisation):
        raise PermissionDenied
    return award


@require_safe
def award(request: AuthedRequest, number: str) -> HttpResponse:
    """Show an award to its holder: current, at risk or ended, until when, and what to do."""
    award = visible_award(request, number)
    part = part_in(request.user, award.organisation)
    at_a_glance = glance(award, today())
    claims = award.application.claims.all() if award.application else []
    context = {
        "award": award,
        "organisation": award.organisation,
        "glance": at_a_glance,
        "claims": [c for c in claims if c.status in (ClaimStatus.ACCEPTED, ClaimStatus.LAPSED)],
        "is_member": part.is_member,
        "is_lead": part.is_lead,
        "lead": part.lead,
    }
    return render(request, "awards/holder/award.html", context)


@read_or_send
def check_in(request: AuthedRequest, number: str) -> HttpResponse:
    """Ask once a year whether what the award stands on is still true."""
    award = led_award(request, number)
    due = lifetime.check_in_of(award)
    if due is None and request.method == "POST":
        messages.info(request, "This check-in has been answered already.")
        return redirect("award", number=award.number)
    if due is None:
        raise NotAllowed("No check-in waits for an answer. If something changed, say so instead.")
    return _declare(request, award, due)


@read_or_send
def change(request: AuthedRequest, number: str) -> HttpResponse:
    """Let the lead champion say that something changed."""
    return _declare(request, led_award(request, number), None)


def _declare(request: AuthedRequest, award: Award, due: datetime.date | None) -> HttpResponse:
    """Ask, show what follows where something holds no longer, and put it on record."""
    at_a_glance = glance(award, today())
    if not at_a_glance.holds:
        raise NotAllowed(f"The award {award.number} does not hold, so nothing can be changed.")
    claims = award.application.claims.all() if award.application else []
    accepted = {str(c.pk): c for c in claims if c.status == ClaimStatus.ACCEPTED}
    form = ChangeForm(
        request.POST if request.method == "POST" else None,
        initial=kept(request),
        claims=list(accepted.values()),
        yearly=due is not None,
    )
    context = {"award": award, "organisation": award.organisation, "form": form, "due": due}
    if not (form.is_bound and form.is_valid()) or request.POST.get("step") == "change":
        wrong = form.is_bound and bool(form.errors)
        return render(request, "awards/holder/change.html", context, status=422 if wrong else 200)
    gone = [accepted[pk] for pk in form.cleaned_data["gone"]]
    if gone and request.POST.get("step") != "send":
        context |= {"gone": gone, "emptied": emptied_by(award, gone)}
        return render(request, "awards/holder/change_check.html", context)
    lifetime.declare(
        award,
        by=request.user,
        gone=gone,
        about=form.cleaned_data["about"],
        words=form.cleaned_data["words"],
        check_in=due,
    )
    messages.success(request, "Thank you. Your answer is on record.")
    return redirect("award", number=award.number)


@read_or_send
def give_up(request: AuthedRequest, number: str) -> HttpResponse:
    """Ask before an award is given up for good, then end it."""
    award = led_award(request, number)
    if not glance(award, today()).holds:
        raise NotAllowed(f"The award {award.number} does not hold any more.")
    form = WhyForm(
        request.POST if request.method == "POST" else None,
        initial=kept(request),
        label="Why do you give the award up?",
        hint="The register shows these words with the award, for anyone to read.",
    )
    if form.is_bound and form.is_valid():
        lifetime.give_up(award, by=request.user, reason=form.cleaned_data["words"])
        messages.success(request, f"The award {award.number} has ended.")
        return redirect("award", number=award.number)
    context = {"award": award, "organisation": award.organisation, "form": form}
    return render(
        request, "awards/holder/give_up.html", context, status=422 if form.is_bound else 200
    )


@read_or_send
def renew(request: AuthedRequest, number: str) -> HttpResponse:
    """Say what a renewal is and what it starts from, and start it."""
    award = member_award(request, number)
    if request.method == "POST":
        application = renewals.start_renewal(award, by=request.user)
        if application.renews_id == award.pk:
            return redirect("renewal", pk=application.pk)
        messages.info(request, "Your organisation has this open application already.")
        return redirect(application)
    blockers = renewals.renewal_blockers(award)
    if blockers:
        raise NotAllowed(" ".join(blocker.text for blocker in blockers))
    claims = award.application.claims.all() if award.application else []
    context = {
        "award": award,
        "organisation": award.organisation,
        "claims": [c for c in claims if c.status == ClaimStatus.ACCEPTED],
        "in_time": today() <= award.ends_on,
    }
    return render(request, "awards/holder/renew.html", context)


@read_or_send
def renewal(request: AuthedRequest, pk: uuid.UUID) -> HttpResponse:
    """Show what is stale in a renewal, and ask what has changed since the award."""
    application = open_application(request, pk)
    if application.renews is None:
        return redirect(application)
    form = WhyForm(
        request.POST if request.method == "POST" else None,
        initial={"words": application.what_changed} | kept(request),
        label="What has changed since the award was granted?",
        hint="Say it in a few sentences: what is new, what grew, what ended. If nothing did, say "
        "so. Reviewers read this first.",
    )
    if form.is_bound and form.is_valid():
        renewals.say_what_changed(application, by=request.user, words=form.cleaned_data["words"])
        messages.success(request, "What has changed is saved.")
        return redirect(application)
    drafts = drafts_of(application)
    found = stale_in(application, drafts)
    context = {
        "application": application,
        "organisation": application.organisation,
        "award": application.renews,
        "form": form,
        "claims": [
            (c, [(e, found[str(e.pk)]) for e in c.evidence.all() if str(e.pk) in found])
            for c in drafts
        ],
        "gone": not_renewed(application),
        "links_checked": settings.LINK_CHECK,
        "links_waiting": any(
            e.link_list and e.links_tried_on is None for c in drafts for e in c.evidence.all()
        ),
    }
    return render(
        request, "awards/holder/renewal.html", context, status=422 if form.is_bound else 200
    )


@read_or_send
def withdrawal_reply(request: AuthedRequest, number: str) -> HttpResponse:
    """Show the reason the partnership gives, and take the organisation's reply."""
    return _to_partnership(
        request,
        number,
        WithdrawalStatus.PROPOSED,
        withdrawals.reply,
        title="Reply to the proposed withdrawal",
        label="Your reply",
        done="Your reply is with the partnership. It is read before anything is decided.",
    )


@read_or_send
def withdrawal_appeal(request: AuthedRequest, number: str) -> HttpResponse:
    """Take the organisation's appeal against a withdrawal."""
    return _to_partnership(
        request,
        number,
        WithdrawalStatus.CONFIRMED,
        withdrawals.appeal,
        title="Appeal against the withdrawal",
        label="Why should the award not be withdrawn?",
        done="Your appeal is received. Somebody decides who had no part in the withdrawal.",
    )


def _to_partnership(
    request: AuthedRequest,
    number: str,
    status: WithdrawalStatus,
    send: Callable[..., Withdrawal],
    *,
    title: str,
    label: str,
    done: str,
) -> HttpResponse:
    award = led_award(request, number)
    withdrawal = next((w for w in award.withdrawals.all() if w.status == status), None)
    said = withdrawal and status is WithdrawalStatus.PROPOSED and withdrawal.reply
    if withdrawal is None or said:
        raise NotAllowed("Nothing waits for your words here any more. See where the award stands.")
    form = WhyForm(
        request.POST if request.method == "POST" else None, initial=kept(request), label=label
    )
    if form.is_bound and form.is_valid():
        send(award, by=request.user, words=form.cleaned_data["words"])
        messages.success(request, done)
        return redirect("award", number=award.number)
    context = {
        "award": award,
        "organisation": award.organisation,
        "withdrawal": withdrawal,
        "form": form,
        "title": title,
    }
    return render(
        request, "awards/holder/to_partnership.html", context, status=422 if form.is_bound else 200
    )


@require_safe
def organisation_history(request: AuthedRequest, slug: str) -> HttpResponse:
    """Tell an organisation's history in words, the latest first."""
    organisation = get_object_or_404(Organisation.objects.visible_to(request.user), slug=slug)
    page = page_of(timeline.events_of(organisation), request)
    return render(
        request,
        "awards/holder/history.html",
        {
            "organisation": organisation,
            "page": page,
            "entries": timeline.told(organisation, page.rows),
        },
    )


def member_award(request: AuthedRequest, number: str) -> Award:
    """Return an award of an organisation the person belongs to."""
    award = visible_award(request, number)
    if not is_member(request.user, award.organisation):
        raise PermissionDenied
    return award
