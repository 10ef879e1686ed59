"""What may be done with case studies: start, write, ask for consent, agree, publish, withdraw."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts import audit
from accounts.models import Organisation, User
from accounts.permissions import is_member, may_manage
from accounts.rules import NotAllowed, free_slug
from awards.calendar import today
from awards.models import Claim
from champions.case_studies import emails
from champions.case_studies.contents import (
    LaidOut,
    changes,
    lay_out,
    public_content,
    revision_content,
    text_digest,
    words_digest,
    words_of,
)
from champions.case_studies.models import (
    CaseStudy,
    ConsentItem,
    Highlight,
    Publication,
    PublishedTheme,
    Revision,
    Section,
)
from champions.case_studies.permissions import may_answer, may_edit
from champions.case_studies.rules import (
    ONE_SITTING,
    TEXT,
    TRANSITIONS,
    Item,
    ItemKind,
    SectionKind,
    Stage,
    asking_blockers,
    consented,
    publication_blockers,
)
from frameworks.rules import EditConflict

# What must not become the last part of a public address: it means something else there.
RESERVED = ("feed", "import", "json", "sitemap", "search")
# A case study may be published this far ahead.
AHEAD = datetime.timedelta(days=366)


@transaction.atomic
def start(
    organisation: Organisation,
    *,
    by: User,
    title: str,
    claims: Iterable[Claim] = (),
    summary: str = "",
    sections: Mapping[SectionKind, str] | None = None,
    highlights: Iterable[tuple[str, str]] = (),
    first_published_on: datetime.date | None = None,
) -> CaseStudy:
    """Begin a case study: with what was chosen of accepted claims, or with a title alone.

    `first_published_on` is the day of one that was published before the portal.
    Raises NotAllowed for whoever neither belongs to the organisation nor runs the scheme."""
    if not (may_manage(by) or is_member(by, organisation)):
        raise NotAllowed(f"Only members of {organisation} can do this.")
    if not organisation.is_active:
        raise NotAllowed("This organisation is no longer on the portal.")
    now, sections = timezone.now(), dict(sections or {})
    claims = list(claims)
    case_study = CaseStudy.objects.create(
        organisation=organisation,
        title=title,
        summary=summary,
        themes=sorted({claim.criterion.theme.code for claim in claims}),
        text_digest=text_digest(title, summary, sections),
        first_published_on=first_published_on,
        created_at=now, created_by=by, updated_at=now, updated_by=by,
    )  # fmt: skip
    case_study.claims.set(claims)
    case_study.places.set(organisation.places.all())
    _write_sections(case_study, sections)
    for position, (value, label) in enumerate(highlights):
        Highlight.objects.create(case_study=case_study, value=value, label=label, position=position)
    keep_revision(case_study, by=by)
    audit.record(
        "case_study.started",
        by=by,
        target=case_study,
        organisation=organisation,
        after={"title": title, "claims": [str(claim.pk) for claim in claims]},
    )
    return case_study


@transaction.atomic
def save(case_study: CaseStudy, *, by: User, version: int, values: dict[str, Any]) -> CaseStudy:
    """Save a text as its next version; what one person writes in one sitting is one revision.

    Raises EditConflict when somebody saved in between and the words differ, NotAllowed for whoever
    may not change it at this stage."""
    case_study = lock(case_study)
    _may_edit(by, case_study)
    sections = {kind: values[kind.value] for kind in SectionKind}
    before = values_of(case_study)
    if _same(before, values):
        return case_study
    if case_study.version != version:
        raise EditConflict(case_study)
    case_study.title, case_study.summary = values["title"], values["summary"]
    case_study.themes = list(values["themes"])
    case_study.version += 1
    case_study.updated_at, case_study.updated_by = timezone.now(), by
    if case_study.stage == Stage.DRAFT:
        # Once the organisation has agreed, an admin's corrections do not ask it again: they are
        # sent to it in words when it is published, and it may withdraw at once (ADR 0041).
        case_study.text_digest = text_digest(case_study.title, case_study.summary, sections)
    case_study.save()
    case_study.places.set(values["places"])
    _write_sections(case_study, sections)
    _write_highlights(case_study, values["highlights"])
    keep_revision(case_study, by=by)
    audit.record(
        "case_study.changed",
        by=by,
        target=case_study,
        organisation=case_study.organisation,
        before={"version": case_study.version - 1},
        after={"version": case_study.version},
    )
    return case_study


def values_of(case_study: CaseStudy) -> dict[str, Any]:
    """Return a case study as the values its form begins with."""
    written = {section.kind: section.html for section in case_study.sections.all()}
    return {
        "title": case_study.title,
        "summary": case_study.summary,
        "themes": list(case_study.themes),
        "places": list(case_study.places.all()),
        **{kind.value: written.get(kind.value, "") for kind in SectionKind},
        "highlights": [(h.value, h.label) for h in case_study.highlights.all()],
        "version": case_study.version,
    }


def _same(before: dict[str, Any], after: dict[str, Any]) -> bool:
    return all(
        set(before[name]) == set(after[name])
        if name in {"themes", "places"}
        else list(before[name]) == list(after[name])
        for name in before
        if name != "version"
    )


@transaction.atomic
def ask_for_consent(case_study: CaseStudy, *, by: User, approver: User) -> None:
    """Ask somebody of the organisation to agree to what would be published, item by item."""
    case_study = lock(case_study)
    if not (may_manage(by) or is_member(by, case_study.organisation)):
        raise NotAllowed(f"Only members of {case_study.organisation} can do this.")
    if not (approver.is_active and is_member(approver, case_study.organisation)):
        raise NotAllowed(f"{approver} does not belong to {case_study.organisation} any more.")
    _refuse(asking_blockers(lay_out(case_study).content))
    case_study.approver = approver
    case_study.asked_at, case_study.asked_by = timezone.now(), by
    case_study.consented_at = case_study.consented_by = None
    _move(case_study, Stage.CONSENT, by=by, after={"approver": approver})
    emails.tell_approver(case_study)


@transaction.atomic
def answer_consent(
    case_study: CaseStudy, *, by: User, agreed: Mapping[str, bool], seen: Mapping[str, str]
) -> None:
    """Keep what the approver says of each item, as they saw it; all must be answered at once.

    `seen` are the digests of what was on the approver's page: what has changed since is shown to
    them again. Raises NotAllowed for anyone else, and where something changed meanwhile."""
    case_study = lock(case_study)
    if case_study.stage != Stage.CONSENT or not may_answer(by, case_study):
        raise NotAllowed("Only the person who was asked answers, and only once.")
    laid = lay_out(case_study)
    items = {item.key: item for item in laid.content.items}
    if {key: item.digest for key, item in items.items()} != dict(seen):
        raise NotAllowed("This has been changed since you opened it. Read it again, then answer.")
    if set(agreed) != set(items):
        raise NotAllowed("Answer for every item.")
    now, given = timezone.now(), {key: bool(agreed[key]) for key in items}
    _keep_answers(case_study, items, given, by)
    if not agreed[TEXT]:
        _move(case_study, Stage.DRAFT, by=by, after={"agreed": given})
        emails.tell_author(case_study, "case_study_refused")
        return
    case_study.consented_at, case_study.consented_by = now, by
    _move(case_study, Stage.EDITING, by=by, after={"agreed": given})
    emails.tell_admins(case_study, "case_study_to_edit")


@transaction.atomic
def record_consent(case_study: CaseStudy, *, by: User, note: str) -> None:
    """Put on record that the organisation agreed on paper to all of a draft, and where that is.

    Its pictures may still be drawn; whatever else is missing is refused as where it is asked."""
    if not may_manage(by):
        raise NotAllowed("Only partnership admins put consent on paper on record.")
    case_study = lock(case_study)
    content = lay_out(case_study).content
    drawn = tuple(replace(picture, is_ready=True) for picture in content.pictures)
    _refuse(asking_blockers(replace(content, pictures=drawn)))
    items = {item.key: item for item in content.items}
    _keep_answers(case_study, items, dict.fromkeys(items, True), by)
    case_study.consent_note = note
    case_study.consented_at, case_study.consented_by = timezone.now(), by
    _move(case_study, Stage.EDITING, by=by, after={"consent_note": note})


def _keep_answers(
    case_study: CaseStudy, items: Mapping[str, Item], given: Mapping[str, bool], by: User
) -> None:
    now = timezone.now()
    for key, item in items.items():
        ConsentItem.objects.update_or_create(
            case_study=case_study,
            key=key,
            defaults={
                "digest": item.digest, "given": given[key], "decided_at": now, "decided_by": by,
            },
        )  # fmt: skip
    case_study.consents.exclude(key__in=items).delete()


@transaction.atomic
def take_back(case_study: CaseStudy, *, by: User) -> None:
    """Make a case study a draft again, to be changed by the organisation; what the approver said of
    things that do not change still counts."""
    case_study = lock(case_study)
    if not (may_manage(by) or is_member(by, case_study.organisation)):
        raise NotAllowed(f"Only members of {case_study.organisation} can do this.")
    if case_study.stage == Stage.RELEASED:
        raise NotAllowed("It is published or about to be. Withdraw it to change it.")
    case_study.asked_at = case_study.asked_by = None
    case_study.consented_at = case_study.consented_by = None
    case_study.withdrawn_at = case_study.withdrawn_by = None
    case_study.withdrawn_because = case_study.consent_note = ""
    # What an admin corrected meanwhile is the organisation's text now.
    sections = {SectionKind(s.kind): s.html for s in case_study.sections.all()}
    case_study.text_digest = text_digest(case_study.title, case_study.summary, sections)
    # Of a picture described before its words were asked about, its pixels were agreed to alone.
    for picture in case_study.pictures.kept().exclude(words_digest=""):
        picture.words_digest = words_digest(picture)
        picture.save(update_fields=["words_digest"])
    _move(case_study, Stage.DRAFT, by=by)


@transaction.atomic
def publish(
    case_study: CaseStudy,
    *,
    by: User,
    on: datetime.date | None = None,
    first_published_on: datetime.date | None = None,
) -> Publication:
    """Publish a case study now or from a day on: what the approver agreed to, as it is now.

    `first_published_on` corrects the day of one that was published before the portal.
    Published already, what is public becomes what is written now. Raises NotAllowed with what
    stands in the way; consent that was taken back a moment ago does."""
    if not may_manage(by):
        raise NotAllowed("Only partnership admins publish case studies.")
    case_study = lock(case_study)
    day = today()
    on = on or day
    if on < day:
        raise NotAllowed("A case study cannot be published for a day that is past.")
    if on > day + AHEAD:
        raise NotAllowed("A case study can be published at most a year ahead.")
    laid = lay_out(case_study)
    _refuse(
        publication_blockers(laid.content, laid.answers, approver=_approver_belongs(case_study))
    )
    is_public = case_study.stage == Stage.RELEASED and (case_study.publish_on or day) <= day
    if is_public:
        on = case_study.publish_on or day
    case_study.publish_on = on
    if first_published_on and case_study.first_published_on:
        case_study.first_published_on = first_published_on
    if case_study.stage == Stage.RELEASED:
        case_study.save()
        _record("case_study.republished", case_study, by=by, after={"on": on.isoformat()})
    else:
        case_study.released_at, case_study.released_by = timezone.now(), by
        _move(case_study, Stage.RELEASED, by=by, after={"on": on.isoformat()})
    publication = _freeze(laid, on)
    changed = _changed_since(case_study, publication)
    emails.tell_organisation(case_study, "case_study_published", changed=changed)
    return publication


@transaction.atomic
def withdraw(case_study: CaseStudy, *, by: User, reason: str = "") -> None:
    """Withdraw a case study at once, whatever its stage: from this moment nobody reads it."""
    case_study = lock(case_study)
    if not (may_manage(by) or is_member(by, case_study.organisation)):
        raise NotAllowed(f"Only members of {case_study.organisation} can do this.")
    if case_study.stage == Stage.WITHDRAWN:
        return
    _withdraw(case_study, by=by, reason=reason)


def _withdraw(case_study: CaseStudy, *, by: User, reason: str) -> None:
    if case_study.publish_on and case_study.publish_on > today():
        # Nobody has seen it: its address is not that of something withdrawn.
        Publication.objects.filter(case_study=case_study, reads=0).delete()
    case_study.withdrawn_at, case_study.withdrawn_by = timezone.now(), by
    case_study.withdrawn_because = reason
    case_study.released_at = case_study.released_by = case_study.publish_on = None
    _move(case_study, Stage.WITHDRAWN, by=by, after={"reason": reason})
    emails.tell_organisation(case_study, "case_study_withdrawn")
    emails.tell_admins(case_study, "case_study_withdrawn")


@transaction.atomic
def withdraw_consent(case_study: CaseStudy, *, by: User, key: str) -> None:
    """Take back the organisation's consent to one item: a picture or a figure is gone at once, and
    without the text, or somebody named in it, so is all of it."""
    case_study = lock(case_study)
    if not is_member(by, case_study.organisation) and not may_manage(by):
        raise NotAllowed(f"Only members of {case_study.organisation} can do this.")
    consent = case_study.consents.filter(key=key, given=True).first()
    if consent is None:
        raise NotAllowed("There is no consent to this that could be taken back.")
    item = next((i for i in lay_out(case_study).content.items if i.key == key), None)
    consent.given, consent.decided_at, consent.decided_by = False, timezone.now(), by
    consent.save()
    _record("case_study.consent_withdrawn", case_study, by=by, after={"item": key})
    named = item is not None and item.kind == ItemKind.PERSON and not item.of
    if key == TEXT or named:
        if case_study.stage != Stage.WITHDRAWN:
            _withdraw(case_study, by=by, reason="Consent was taken back.")
        return
    refresh(case_study)


def refresh(case_study: CaseStudy) -> None:
    """Take out of what is public whatever is no longer agreed to, and nothing else: the text stays
    as it was published. The case study is locked."""
    publication = Publication.objects.filter(case_study=case_study).first()
    if publication is None:
        return
    laid = lay_out(case_study)
    now = public_content(laid, laid.agreed)
    pictures = {picture["id"] for picture in now["pictures"]}
    figures = [tuple(sorted(highlight.items())) for highlight in now["highlights"]]
    content = publication.content
    content["pictures"] = [p for p in content["pictures"] if p["id"] in pictures]
    content["highlights"] = [
        h for h in content["highlights"] if tuple(sorted(h.items())) in figures
    ]
    publication.text = words_of(content)
    publication.changed_at = timezone.now()
    publication.save()


def lock(case_study: CaseStudy) -> CaseStudy:
    """Return a case study as it is now, locked until the transaction ends."""
    CaseStudy.objects.select_for_update().only("pk").get(pk=case_study.pk)
    return CaseStudy.objects.select_related("organisation", "approver", "created_by").get(
        pk=case_study.pk
    )


def move(duplicate: Organisation, into: Organisation, by: User) -> int:
    """Move case studies to the organisation that stays."""
    return CaseStudy.objects.filter(organisation=duplicate).update(organisation=into)


def _move(
    case_study: CaseStudy, to: Stage, *, by: User, after: dict[str, Any] | None = None
) -> None:
    """Write a case study's stage, with its event; nothing else writes it."""
    before = Stage(case_study.stage)
    if to not in TRANSITIONS[before]:
        raise NotAllowed(NOT_NOW[before])
    case_study.stage = to
    case_study.save()
    audit.record(
        f"case_study.{to.value}",
        by=by,
        target=case_study,
        organisation=case_study.organisation,
        before={"stage": before.value},
        after={"stage": to.value, **(after or {})},
    )


