"""A case study laid out: for the rules to judge, for the approver to agree to, for the public."""

from dataclasses import dataclass
from typing import Any

from awards.choices import offered
from awards.differences import differences
from champions.case_studies import rich
from champions.case_studies.models import CaseStudy, PersonShown, Picture, PictureState
from champions.case_studies.rules import (
    SECTIONS,
    TEXT,
    Answer,
    Content,
    Item,
    ItemKind,
    PersonFact,
    PictureFact,
    SectionKind,
    consented,
    digest_of,
)


def figure_key(pk: int) -> str:
    """Return the key of a figure that is agreed to."""
    return f"figure:{pk}"


def picture_key(pk: Any) -> str:
    """Return the key of a picture that is agreed to."""
    return f"picture:{pk}"


def person_key(pk: int) -> str:
    """Return the key of a person who is shown with the organisation's agreement."""
    return f"person:{pk}"


@dataclass(frozen=True)
class LaidOut:
    """A case study with everything that belongs to it, read once: a fixed number of queries."""

    case_study: CaseStudy
    sections: dict[SectionKind, str]
    pictures: list[Picture]
    content: Content
    answers: dict[str, Answer]

    @property
    def agreed(self) -> set[str]:
        """Return the keys of what the approver agreed to."""
        return consented(self.content.items, self.answers)


def text_digest(title: str, summary: str, sections: dict[SectionKind, str]) -> str:
    """Return what the organisation's text is told from another by."""
    parts = [f"{kind}:{sections[kind]}" for kind in SectionKind if sections.get(kind)]
    return digest_of(title, summary, *parts)


def lay_out(case_study: CaseStudy) -> LaidOut:
    """Read everything that belongs to a case study: seven queries."""
    sections = {SectionKind(s.kind): s.html for s in case_study.sections.all()}
    highlights = list(case_study.highlights.all())
    pictures = list(case_study.pictures.kept().prefetch_related("sizes"))
    people = [
        person
        for person in case_study.people.all()
        if person.picture_id is None or person.picture_id in {p.pk for p in pictures}
    ]
    answers = {
        row.key: Answer(digest=row.digest, given=row.given) for row in case_study.consents.all()
    }
    items = [
        Item(TEXT, ItemKind.TEXT, "The text", case_study.text_digest),
        *(
            Item(figure_key(h.pk), ItemKind.FIGURE, str(h), digest_of(h.value, h.label))
            for h in highlights
        ),
        *(
            Item(picture_key(p.pk), ItemKind.PICTURE, p.alternative or p.name, _picture_digest(p))
            for p in pictures
        ),
        *(_person_item(person) for person in people),
    ]
    content = Content(
        title=case_study.title,
        summary=case_study.summary,
        sections=frozenset(kind for kind, html in sections.items() if html),
        has_themes=bool(case_study.themes),
        has_places=case_study.places.exists(),
        items=tuple(items),
        pictures=tuple(
            PictureFact(
                key=picture_key(p.pk),
                name=p.name,
                is_ready=p.state == PictureState.READY,
                has_failed=p.state == PictureState.FAILED,
                alternative=p.alternative,
                shows_people=p.shows_people,
            )
            for p in pictures
        ),
        people=tuple(
            PersonFact(
                key=person_key(person.pk),
                of=picture_key(person.picture_id) if person.picture_id else "",
                has_agreed=person.consented_on is not None and bool(person.consent_kept),
                has_withdrawn=person.withdrawn_at is not None,
            )
            for person in people
        ),
    )
    return LaidOut(case_study, sections, pictures, content, answers)


def _picture_digest(picture: Picture) -> str:
    # Those described before their words were asked about are told by their pixels alone.
    return digest_of(*filter(None, (picture.sha256, picture.words_digest)))


def words_digest(picture: Picture) -> str:
    """Return what is agreed to of a picture's words."""
    return digest_of(picture.alternative, picture.caption)


def _person_item(person: PersonShown) -> Item:
    return Item(
        key=person_key(person.pk),
        kind=ItemKind.PERSON,
        words=person.name,
        digest=digest_of(person.name, str(person.consented_on), str(person.withdrawn_at)),
        of=picture_key(person.picture_id) if person.picture_id else "",
    )


def public_content(laid: LaidOut, shown: set[str]) -> dict[str, Any]:
    """Return what is published of a case study: the items in `shown` and nothing else."""
    return {
        "sections": [
            {"kind": kind.value, "title": SECTIONS[kind].title, "html": laid.sections[kind]}
            for kind in SectionKind
            if laid.sections.get(kind)
        ],
        "highlights": [
            {"value": h.value, "label": h.label}
            for h in laid.case_study.highlights.all()
            if figure_key(h.pk) in shown
        ],
        "pictures": [
            {
                "id": str(p.pk),
                "alternative": p.alternative,
                "caption": p.caption,
                "section": p.section,
                "sizes": [[size.width, size.height] for size in p.sizes.all()],
            }
            for p in laid.pictures
            if picture_key(p.pk) in shown and p.state == PictureState.READY
        ],
    }


def everything(laid: LaidOut) -> set[str]:
    """Return the keys of all items: what a preview of a draft shows."""
    return {item.key for item in laid.content.items}


def words_of(content: dict[str, Any]) -> str:
    """Return all the words of what is published, for search."""
    parts = [
        f"{section['title']}\n{rich.plain(section['html'])}" for section in content["sections"]
    ]
    parts += [f"{h['value']} {h['label']}" for h in content["highlights"]]
    parts += [f"{p['alternative']} {p['caption']}" for p in content["pictures"]]
    return "\n".join(parts)


def revision_content(case_study: CaseStudy) -> dict[str, Any]:
    """Return all the words of a case study as a revision keeps them; pictures' by their ids."""
    written = {section.kind: section.html for section in case_study.sections.all()}
    return {
        "title": case_study.title,
        "summary": case_study.summary,
        "themes": list(case_study.themes),
        "places": [place.name for place in case_study.places.all()],
        "figures": [str(highlight) for highlight in case_study.highlights.all()],
        "sections": {kind.value: written[kind] for kind in SectionKind if kind in written},
        "pictures": {
            str(picture.pk): [picture.alternative, picture.caption]
            for picture in case_study.pictures.kept()
        },
    }


TEXTS = (("Title", "title"), ("Summary", "summary"))
WORDS_OF_A_PICTURE = ("What a picture shows", "Caption of a picture")
LISTS = (("Themes", "themes"), ("Places", "places"), ("Figures that stand out", "figures"))


@dataclass(frozen=True)
class Changed:
    """How one part of a text differs from the revision before."""

    title: str
    parts: list[tuple[str, str]]


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[Changed]:
    """Return the parts that differ between two revisions, each with its differences in words.

    What a revision did not keep yet when it was made is not compared."""
    texts = [(name, before.get(key, ""), after.get(key, "")) for name, key in TEXTS]
    titles = dict(offered().themes)
    for name, key in LISTS:
        if key in before or not before:
            old, new = (
                "\n".join(titles.get(word, word) if key == "themes" else word for word in words)
                for words in (before.get(key, []), after.get(key, []))
            )
            texts.append((name, old, new))
    for kind in SectionKind:
        old, new = (rich.plain(one.get("sections", {}).get(kind, "")) for one in (before, after))
        texts.append((SECTIONS[kind].title, old, new))
    pictures = before.get("pictures", {})
    for pk, words in after.get("pictures", {}).items():
        if pk in pictures:
            texts += zip(WORDS_OF_A_PICTURE, pictures[pk], words, strict=True)
    return [Changed(name, differences(old, new)) for name, old, new in texts if old != new]
