"""Pages for anyone about what counts: every framework, a search over all, each part's links."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import tables
from accounts.paging import page_of
from awards import register
from awards.calendar import today
from awards.choices import offered
from awards.models import Award
from frameworks import links, search
from frameworks.links import Link, Linkable
from frameworks.models import Criterion, Framework, Row, Theme
from frameworks.views import framework_in_use

# Award holders named on the page of what they evidenced; the register has them all.
NAMED = 10
# Of one framework, on the page of what no link names.
UNMAPPED_SHOWN = 100
COLUMNS = (
    "kind", "code", "title", "text", "theme", "section", "under", "unit", "mental_health", "mark",
    "good_evidence", "from", "to", "made_by", "reason", "source", "source_note", "aim",
    "proxy_value", "proxy_source", "proxy_year",
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A link as its page shows it: what is at the other end and whose framework that is."""

    link: Link
    what: str
    framework: Framework
    place: str


@require_safe
@login_not_required
def frameworks(request: HttpRequest) -> HttpResponse:
    """List the frameworks in use, the newest version of each, with a search over all of them."""
    names = dict(offered().places)
    rows = [(f, names.get(f.place, f.place)) for f in Framework.objects.newest(today())]
    return render(
        request, "frameworks/list.html", {"frameworks": rows, **_filters(search.Search())}
    )


@require_safe
@login_not_required
def framework_search(request: HttpRequest) -> HttpResponse:
    """Search everything that every framework holds."""
    asked = search.read_search(request.GET)
    page = page_of(search.found(asked, today=today()), request)
    names = dict(offered().places)
    rows = [(row, names.get(row.place, row.place)) for row in search.read(page.rows)]
    context = {"page": page, "rows": rows, **_filters(asked)}
    return render(request, "frameworks/search.html", context)


def _filters(asked: search.Search) -> dict[str, Any]:
    places = Framework.objects.newest(today()).exclude(place="").values_list("place", flat=True)
    names = dict(offered().places)
    own = {code: names.get(code, code) for code in places}
    return {
        "search": asked,
        "kinds": register.options(search.KINDS.items(), asked.kind),
        "themes": register.options(search.themes(today()), asked.theme),
        "objectives": register.options(search.objectives(today()), asked.objective),
        "places": register.options(own.items(), asked.place),
    }


@require_safe
@login_not_required
def framework(request: HttpRequest, code: str) -> HttpResponse:
    """Show one framework: what it holds, theme by theme."""
    found = framework_in_use(code)
    criteria = Criterion.objects.only("theme", "code", "section", "title", "mental_health")
    in_themes = Row.objects.select_related("parent").order_by("position")
    themes = Theme.objects.filter(framework=found).prefetch_related(
        Prefetch("criteria", criteria.order_by("position")), Prefetch("rows", in_themes)
    )
    context = {
        "framework": found,
        "place": dict(offered().places).get(found.place, found.place),
        "themes": themes,
        "rows": Row.objects.of(found).filter(theme=None),
        "mappings": found.mappings.count(),
    }
    return render(request, "frameworks/detail.html", context)


@require_safe
@login_not_required
def framework_part(request: HttpRequest, code: str, part: str) -> HttpResponse:
    """Show a criterion, an outcome, a measure, a theme...: what it is, what it is linked with
    either way, who has evidenced it, and examples."""
    found = framework_in_use(code)
    shown = links.find([f"{code}/{part}"], today=today()).get(f"{code}/{part}")
    if shown is None:
        raise Http404("This framework has nothing of this code.")
    linked = links.links_of([shown.address], today=today()).get(shown.address, [])
    criteria = [shown] if isinstance(shown, Criterion) else _criteria_among(linked)
    judged_by = settings.PARTNERSHIP["award_framework"]
    context = {
        "framework": found,
        "place": dict(offered().places).get(found.place, found.place),
        "serves": [_shown(link) for link in linked if link.serves],
        "served_by": [_shown(link) for link in linked if not link.serves],
        "criteria": criteria,
        # Practice is found by the criteria the award is judged by.
        "sought": [c for c in criteria if c.theme.framework.code == judged_by],
        "holders": _holders(criteria),
        "named": NAMED,
        **_around(found, shown),
    }
    if isinstance(shown, Criterion):
        context |= {"criterion": shown, "theme": shown.theme}
        return render(request, "frameworks/criterion.html", context)
    context |= {"part": shown, "what": _what(shown), "under": _under(shown)}
    return render(request, "frameworks/part.html", context)


def _what(part: Linkable) -> str:
    if isinstance(part, Criterion):
        return "Criterion"
    return "Theme" if isinstance(part, Theme) else part.get_kind_display()