NOT_NOW = {
    Stage.DRAFT: "It is a draft. The organisation has to agree to it first.",
    Stage.CONSENT: "The organisation has been asked and has not answered yet.",
    Stage.EDITING: "The organisation has agreed. An admin edits it now.",
    Stage.RELEASED: "It is published, or will be on the day that was set.",
    Stage.WITHDRAWN: "It has been withdrawn.",
}


def _record(type: str, case_study: CaseStudy, *, by: User, after: dict[str, Any]) -> None:
    audit.record(type, by=by, target=case_study, organisation=case_study.organisation, after=after)


def _refuse(blockers: list[Any]) -> None:
    if blockers:
        raise NotAllowed(" ".join(blocker.text for blocker in blockers))


def _may_edit(by: User, case_study: CaseStudy) -> None:
    if not may_edit(by, case_study):
        raise NotAllowed(f"You cannot change it now. {NOT_NOW[Stage(case_study.stage)]}")


def _approver_belongs(case_study: CaseStudy) -> bool:
    """Whether who consented still stands for the organisation; paper consent stands for itself."""
    if case_study.consent_note:
        return True
    who = case_study.approver
    return who is not None and who.is_active and is_member(who, case_study.organisation)


def _write_sections(case_study: CaseStudy, sections: Mapping[SectionKind, str]) -> None:
    for kind in SectionKind:
        html = sections.get(kind, "")
        if html:
            Section.objects.update_or_create(
                case_study=case_study, kind=kind, defaults={"html": html}
            )
        else:
            case_study.sections.filter(kind=kind).delete()


