"""A case study's content with the addresses of its pictures: published, or as a preview of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from champions.case_studies import rich
from champions.case_studies.models import CaseStudy, Publication


@dataclass(frozen=True)
class ShownPicture:
    """A picture as a page shows it: the smallest that is enough for the screen is fetched."""

    alternative: str
    caption: str
    src: str
    srcset: str
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
    """A case study as a page shows it."""

    lead: list[ShownPicture]
    highlights: list[dict[str, str]]
    sections: list[ShownSection]


def shown_publication(publication: Publication) -> Shown:
    """Return what is published, its pictures at their public addresses."""

    def address(pk: str, width: int) -> str:
        return reverse("case_study_picture", args=[publication.slug, pk, width])

    return _shown(publication.content, address)


def shown_preview(case_study: CaseStudy, content: dict[str, Any]) -> Shown:
    """Return what would be published, its pictures where only those who work on it get them."""

    def address(pk: str, width: int) -> str:
        return reverse("case_study_work_picture", args=[case_study.pk, pk, width])

    return _shown(content, address)


def _shown(content: dict[str, Any], address: Callable[[str, int], str]) -> Shown:
    kinds = {section["kind"] for section in content["sections"]}
    placed: dict[str, list[ShownPicture]] = {}
    for picture in content["pictures"]:
        # A picture of a part that was left out stands at the top.
        where = picture["section"] if picture["section"] in kinds else ""
        if picture["sizes"]:
            placed.setdefault(where, []).append(_picture(picture, address))
    return Shown(
        lead=placed.get("", []),
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


def _picture(picture: dict[str, Any], address: Callable[[str, int], str]) -> ShownPicture:
    sizes = picture["sizes"]
    width, height = sizes[-1]
    return ShownPicture(
        alternative=picture["alternative"],
        caption=picture["caption"],
        src=address(picture["id"], sizes[min(1, len(sizes) - 1)][0]),
        srcset=", ".join(f"{address(picture['id'], w)} {w}w" for w, _ in sizes),
        width=width,
        height=height,
    )
