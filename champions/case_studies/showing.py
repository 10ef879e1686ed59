"""A case study's content with the addresses of its pictures: published, or as a preview of it."""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from awards.choices import offered
from champions.case_studies import rich
from champions.case_studies.models import CaseStudy, Publication


@dataclass(frozen=True)
class ShownPicture:
    """A picture as a page shows it: the smallest that is enough for the screen is fetched."""

    alternative: str
    caption: str
    src: str
    srcset: str
    largest: str
    width: int
    height: int


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
    """A published case study as a list shows it."""

    title: str
    href: str
    summary: str
    organisation: str
    places: str
    themes: list[str]
    published_on: datetime.date
    picture: ShownPicture | None
    highlight: dict[str, str] | None


def shown_publication(publication: Publication) -> Shown:
    """Return what is published, its pictures at their public addresses."""
    return _shown(publication.content, _public(publication.slug))


def shown_preview(case_study: CaseStudy, content: dict[str, Any]) -> Shown:
    """Return what would be published, its pictures where only those who work on it get them."""

    def address(pk: str, width: int) -> str:
        return reverse("case_study_work_picture", args=[case_study.pk, pk, width])

    return _shown(content, address)


def cards(publications: Iterable[Any]) -> list[Card]:
    """Return rows of `PublicationQuerySet.as_cards` as a list shows them."""
    titles = theme_titles()
    return [
        Card(
            title=row.title,
            href=row.get_absolute_url(),
            summary=row.summary,
            organisation=row.case_study.organisation.name,
            places=", ".join(place.name for place in row.places.all()),
            themes=[titles.get(one.theme, one.theme) for one in row.themes.all()],
            published_on=row.first_published_on,
            picture=_picture(row.picture, _public(row.slug)) if row.picture else None,
            highlight=row.highlight,
        )
        for row in publications
    ]


def theme_titles() -> dict[str, str]:
    """Return what the codes of themes stand for, in every version of the framework."""
    return dict(offered().themes)


def _public(slug: str) -> Callable[[str, int], str]:
    def address(pk: str, width: int) -> str:
        return reverse("case_study_picture", args=[slug, pk, width])

    return address


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
        alternative=picture["alternative"],
        caption=picture["caption"],
        src=address(picture["id"], sizes[min(1, len(sizes) - 1)][0]),
        srcset=", ".join(f"{address(picture['id'], w)} {w}w" for w, _ in sizes),
        largest=address(picture["id"], width),
        width=width,
        height=height,
    )