def _write_highlights(case_study: CaseStudy, wanted: list[tuple[str, str]]) -> None:
    """Write the figures in order; one that stays the same keeps its consent with its key."""
    there = list(case_study.highlights.all())
    kept = []
    for position, (value, label) in enumerate(wanted):
        same = next((h for h in there if (h.value, h.label) == (value, label)), None)
        if same is not None:
            there.remove(same)
            kept.append((same, position))
        else:
            Highlight.objects.create(
                case_study=case_study, value=value, label=label, position=position
            )
    for highlight in there:
        highlight.delete()
    for highlight, position in kept:
        if highlight.position != position:
            highlight.position = position
            highlight.save(update_fields=["position"])


def keep_revision(case_study: CaseStudy, *, by: User) -> None:
    """Keep the words of a case study as they are now; the case study is locked."""
    now, content = timezone.now(), revision_content(case_study)
    latest = case_study.revisions.first()
    if latest is not None and latest.content == content:
        return
    consented_at = case_study.consented_at
    if (
        latest is not None
        and latest.made_by_id == by.pk
        and now - latest.made_at < ONE_SITTING
        and (consented_at is None or latest.made_at > consented_at)
    ):
        # `made_at` stays: a sitting ends half an hour after it began.
        latest.content = content
        latest.save(update_fields=["content"])
        return
    Revision.objects.create(
        case_study=case_study,
        number=latest.number + 1 if latest else 1,
        content=content,
        made_at=now,
        made_by=by,
    )


