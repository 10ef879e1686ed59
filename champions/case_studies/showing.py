"""A case study's content with the addresses of its pictures: published, or as a preview of it."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from awards.calendar import today
from awards.choices import offered
from champions.case_studies import rich
from champions.case_studies.models import CaseStudy, Publication, PublishedTheme

# How wide the picture of a shared link is: no service shows it wider.
SHARED_WIDTH = 1200


@dataclass(frozen=True)
class ShownPicture:
    """A picture as a page shows it: the smallest that is enough for the screen is fetched."""

    pk: str
    alternative: str
    caption: str
    src: str
    srcset: str
    largest: str
    width: int
    height: int

    @property
    def shared(self) -> tuple[int, int]:
        """Return how wide and how high it is as the picture of a shared link."""
        width = min(self.width, SHARED_WIDTH)
        return width, max(1, round(self.height * width / self.width))


@dataclass(frozen=True)
class ShownSection:
    """A part with the pictures that stand in it."""

    kind: str
    title: str
    html: SafeString
    pictures: list[ShownPicture]


@dataclass(frozen=True)
class Shown:
    """A case study as a page shows it; the first picture at the top is apart from the others."""

    lead: ShownPicture | None
    others: list[ShownPicture]
    highlights: list[dict[str, str]]
    sections: list[ShownSection]

    @property
    def card(self) -> ShownPicture | None:
        """Return the picture that stands for all of it elsewhere."""
        return self.lead or next((p for s in self.sections for p in s.pictures), None)


@dataclass(frozen=True)
class Card:
    """A case study as a list shows it, and at the head of its page. Places are their codes and
    names; `organisation_href` is empty for one that has left the portal."""

    slug: str
    title: str
    href: str
    summary: str
    organisation: str
    organisation_href: str
    type: str
    places: list[tuple[str, str]]
    themes: list[str]
    published_on: datetime.date
    changed_at: datetime.datetime
    picture: ShownPicture | None = None
    highlight: dict[str, str] | None = None

    @property
    def place_names(self) -> list[str]:
        """Return what its places are called."""
        return [name for _, name in self.places]


def shown_publication(href: str, content: dict[str, Any]) -> Shown:
    """Return what is published at an address, its pictures at theirs."""
    return _shown(content, _under(href))


def shown_preview(case_study: CaseStudy, content: dict[str, Any]) -> Shown:
    """Return what would be published, its pictures where only those who work on it get them."""

    def address(pk: str, width: int) -> str:
        return reverse("case_study_work_picture", args=[case_study.pk, pk, width])

    return _shown(content, address)


def cards(found: Iterable[Any]) -> list[Card]:
    """Return rows of `PublicationQuerySet.as_cards` as a list shows them: two queries more."""
    rows = list(found)
    keys, titles = [row["pk"] for row in rows], theme_titles()
    themes: defaultdict[int, list[str]] = defaultdict(list)
    places: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    ours = PublishedTheme.objects.filter(publication__in=keys).order_by("id")
    for key, theme in ours.values_list("publication_id", "theme"):
        themes[key].append(titles.get(theme, theme))
    placed = Publication.places.through.objects.filter(publication__in=keys)
    for key, code, name in placed.order_by("place__position", "place__name").values_list(
        "publication_id", "place__code", "place__name"
    ):
        places[key].append((code, name))
    return [_card(row, places[row["pk"]], themes[row["pk"]]) for row in rows]


def _card(row: dict[str, Any], places: list[tuple[str, str]], themes: list[str]) -> Card:
    href = reverse("case_study", args=[row["slug"]])
    gone = row["organisation_gone"] is not None
    return Card(
        slug=row["slug"],
        title=row["title"],
        href=href,
        summary=row["summary"],
        organisation=row["organisation"],
        organisation_href="" if gone else reverse("organisation", args=[row["organisation_slug"]]),
        type=row["type"],
        places=places,
        themes=themes,
        published_on=row["first_published_on"],
        changed_at=row["changed_at"],
        picture=_picture(row["picture"], _under(href)) if row["picture"] else None,
        highlight=row["highlight"],
    )


def preview_card(case_study: CaseStudy) -> Card:
    """Return a case study that is worked on as the head of its page would show it."""
    organisation, titles = case_study.organisation, theme_titles()
    return Card(
        slug="",
        title=case_study.title,
        href="",
        summary=case_study.summary,
        organisation=organisation.name,
        organisation_href=organisation.get_absolute_url() if organisation.is_active else "",
        type=organisation.type.name,
        places=[(place.code, place.name) for place in case_study.places.all()],
        themes=[titles.get(code, code) for code in case_study.themes],
        published_on=case_study.publish_on or today(),
        changed_at=case_study.updated_at,
    )


def theme_titles() -> dict[str, str]:
    """Return what the codes of themes stand for, in every version of the framework."""
    return dict(offered().themes)


def _under(href: str) -> Callable[[str, int], str]:
    """Return where the pictures of a published case study are (`case_study_picture`): asking the
    resolver for each would cost as much as the rest of a list."""
    return lambda pk, width: f"{href}pictures/{pk}/{width}/"


def _shown(content: dict[str, Any], address: Callable[[str, int], str]) -> Shown:
    kinds = {section["kind"] for section in content["sections"]}
    placed: dict[str, list[ShownPicture]] = {}
    for picture in content["pictures"]:
        # A picture of a part that was left out stands at the top.
        where = picture["section"] if picture["section"] in kinds else ""
        if shown := _picture(picture, address):
            placed.setdefault(where, []).append(shown)
    top = placed.get("", [])
    return Shown(
        lead=top[0] if top else None,
        others=top[1:],
        highlights=content["highlights"],
        sections=[
            ShownSection(
                kind=section["kind"],
                title=section["title"],
                # Cleaned when it was saved, and once more here: what a database was restored from
                # or another program wrote runs nothing either.
                html=SafeString(rich.clean(section["html"])),
                pictures=placed.get(section["kind"], []),
            )
            for section in content["sections"]
        ],
    )


def _picture(picture: dict[str, Any], address: Callable[[str, int], str]) -> ShownPicture | None:
    sizes = picture["sizes"]
    if not sizes:
        return None
    width, height = sizes[-1]
    return ShownPicture(
        pk=picture["id"],
        alternative=picture["alternative"],
        caption=picture["caption"],
        src=address(picture["id"], sizes[min(1, len(sizes) - 1)][0]),
        srcset=", ".join(f"{address(picture['id'], w)} {w}w" for w, _ in sizes),
        largest=address(picture["id"], width),
        width=width,
        height=height,
    )
