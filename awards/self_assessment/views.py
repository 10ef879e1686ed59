"""The self-assessment: where an organisation stands by its own view, and the plan that follows.

Private to its members: addresses begin with /self-assessment/, which is closed even to an admin
who looks as somebody else (svportal/looking.py)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Organisation
from accounts.permissions import AuthedRequest
from accounts.tasks import wake
from awards.calendar import today
from awards.facts import eligibility, theme_facts
from awards.rules import LIVE, NotAllowed
from awards.self_assessment import plans, services
from awards.self_assessment.forms import LevelsForm, levels_in, values_of
from awards.self_assessment.models import SelfAssessment
from awards.self_assessment.rules import plan
from awards.services.applications import take_up_framework
from awards.tasks import prepare_plan
from awards.views.applicant.drafts import save_draft, typed
from awards.views.applicant.evidence import own_organisation, read_or_send
from awards.views.documents import answer
from frameworks.models import Criterion, Theme

# Nobody belongs to more; whoever does reaches the rest from their organisation.
ORGANISATIONS_SHOWN = 20


def own_assessment(request: AuthedRequest, organisation: Organisation) -> SelfAssessment | None:
    """Return what has been said so far, if anything has."""
    found = SelfAssessment.objects.visible_to(request.user).filter(organisation=organisation)
    return found.select_related("organisation", "updated_by").first()


@require_safe
def self_assessments(request: AuthedRequest) -> HttpResponse:
    """Lead to the self-assessment of one's organisation; ask which, where there are several."""
    own = list(
        Organisation.objects.active()
        .filter(memberships__user=request.user, memberships__ended_at=None)
        .order_by("name")[:ORGANISATIONS_SHOWN]
    )
    if len(own) == 1:
        return redirect("self_assessment", slug=own[0].slug)
    return render(request, "awards/self_assessment/which.html", {"own": own})


@require_safe
def self_assessment(request: AuthedRequest, slug: str) -> HttpResponse:
    """Show how the organisation stands by its own view, and the plan; or how to begin."""
    organisation = own_organisation(request, slug)
    framework = take_up_framework()
    assessment = own_assessment(request, organisation)
    context: dict[str, Any] = {"organisation": organisation, "framework": framework}
    if assessment is None:
        said = plans.marked(Criterion.objects.of(framework), None)
        context |= {
            "themes": plans.themes_content(plan(theme_facts(framework), said), said),
            "total": len(said),
        }
        return render(request, "awards/self_assessment/begin.html", context)
    content = plans.plan_content(organisation, assessment, framework)
    context |= {
        "assessment": assessment,
        "plan": content,
        **_applying(organisation, {c["code"] for c in content["strong"]}),
    }
    return render(request, "awards/self_assessment/plan.html", context)


def _applying(organisation: Organisation, strong: set[str]) -> dict[str, Any]:
    """Return what can be done with the criteria that are marked strong."""
    application = organisation.applications.open().first()
    to_claim = len(strong)
    if application is not None:
        # It may have been begun under another version of the framework.
        claimed = application.claims.filter(status__in=LIVE).values("criterion")
        there = Criterion.objects.filter(theme__framework=application.framework_id)
        to_claim = there.filter(code__in=strong).exclude(pk__in=claimed).count()
    return {
        "application": application,
        "to_claim": to_claim,
        "award": organisation.awards.current(today()).first(),
        "blockers": eligibility(organisation),
    }


@read_or_send
def self_assessment_theme(request: AuthedRequest, slug: str, code: str) -> HttpResponse:
    """Say how far the organisation is with each criterion of a theme; the page saves itself."""
    organisation = own_organisation(request, slug)
    framework = take_up_framework()
    themes = list(framework.themes.all())
    theme = get_object_or_404(Theme, framework=framework, code=code)
    criteria = list(theme.criteria.all())
    assessment = own_assessment(request, organisation) or SelfAssessment(organisation=organisation)
    form = LevelsForm(typed(request), initial=values_of(assessment, criteria), criteria=criteria)
    after = themes[themes.index(theme) + 1 :][:1]
    if request.method == "POST":
        saved, due = save_draft(
            request,
            form,
            lambda version, values: services.save_levels(
                organisation, by=request.user, version=version, levels=levels_in(values)
            ),
            lambda current: values_of(current, criteria),
        )
        if due:
            return due
        if saved and after:
            return redirect("self_assessment_theme", slug=slug, code=after[0].code)
        if saved:
            messages.success(request, "Your self-assessment is saved.")
            return redirect("self_assessment", slug=slug)
    context = {
        "organisation": organisation,
        "framework": framework,
        "theme": theme,
        "number": themes.index(theme) + 1,
        "themes": themes,
        "form": form,
        "asked": list(zip(criteria, form.levels, strict=True)),
        "after": after[0] if after else None,
        "kept": request.method == "GET" and form.is_bound,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "awards/self_assessment/theme.html", context, status=status)


@require_safe
def self_assessment_pdf(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Hand out the plan as a PDF, to print or to take to a meeting."""
    organisation = own_organisation(request, slug)
    framework = take_up_framework()
    assessment = own_assessment(request, organisation)
    if assessment is None:
        raise NotAllowed("There is no plan yet. Say first how far you are with the criteria.")
    content = plans.plan_content(organisation, assessment, framework)
    document = plans.stored(content)
    if document is None:
        wake(prepare_plan, assessment.pk, framework.pk)
        # Where tasks run at once (no Redis) it is there by now.
        document = plans.stored(content)
    return answer(request, document, filename=f"plan-{organisation.slug}.pdf")


@require_POST
def self_assessment_apply(request: AuthedRequest, slug: str) -> HttpResponse:
    """Start an application with the criteria marked strong, or add them to the open one."""
    organisation = own_organisation(request, slug)
    application = services.apply_with_strong(organisation, by=request.user)
    messages.success(
        request, "The criteria you marked strong are claimed. Next, attach the evidence for each."
    )
    return redirect(application)
