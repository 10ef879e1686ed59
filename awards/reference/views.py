"""The pages on which partnership admins keep the frameworks."""

import hashlib
import io
import secrets
import zipfile
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.db.models import Count, Q
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import AuthedRequest, partnership_admin_required
from awards.calendar import today
from awards.differences import differences as word_by_word
from awards.models import Application, Claim
from awards.reference import services
from awards.reference.forms import (
    NAMES,
    TABLES,
    TOP,
    DayForm,
    EntryForm,
    NewVersionForm,
    UploadForm,
    entry_form,
    head_form,
    label_of,
)
from awards.rules import ApplicationStatus
from frameworks.content import Change, content_of, differences
from frameworks.exports import pack_files
from frameworks.models import Framework, FrameworkKind
from frameworks.packs import find_packs
from frameworks.reading import Faulty, Record
from frameworks.rules import EditConflict, NotAllowed
from frameworks.services import load_frameworks, version_before
from frameworks.uploads import unpacked

UNPROCESSABLE = 422
# How long an upload that was checked waits to be loaded.
KEPT_SECONDS = 3600
CONFLICT = (
    "Somebody else has changed this draft since you opened the page. Nothing is lost: what you "
    "typed stands below. Open the draft in another tab to see what changed, then save again."
)


def _framework(code: str, version: str) -> Framework:
    return get_object_or_404(Framework, code=code, version=version)


def _draft(code: str, version: str) -> Framework:
    """Return a draft. Raises Http404, or NotAllowed for a version that never changes."""
    framework = _framework(code, version)
    if framework.state_on(today()) != "draft":
        raise NotAllowed(
            f"Version {version} is published and never changes. Start a new version from it."
        )
    return framework


def _with_state(frameworks: Iterable[Framework]) -> list[tuple[Framework, str]]:
    return [(framework, framework.state_on(today())) for framework in frameworks]


@require_safe
@partnership_admin_required
def manage_frameworks(request: AuthedRequest) -> HttpResponse:
    """List every version of every framework."""
    versions = Framework.objects.order_by("code", "-published_on", "-version")
    groups = [
        (code, _with_state(found)) for code, found in groupby(versions, key=lambda row: row.code)
    ]
    return render(request, "awards/reference/list.html", {"groups": groups})


@require_safe
@partnership_admin_required
def manage_framework(request: AuthedRequest, code: str, version: str) -> HttpResponse:
    """Show a version: what it holds, and what can be done with it."""
    framework = _framework(code, version)
    pack = content_of(framework)
    context = {
        "framework": framework,
        "state": framework.state_on(today()),
        "themes": pack.rows.get("themes", []),
        "parts": [(name, NAMES[name], _listed(pack, name)) for name in _parts(framework)],
        "retire": DayForm(),
    }
    return render(request, "awards/reference/version.html", context)


def _parts(framework: Framework) -> tuple[str, ...]:
    """Return the lists that a framework of its kind can have beside its themes."""
    has_rows = framework.kind not in {FrameworkKind.AWARD, FrameworkKind.MAPPINGS}
    return ("rows", "mappings") if has_rows else ("mappings",)


def _listed(pack: Record, part: str) -> list[tuple[str, Record]]:
    return [(services.key_of(row), row) for row in pack.rows.get(part, [])]


@partnership_admin_required
def manage_framework_version(request: AuthedRequest, code: str, version: str) -> HttpResponseBase:
    """Start a new version from this one."""
    framework = _framework(code, version)
    form = NewVersionForm(request.POST or None, framework=framework)
    if form.is_bound and form.is_valid():
        draft = services.start_version(
            framework, version=form.cleaned_data["version"], by=request.user
        )
        messages.success(request, f"Version {draft.version} is started. It is a draft.")
        return redirect("manage_framework", code=code, version=draft.version)
    return render(
        request,
        "awards/reference/new_version.html",
        {"framework": framework, "form": form},
        status=UNPROCESSABLE if form.errors else 200,
    )


@partnership_admin_required
def manage_framework_head(request: AuthedRequest, code: str, version: str) -> HttpResponseBase:
    """Change what a draft says of itself."""
    draft = _draft(code, version)
    pack = content_of(draft)
    initial = pack.values | {"began_from": draft.digest}
    form = head_form(pack, request.POST or None, initial=initial)
    if form.is_bound and form.is_valid() and _saved_head(request, draft, form):
        messages.success(request, "The draft is saved.")
        return redirect("manage_framework", code=code, version=version)
    context = {"framework": draft, "form": form, "what": "what it says of itself"}
    return render(
        request,
        "awards/reference/entry.html",
        context,
        status=UNPROCESSABLE if form.errors else 200,
    )