def _changed_since(case_study: CaseStudy, publication: Publication) -> list[Any]:
    """Return how what is published differs from what the organisation agreed to."""
    if case_study.consented_at is None:
        return []
    agreed = case_study.revisions.filter(made_at__lte=case_study.consented_at).first()
    latest = case_study.revisions.first()
    if agreed is None or latest is None or agreed.pk == latest.pk:
        return []
    shown = publication.content
    figures = {f"{figure['value']} {figure['label']}" for figure in shown["highlights"]}
    pictures = {picture["id"] for picture in shown["pictures"]}
    return changes(
        agreed.content,
        latest.content
        | {
            "figures": [one for one in latest.content.get("figures", []) if one in figures],
            "pictures": {
                pk: words
                for pk, words in latest.content.get("pictures", {}).items()
                if pk in pictures
            },
        },
    )


def _freeze(laid: LaidOut, on: datetime.date) -> Publication:
    case_study = laid.case_study
    content = public_content(laid, consented(laid.content.items, laid.answers))
    publication = Publication.objects.filter(case_study=case_study).first()
    if publication is None:
        base = slugify(case_study.title)[:100]
        taken = Publication.objects.filter(slug__startswith=base).values_list("slug", flat=True)
        publication = Publication(
            case_study=case_study, slug=free_slug(base or "case-study", [*taken, *RESERVED])
        )
    publication.title, publication.summary = case_study.title, case_study.summary
    publication.content, publication.text = content, words_of(content)
    publication.first_published_on = case_study.first_published_on or on
    publication.changed_at = timezone.now()
    publication.save()
    publication.places.set(case_study.places.all())
    publication.themes.all().delete()
    PublishedTheme.objects.bulk_create(
        PublishedTheme(publication=publication, theme=theme) for theme in case_study.themes
    )
    return publication
