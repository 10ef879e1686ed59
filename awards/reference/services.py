"""What partnership admins do with frameworks: new versions, edits, publication, uploads.

They stand here and not in `frameworks`, because each leaves its trace in the audit trail."""

import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.models import Place, User
from frameworks.content import HEAD_OF_A_VERSION, content_of
from frameworks.exports import write_pack
from frameworks.models import VERSION, Framework
from frameworks.packs import find_packs
from frameworks.reading import Faulty, Record
from frameworks.rules import EditConflict, NotAllowed
from frameworks.services import Plan, load_frameworks, write_framework


def place_codes() -> set[str]:
    """Return the places a framework may be of."""
    return set(Place.objects.values_list("code", flat=True))


@transaction.atomic
def load_packs(folder: Path, *, by: User, today: datetime.date) -> list[Plan]:
    """Load the packs of a folder. Raises Faulty with everything that is wrong with them."""
    plans = load_frameworks(find_packs(folder), today=today, places=place_codes())
    for plan in plans:
        if plan.done != "unchanged":
            values = plan.pack.values
            framework = Framework.objects.get(code=values["code"], version=values["version"])
            after = {"done": plan.done, "published_on": str(framework.published_on or "")}
            audit.record("framework.loaded", by=by, target=framework, after=after)
    return plans


@transaction.atomic
def start_version(framework: Framework, *, version: str, by: User) -> Framework:
    """Start a draft with everything a version holds. Raises NotAllowed if there is one already."""
    versions = Framework.objects.select_for_update().filter(code=framework.code)
    if any(existing.version == version for existing in versions):
        raise NotAllowed(f"There is a version {version} already. Give the new one another name.")
    VERSION(version)
    pack = content_of(framework)
    for name in HEAD_OF_A_VERSION:
        pack.values.pop(name, None)
    pack.values["version"] = version
    draft = write_framework(pack)
    audit.record("framework.started", by=by, target=draft, after={"from": str(framework)})
    return draft


@transaction.atomic
def save_entry(
    draft: Framework,
    *,
    part: str,
    key: str,
    values: dict[str, Any],
    began_from: str,
    by: User,
    today: datetime.date,
    theme: str = "",
    after: str | None = None,
) -> Framework:
    """Put one entry into a draft, in the place of the one with the key or at the end; no values
    take it out. Returns the draft as it is now.

    `after` is the code of the entry of its list that it is to follow; empty puts it first.

    `began_from` is the digest of the draft as the editor saw it. Raises EditConflict when it has
    changed since, NotAllowed when it is no draft, and Faulty when the whole would not hold."""
    draft = _lock_draft(draft, today=today)
    if draft.digest != began_from:
        raise EditConflict(draft)
    pack = content_of(draft)
    entries = entries_of(pack, part, theme)
    number = next((n for n, row in enumerate(entries) if key_of(row) == key), None)
    old = entries.pop(number) if number is not None else Record(Path(part), 1, {}, {})
    before, place = old.values, len(entries) if number is None else number
    if after is not None:
        place = next((n for n, row in enumerate(entries, 1) if key_of(row) == after), 0)
    if values:
        entries.insert(place, Record(Path(part), 1, values, old.rows))
    draft = _rewrite(pack, today=today)
    _record_change(draft, f"{part} {key}".strip(), before, values, by=by)
    return draft


def entries_of(pack: Record, part: str, theme: str = "") -> list[Record]:
    """Return the list an entry stands in; criteria stand under their theme."""
    if part != "criteria":
        return pack.rows.setdefault(part, [])
    found = next(row for row in pack.rows.get("themes", []) if row.values["code"] == theme)
    return found.rows.setdefault("criteria", [])


def key_of(row: Record) -> str:
    """Return what an entry is known by within its list; a mapping has its two ends."""
    values = row.values
    return str(values.get("code") or f"{values['from_row']}~{values['to_row']}".replace("/", ":"))


def _rewrite(pack: Record, *, today: datetime.date) -> Framework:
    """Write a draft anew, through the same reader as any pack."""
    with TemporaryDirectory() as folder:
        write_pack(pack, Path(folder))
        load_frameworks([Path(folder)], today=today, places=place_codes())
    return Framework.objects.get(code=pack.values["code"], version=pack.values["version"])


def _record_change(
    draft: Framework, what: str, before: dict[str, Any], after: dict[str, Any], *, by: User
) -> None:
    audit.record(
        "framework.changed",
        by=by,
        target=draft,
        before={what: _words(before)},
        after={what: _words(after)},
    )


def _words(values: dict[str, Any]) -> list[str]:
    return [f"{name}: {value}" for name, value in values.items()]


@transaction.atomic
def save_head(
    draft: Framework, *, values: dict[str, Any], began_from: str, by: User, today: datetime.date
) -> Framework:
    """Change what a draft says of itself: title, summary and source. See `save_entry`."""
    draft = _lock_draft(draft, today=today)
    if draft.digest != began_from:
        raise EditConflict(draft)
    pack = content_of(draft)
    before = {name: pack.values.get(name, "") for name in values}
    pack.values.update(values)
    draft = _rewrite(pack, today=today)
    _record_change(draft, "framework", before, values, by=by)
    return draft


@transaction.atomic
def publish(draft: Framework, *, on: datetime.date, by: User, today: datetime.date) -> Framework:
    """Publish a draft on a day, today at the earliest. Until then it stays a draft."""
    draft = _lock_draft(draft, today=today)
    if on < today:
        raise NotAllowed("Choose today or a later day: nothing is published in the past.")
    before = str(draft.published_on or "")
    pack = content_of(draft)
    pack.values["published_on"] = on
    try:
        draft = _rewrite(pack, today=today)
    except Faulty as faulty:
        missing = " ".join(problem.text for problem in faulty.problems)
        raise NotAllowed(f"This draft is not complete. {missing}") from None
    audit.record(
        "framework.published",
        by=by,
        target=draft,
        before={"published_on": before},
        after={"published_on": str(on)},
    )
    return draft


@transaction.atomic
def retire(framework: Framework, *, on: datetime.date, by: User, today: datetime.date) -> Framework:
    """Retire a published version from a day on. Raises NotAllowed for anything else."""
    framework = Framework.objects.select_for_update().get(pk=framework.pk)
    if framework.state_on(today) != "published":
        raise NotAllowed("Only a published version can be retired.")
    if on <= max(today, framework.published_on or today):
        raise NotAllowed("Choose a day after today: what counted until now keeps counting today.")
    before = str(framework.retired_on or "")
    framework.retired_on = on
    framework.save(update_fields=["retired_on"])
    audit.record(
        "framework.retired",
        by=by,
        target=framework,
        before={"retired_on": before},
        after={"retired_on": str(on)},
    )
    return framework


@transaction.atomic
def discard(draft: Framework, *, by: User, today: datetime.date) -> None:
    """Throw a draft away. Raises NotAllowed when it is none."""
    draft = _lock_draft(draft, today=today)
    audit.record("framework.discarded", by=by, target=draft)
    draft.delete()


def _lock_draft(draft: Framework, *, today: datetime.date) -> Framework:
    """Return a draft, locked by its key in words: an edit in between gives it another number."""
    found = (
        Framework.objects.select_for_update().filter(code=draft.code, version=draft.version).first()
    )
    if found is None:
        raise NotAllowed("This draft has been thrown away.")
    if found.state_on(today) != "draft":
        raise NotAllowed(
            f"Version {found.version} is published and never changes. Start a new version."
        )
    return found