def _saved_head(request: AuthedRequest, draft: Framework, form: EntryForm) -> bool:
    values = {name: form.cleaned_data[name] for name in form.names}
    try:
        services.save_head(
            draft,
            values=values,
            began_from=form.cleaned_data["began_from"],
            by=request.user,
            today=today(),
        )
    except (Faulty, EditConflict) as refused:
        _explain(form, refused)
        return False
    return True


@partnership_admin_required
def manage_framework_entry(
    request: AuthedRequest, code: str, version: str, part: str, key: str = ""
) -> HttpResponseBase:
    """Add an entry to a draft, or change one: see it first, save it, or take it out."""
    draft = _draft(code, version)
    pack = content_of(draft)
    row, theme = _entry(pack, part, key, request.POST.get("under") or request.GET.get("under", ""))
    initial = (row.values if row else {}) | {"began_from": draft.digest}
    form = entry_form(part, pack, request.POST or None, initial=initial)
    if part != "mappings":
        _ask_for_order(form, services.entries_of(pack, part, theme), row)
    step = request.POST.get("step", "")
    remove = step == "remove" and row is not None
    fine = form.is_bound and (form.is_valid() or remove)
    if (
        fine
        and step != "preview"
        and _saved_entry(request, draft, form, part=part, key=key, theme=theme, remove=remove)
    ):
        messages.success(request, "Taken out." if remove else "The draft is saved.")
        return redirect("manage_framework", code=code, version=version)
    context = {
        "framework": draft,
        "form": form,
        "what": f"a {NAMES[part]}",
        "under": theme,
        "existing": row is not None,
        "preview": form.values if fine and step == "preview" else None,
    }
    return render(
        request,
        "awards/reference/entry.html",
        context,
        status=UNPROCESSABLE if form.errors else 200,
    )


def _ask_for_order(form: EntryForm, entries: list[Record], row: Record | None) -> None:
    """Ask for the place in its list; it begins where it stands, a new one at the end."""
    others = [entry for entry in entries if entry is not row]
    place = next((n for n, entry in enumerate(entries) if entry is row), len(entries))
    if others:
        form.ask_for_order(others)
        form.initial["after"] = others[place - 1].values["code"] if place else TOP


def _entry(pack: Record, part: str, key: str, under: str) -> tuple[Record | None, str]:
    """Return the entry that is edited, if there is one, and the theme a criterion stands under."""
    if part not in TABLES:
        raise Http404("No such part.")
    themes = pack.rows.get("themes", [])
    if part == "criteria":
        for theme in themes:
            for row in theme.rows.get("criteria", []):
                if key and services.key_of(row) == key:
                    return row, theme.values["code"]
        if not key and under in {theme.values["code"] for theme in themes}:
            return None, under
        raise Http404("No such criterion or theme.")
    rows = {services.key_of(row): row for row in pack.rows.get(part, [])}
    if key and key not in rows:
        raise Http404("No such entry.")
    return rows.get(key), ""


def _saved_entry(
    request: AuthedRequest,
    draft: Framework,
    form: EntryForm,
    *,
    part: str,
    key: str,
    theme: str,
    remove: bool,
) -> bool:
    try:
        services.save_entry(
            draft,
            part=part,
            key=key,
            values={} if remove else form.values,
            began_from=str(form.data.get("began_from", "")),
            by=request.user,
            today=today(),
            theme=theme,
            after=None if remove else form.after,
        )
    except (Faulty, EditConflict) as refused:
        _explain(form, refused)
        return False
    return True


def _explain(form: EntryForm, refused: Faulty | EditConflict) -> None:
    """Say on the form why it was not saved; after a conflict it may be saved over the change."""
    if isinstance(refused, Faulty):
        for problem in refused.problems:
            form.add_error(None, problem.text)
        return
    form.add_error(None, CONFLICT)
    again = QueryDict(mutable=True)
    again.update(form.data)
    again["began_from"] = refused.current.digest
    form.data = again


@require_safe
@partnership_admin_required
def manage_framework_differences(request: AuthedRequest, code: str, version: str) -> HttpResponse:
    """Show what a version changes, what that means for applications, and let it be published."""
    framework = _framework(code, version)
    others = Framework.objects.filter(code=code).exclude(version=version)
    before = version_before(code, framework.published_on, others)
    changes = differences(content_of(before), content_of(framework)) if before else []
    context = {
        "framework": framework,
        "before": before,
        "changes": [(change, _told(change)) for change in changes],
        "state": framework.state_on(today()),
        "form": DayForm(initial={"on": today()}),
        **_meaning(framework, changes),
    }
    return render(request, "awards/reference/differences.html", context)