def _shown(link: Link) -> Shown:
    target = link.target
    framework = target.theme.framework if isinstance(target, Criterion) else target.framework
    place = dict(offered().places).get(framework.place, framework.place)
    return Shown(link, _what(target), framework, place)


def _criteria_among(linked: Iterable[Link]) -> list[Criterion]:
    """Return the award criteria something is linked with."""
    return [link.target for link in linked if isinstance(link.target, Criterion)]


def _holders(criteria: list[Criterion]) -> list[Award]:
    """Return some who hold an award that stands on one of these criteria: what the register
    publishes, and nothing beyond it."""
    codes = {criterion.code for criterion in criteria}
    if not codes:
        return []
    awards = Award.objects.current(today()).filter(
        pk__in=Award.criteria.through.objects.filter(
            criterion__code__in=codes,
            criterion__theme__framework__code=criteria[0].theme.framework.code,
        ).values("award")
    )
    listed = register.for_publication(awards.order_by("-granted_on", "-number"))[: NAMED * 2]
    standing = [
        award for award in listed if codes & {c.code for c in register.criteria_on(award, today())}
    ]
    return standing[: NAMED + 1]


def _under(part: Row | Theme) -> list[Criterion | Row]:
    """Return what stands under a row, or in a theme, in printed order."""
    if isinstance(part, Row):
        return list(part.children.select_related("framework"))
    criteria = part.criteria.select_related("theme__framework")
    return [*criteria, *part.rows.filter(parent=None).select_related("framework")]


def _around(framework: Framework, shown: Linkable) -> dict[str, Any]:
    """Return what comes before and after it in its framework."""
    if isinstance(shown, Theme):
        return {}
    if isinstance(shown, Criterion):
        listed = list(Criterion.objects.of(framework).values_list("code", "title"))
    else:
        rows = Row.objects.filter(framework=framework)
        listed = list(rows.values_list("code", "title"))
    place = next(n for n, (code, _) in enumerate(listed) if code == shown.code)
    return {
        "previous": listed[place - 1] if place else None,
        "next": listed[place + 1] if place + 1 < len(listed) else None,
    }


@require_safe
@login_not_required
def framework_unmapped(request: HttpRequest) -> HttpResponse:
    """List what no link names, framework by framework, so that a gap is seen."""
    left = [
        (framework, rows[:UNMAPPED_SHOWN], len(rows))
        for framework, rows in links.unmapped(today=today())
    ]
    return render(request, "frameworks/unmapped.html", {"left": left})


@require_safe
@login_not_required
def framework_csv(request: HttpRequest, code: str) -> StreamingHttpResponse:
    """Download the version of a framework that is in use as a table, one part or link a line."""
    found = framework_in_use(code)
    rows = ([str(line.get(column, "")).strip() for column in COLUMNS] for line in _lines(found))
    return tables.download([COLUMNS, *rows], f"{code}-{found.version}.csv")


def _lines(framework: Framework) -> Iterator[dict[str, Any]]:
    """Yield what a framework holds as lines of its table, by the names of the columns."""
    for theme in framework.themes.all():
        yield {**_said(theme), "kind": "theme", "text": theme.summary, "aim": theme.aim}
    for criterion in Criterion.objects.of(framework):
        yield {
            **_said(criterion),
            "kind": search.CRITERION,
            "text": criterion.meaning,
            "theme": criterion.theme.code,
            "section": criterion.section,
            "mental_health": "yes" if criterion.mental_health else "no",
            "good_evidence": criterion.good_evidence,
            "source_note": criterion.source_note,
        }
    for row in Row.objects.of(framework):
        yield {
            **_said(row),
            "kind": row.kind,
            "text": row.text,
            "theme": row.theme.code if row.theme else "",
            "under": row.parent.code if row.parent else "",
            "unit": row.unit,
            "mark": row.mark,
            "source_note": row.source_note,
            **_worth(row),
        }
    for mapping in framework.mappings.all():
        yield {
            "kind": "link",
            "from": mapping.from_row,
            "to": mapping.to_row,
            "made_by": mapping.made_by,
            "reason": mapping.reason,
        }


def _worth(row: Row) -> dict[str, Any]:
    """Return what one unit of it is worth, where a licence gives that."""
    if row.proxy_value is None:
        return {}
    return {name: getattr(row, name) for name in ("proxy_value", "proxy_source", "proxy_year")}


def _said(part: Linkable) -> dict[str, Any]:
    return {"code": part.code, "title": part.title, "source": part.source}