def _told(change: Change) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what a change does to each field, by its name, word by word."""
    return [
        (label_of(name), word_by_word(_words(old), _words(new))) for name, old, new in change.fields
    ]


def _words(value: Any) -> str:
    """Return a value of a pack as people read it; nothing, where there was none."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _meaning(framework: Framework, changes: list[Change]) -> dict[str, Any]:
    """Return what a version means for the applications that are open under others."""
    running = Application.objects.open().filter(framework__code=framework.code)
    running = running.exclude(framework=framework)
    gone = [c.key for c in changes if c.what == "criterion" and c.done == "removed"]
    return {
        "running": running.aggregate(
            all=Count("pk"), drafts=Count("pk", filter=Q(status=ApplicationStatus.DRAFT))
        ),
        "claims_on_gone": Claim.objects.filter(
            application__in=running, criterion__code__in=gone
        ).count(),
    }


@require_POST
@partnership_admin_required
def manage_framework_publish(request: AuthedRequest, code: str, version: str) -> HttpResponseBase:
    """Publish a draft on a day."""
    draft = _draft(code, version)
    form = DayForm(request.POST)
    if form.is_valid():
        on = form.cleaned_data["on"]
        services.publish(draft, on=on, by=request.user, today=today())
        messages.success(request, f"Version {version} is published on {on:%-d %B %Y}.")
        return redirect("manage_framework", code=code, version=version)
    messages.error(request, "Enter the day on which it is to be published.")
    return redirect("manage_framework_differences", code=code, version=version)


@require_POST
@partnership_admin_required
def manage_framework_retire(request: AuthedRequest, code: str, version: str) -> HttpResponseBase:
    """Retire a published version from a day on."""
    framework = _framework(code, version)
    form = DayForm(request.POST)
    if form.is_valid():
        on = form.cleaned_data["on"]
        services.retire(framework, on=on, by=request.user, today=today())
        messages.success(request, f"Version {version} is retired from {on:%-d %B %Y}.")
    else:
        messages.error(request, "Enter the day from which it is to be retired.")
    return redirect("manage_framework", code=code, version=version)


@require_POST
@partnership_admin_required
def manage_framework_discard(request: AuthedRequest, code: str, version: str) -> HttpResponseBase:
    """Throw a draft away."""
    services.discard(_draft(code, version), by=request.user, today=today())
    messages.success(request, f"The draft {version} is thrown away.")
    return redirect("manage_frameworks")


@require_safe
@partnership_admin_required
def manage_framework_pack(request: AuthedRequest, code: str, version: str) -> HttpResponse:
    """Give a version as a pack, in a zip file."""
    framework = _framework(code, version)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, text in pack_files(content_of(framework)).items():
            opened.writestr(f"{code}/{name}", text)
    response = HttpResponse(archive.getvalue(), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{code}-{version}.zip"'
    return response


@partnership_admin_required
def manage_framework_upload(request: AuthedRequest) -> HttpResponseBase:
    """Check an uploaded zip file of packs, show what it would change, then load it."""
    kept = request.POST.get("kept", "")
    if kept:
        return _load_kept(request, kept)
    form = UploadForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        data = file.read()
        try:
            with unpacked(file.name, data) as folder:
                context["plans"] = load_frameworks(
                    find_packs(folder),
                    today=today(),
                    places=services.place_codes(),
                    dry_run=True,
                )
            context["kept"] = secrets.token_urlsafe(16)
            cache.set(_place(request, context["kept"]), (file.name, data), KEPT_SECONDS)
        except Faulty as faulty:
            context["problems"] = _shown(faulty)
    wrong = form.errors or context.get("problems")
    return render(
        request, "awards/reference/upload.html", context, status=UNPROCESSABLE if wrong else 200
    )


def _load_kept(request: AuthedRequest, kept: str) -> HttpResponseBase:
    """Load what was uploaded and checked before."""
    found = cache.get(_place(request, kept))
    context: dict[str, Any] = {"form": UploadForm()}
    if found is None:
        messages.error(request, "The upload has been forgotten by now. Choose the file again.")
        return redirect("manage_framework_upload")
    try:
        with unpacked(*found) as folder:
            plans = services.load_packs(folder, by=request.user, today=today())
    except Faulty as faulty:
        context["problems"] = _shown(faulty)
        return render(request, "awards/reference/upload.html", context, status=UNPROCESSABLE)
    cache.delete(_place(request, kept))
    messages.success(request, "; ".join(map(str, plans)))
    return redirect("manage_frameworks")


def _place(request: AuthedRequest, kept: str) -> str:
    """Return where an upload waits: only who uploaded it finds it."""
    return f"framework-upload-{request.user.pk}-{hashlib.sha256(kept.encode()).hexdigest()}"


def _shown(faulty: Faulty) -> list[tuple[str, int, str]]:
    return [(str(problem.path), problem.line, problem.text) for problem in faulty.problems]
