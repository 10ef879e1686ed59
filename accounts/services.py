"""What may be done with organisations, their members, and people: one verb a function.

Each locks the row it decides on, asks the rules again under the lock (what a page allowed a minute
ago may have moved on), writes the change with its audit event and queues its mails, all in one
transaction. Each raises NotAllowed, with words for the person, when it may not be done."""

import datetime
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from accounts import audit, emails
from accounts.bounces import record
from accounts.models import (
    AuditEvent,
    BouncedAddress,
    Invitation,
    JoinRequest,
    LeadHandover,
    Membership,
    Message,
    Organisation,
    OrganisationType,
    Place,
    User,
    new_token,
)
from accounts.permissions import is_lead, is_member, may_manage, may_run
from accounts.roles import MemberRole
from accounts.rules import NotAllowed, free_slug, name_key
from accounts.tasks import send_outbox, wake
from frameworks.rules import TooOften

INVITATION_LASTS = datetime.timedelta(days=7)
INVITATIONS_AN_HOUR = 20
JOIN_REQUESTS_A_DAY = 10
ORGANISATIONS_A_DAY = 5
# What a lead champion may change of their organisation; its name and type are the partnership's.
LEAD_MAY_CHANGE = frozenset(
    {"website", "description", "places", "ods_code", "charity_number", "company_number"}
)
ADMIN_MAY_CHANGE = LEAD_MAY_CHANGE | {"name", "type"}


# Organisations


@transaction.atomic
def add_organisation(
    *,
    name: str,
    type: OrganisationType,
    places: Iterable[Place],
    by: User,
    website: str = "",
) -> Organisation:
    """Put an organisation on the portal; whoever adds it is its lead champion."""
    User.objects.select_for_update().get(pk=by.pk)
    since = timezone.now() - datetime.timedelta(days=1)
    added = AuditEvent.objects.filter(type="organisation.added", actor_id=by.pk, at__gt=since)
    if added.count() >= ORGANISATIONS_A_DAY and not may_manage(by):
        raise TooOften(
            f"You have added {ORGANISATIONS_A_DAY} organisations today, which is as many as "
            "the portal takes from one person. Add the others tomorrow, or ask the partnership."
        )
    try:
        with transaction.atomic():
            organisation = Organisation.objects.create(
                name=name, name_key=name_key(name), slug=_slug(name), type=type, website=website
            )
    except IntegrityError as error:
        raise NotAllowed(
            f"‘{name}’ is on the portal already. Find it there and ask to join it."
        ) from error
    organisation.places.set(places)
    _join(organisation, by, by=by, role=MemberRole.LEAD)
    audit.record(
        "organisation.added",
        by=by,
        target=organisation,
        organisation=organisation,
        after=_facts(organisation),
    )
    return organisation


@transaction.atomic
def change_organisation(
    organisation: Organisation, *, by: User, changes: Mapping[str, Any]
) -> Organisation:
    """Change what is said of an organisation; only a partnership admin changes name or type."""
    organisation = _lock(organisation)
    if not may_run(by, organisation):
        raise NotAllowed("Only the lead champion can change the organisation’s details.")
    if set(changes) - (ADMIN_MAY_CHANGE if may_manage(by) else LEAD_MAY_CHANGE):
        raise NotAllowed("Only the partnership can change an organisation’s name or type.")
    before = _facts(organisation)
    for name in set(changes) - {"places"}:
        setattr(organisation, name, changes[name])
    organisation.name_key = name_key(organisation.name)
    try:
        with transaction.atomic():
            organisation.save()
    except IntegrityError as error:
        raise NotAllowed(
            f"Another organisation is called ‘{organisation.name}’. Merge the two instead."
        ) from error
    if "places" in changes:
        organisation.places.set(changes["places"])
    after = _facts(organisation)
    changed = [name for name in after if before[name] != after[name]]
    if changed:
        audit.record(
            "organisation.changed",
            by=by,
            target=organisation,
            organisation=organisation,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
    return organisation


@transaction.atomic
def set_logo(organisation: Organisation, *, by: User, content: bytes | None) -> None:
    """Set the organisation's logo to an image `logos.drawn_again` has made, or remove it."""
    organisation = _lock(organisation)
    if not may_run(by, organisation):
        raise NotAllowed("Only the lead champion can change the logo.")
    before = organisation.logo.name
    storage = organisation.logo.storage
    if content is None:
        organisation.logo = ""
    else:
        name = f"{hashlib.sha256(content).hexdigest()[:32]}.webp"
        organisation.logo.save(name, ContentFile(content), save=False)
    organisation.save(update_fields=["logo"])
    audit.record(
        "organisation.logo",
        by=by,
        target=organisation,
        organisation=organisation,
        before={"logo": before},
        after={"logo": organisation.logo.name},
    )
    if before:
        transaction.on_commit(lambda: storage.delete(before))


@transaction.atomic
def deactivate_organisation(organisation: Organisation, *, by: User, reason: str) -> None:
    """Take an organisation off the portal; its members no longer reach its pages."""
    _only_admin(by)
    organisation = _lock(organisation)
    if not organisation.is_active:
        raise NotAllowed(f"{organisation} has been taken off the portal already.")
    organisation.deactivated_at, organisation.deactivated_by = timezone.now(), by
    organisation.save(update_fields=["deactivated_at", "deactivated_by"])
    audit.record(
        "organisation.deactivated",
        by=by,
        target=organisation,
        organisation=organisation,
        before={"active": True},
        after={"active": False, "reason": reason},
    )


@transaction.atomic
def reactivate_organisation(organisation: Organisation, *, by: User) -> None:
    """Put a deactivated organisation back on the portal."""
    _only_admin(by)
    organisation = _lock(organisation)
    if organisation.merged_into_id or organisation.deactivated_at is None:
        raise NotAllowed(f"{organisation} is not deactivated.")
    organisation.deactivated_at = organisation.deactivated_by = None
    organisation.save(update_fields=["deactivated_at", "deactivated_by"])
    audit.record(
        "organisation.reactivated",
        by=by,
        target=organisation,
        organisation=organisation,
        before={"active": False},
        after={"active": True},
    )


@transaction.atomic
def merge_organisations(duplicate: Organisation, *, into: Organisation, by: User) -> None:
    """Move the duplicate's members to the organisation that stays and mark it merged.

    Past memberships move too: conflicts of interest look back over them. This moves what belongs
    to this app; the services of this name in `awards` and `champions` call it and move the rest."""
    _only_admin(by)
    if duplicate.pk == into.pk:
        raise NotAllowed("An organisation cannot be merged with itself.")
    # Always in the order of their ids, so that two merges cannot wait for each other.
    locked = {
        found.pk: found
        for found in Organisation.objects.select_for_update()
        .filter(pk__in=[duplicate.pk, into.pk])
        .order_by("pk")
    }
    duplicate, into = locked[duplicate.pk], locked[into.pk]
    if duplicate.merged_into_id or not into.is_active:
        raise NotAllowed("One of the two has been merged or deactivated already.")
    now = timezone.now()
    already = set(into.memberships.current().values_list("user_id", flat=True))
    has_lead = into.memberships.current().filter(role=MemberRole.LEAD).exists()
    moved = []
    for membership in duplicate.memberships.select_related("user"):
        if membership.ended_at is None:
            if membership.user_id in already:
                membership.ended_at, membership.ended_by = max(now, membership.joined_at), by
                if membership.role == MemberRole.LEAD and not has_lead:
                    _make_lead(into, membership.user)
            else:
                moved.append(membership.user)
                if has_lead:
                    membership.role = MemberRole.CONTRIBUTOR
        membership.organisation = into
        membership.save()
    _cancel_invitations(duplicate, now, by=by, because="The organisation was merged.")
    # Whoever asked to join the one asks to join the other, unless they belong to it or asked both.
    asked = duplicate.join_requests.filter(answered_at=None)
    asked.exclude(user__in=into.memberships.current().values("user")).exclude(
        user__in=into.join_requests.filter(answered_at=None).values("user")
    ).update(organisation=into)
    _close_requests(asked, now, accepted=False, by=by, because="The organisation was merged.")
    _close_offers(duplicate.handovers.all(), now, by=by, because="The organisation was merged.")
    duplicate.merged_into = into
    duplicate.save(update_fields=["merged_into"])
    duplicate.merged.update(merged_into=into)
    for organisation in (duplicate, into):
        audit.record(
            "organisation.merged",
            by=by,
            target=duplicate,
            organisation=organisation,
            before={"merged_into": None},
            after={
                "merged_into": into.name,
                "members_moved": sorted(user.email for user in moved),
            },
        )
    for user in moved:
        emails.queue(
            "organisation_merged",
            to=user.email,
            key=f"organisation_merged:{duplicate.pk}:{into.pk}:{user.pk}",
            context={
                "person": user,
                "duplicate": duplicate,
                "organisation": into,
                "link": _link("members", into.slug),
            },
        )


@transaction.atomic
def split_organisation(
    organisation: Organisation, *, name: str, members: Iterable[Membership], by: User
) -> Organisation:
    """Put a part of an organisation on the portal as one of its own, of the same type and places,
    and move members there. A lead champion who moves leads the new one.

    This does what belongs to this app; `awards.services.split_organisation` does the rest."""
    _only_admin(by)
    organisation = _lock(organisation)
    if not organisation.is_active:
        raise NotAllowed(f"{organisation} is no longer on the portal.")
    try:
        with transaction.atomic():
            new = Organisation.objects.create(
                name=name, name_key=name_key(name), slug=_slug(name), type=organisation.type
            )
    except IntegrityError as error:
        raise NotAllowed(f"‘{name}’ is on the portal already.") from error
    new.places.set(organisation.places.all())
    now = timezone.now()
    for membership in (
        Membership.objects.select_for_update(of=("self",))
        .filter(pk__in=[m.pk for m in members], organisation=organisation, ended_at=None)
        .select_related("user")
        .order_by("pk")
    ):
        membership.ended_at, membership.ended_by = max(now, membership.joined_at), by
        membership.save(update_fields=["ended_at", "ended_by"])
        _join(new, membership.user, by=by, role=membership.role)
    return new


# Joining


@transaction.atomic
def ask_to_join(organisation: Organisation, *, by: User, words: str = "") -> JoinRequest:
    """Ask the lead champion (the partnership, where there is none) to let a person join."""
    organisation = _lock(organisation)
    if not organisation.is_active:
        raise NotAllowed(f"{organisation} is no longer on the portal, so nobody can join it.")
    if is_member(by, organisation):
        raise NotAllowed(f"You are a member of {organisation} already.")
    if organisation.join_requests.filter(user=by, answered_at=None).exists():
        raise NotAllowed(f"You have asked to join {organisation} already. Wait for the answer.")
    # Locked, so that two requests at once are counted one after the other.
    User.objects.select_for_update().get(pk=by.pk)
    since = timezone.now() - datetime.timedelta(days=1)
    if by.join_requests.filter(asked_at__gt=since).count() >= JOIN_REQUESTS_A_DAY:
        raise TooOften(
            f"You have asked to join {JOIN_REQUESTS_A_DAY} organisations today. "
            "Ask again tomorrow, or ask the partnership for help."
        )
    asked = JoinRequest.objects.create(organisation=organisation, user=by, words=words)
    audit.record(
        "join.asked", by=by, target=asked, organisation=organisation, after={"words": words}
    )
    for recipient in _who_runs(organisation):
        emails.queue(
            "join_request",
            to=recipient.email,
            key=f"join_request:{asked.pk}:{recipient.pk}",
            context={
                "person": recipient,
                "asker": by,
                "organisation": organisation,
                "words": words,
                "link": _link("members", organisation.slug),
            },
        )
    return asked


@transaction.atomic
def answer_join_request(asked: JoinRequest, *, accept: bool, by: User) -> None:
    """Accept or decline; the person is told either way."""
    organisation = _lock(asked.organisation)
    asked = JoinRequest.objects.select_for_update().get(pk=asked.pk)
    if not may_run(by, organisation):
        raise NotAllowed("Only the lead champion can answer requests to join.")
    if asked.answered_at is not None:
        answer = "accepted" if asked.accepted else "declined"
        raise NotAllowed(f"{asked.user}'s request to join has been {answer} already.")
    asked.accepted, asked.answered_at, asked.answered_by = accept, timezone.now(), by
    asked.save(update_fields=["accepted", "answered_at", "answered_by"])
    if accept:
        if not asked.user.is_active:
            raise NotAllowed(f"{asked.user}'s account has been closed since they asked.")
        if not is_member(asked.user, organisation):
            _join(organisation, asked.user, by=by)
    audit.record(
        "join.accepted" if accept else "join.declined",
        by=by,
        target=asked,
        organisation=organisation,
        before={"accepted": None},
        after={"accepted": accept},
    )
    emails.queue(
        "join_answer",
        to=asked.user.email,
        key=f"join_answer:{asked.pk}",
        context={
            "person": asked.user,
            "organisation": organisation,
            "accepted": accept,
            "by": by,
            "link": _link("dashboard" if accept else "organisation_find"),
        },
    )


# Invitations


@transaction.atomic
def invite(
    organisation: Organisation, *, email: str, by: User, role: str = MemberRole.CONTRIBUTOR
) -> Invitation:
    """Invite somebody by e-mail; an earlier open invitation to the same address ends.

    Only a partnership admin may invite a lead champion, where an organisation has none."""
    organisation = _lock(organisation)
    email = email.strip().lower()
    now = timezone.now()
    if not may_run(by, organisation):
        raise NotAllowed("Only the lead champion can invite people.")
    if not organisation.is_active:
        raise NotAllowed(f"{organisation} is no longer on the portal, so nobody can join it.")
    if role == MemberRole.LEAD and not (may_manage(by) and _lead_of(organisation) is None):
        raise NotAllowed(f"{organisation} has a lead champion, who can hand the lead over.")
    if organisation.memberships.current().filter(user__email=email).exists():
        raise NotAllowed(f"{email} is a member of {organisation} already.")
    # Locked, so that two invitations at once are counted one after the other.
    User.objects.select_for_update().get(pk=by.pk)
    since = now - datetime.timedelta(hours=1)
    if Invitation.objects.filter(sent_by=by, sent_at__gt=since).count() >= INVITATIONS_AN_HOUR:
        raise TooOften(
            f"You have sent {INVITATIONS_AN_HOUR} invitations in the last hour, which is as many "
            "as the portal sends at a time. Send the others later."
        )
    _cancel_invitations(organisation, now, by=by, email=email, because="A newer one replaced it.")
    token = new_token()
    invitation = Invitation.objects.create(
        organisation=organisation,
        email=email,
        role=role,
        token_digest=token_digest(token),
        sent_at=now,
        sent_by=by,
        expires_at=now + INVITATION_LASTS,
    )
    audit.record(
        "invitation.sent",
        by=by,
        target=invitation,
        organisation=organisation,
        after={"email": email, "role": role},
    )
    emails.queue(
        "invitation",
        to=email,
        key=f"invitation:{invitation.pk}",
        context={
            "organisation": organisation,
            "by": by,
            "role": role,
            "days": INVITATION_LASTS.days,
            "link": _link("invitation", token),
        },
        secret=True,
    )
    return invitation


def token_digest(token: str) -> str:
    """Return what the database keeps of an invitation's token."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def cancel_invitation(invitation: Invitation, *, by: User) -> None:
    """End an invitation that has not been accepted; its link then says so."""
    organisation = _lock(invitation.organisation)
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if not may_run(by, organisation):
        raise NotAllowed("Only the lead champion can cancel invitations.")
    if invitation.accepted_at or invitation.cancelled_at:
        done = "accepted" if invitation.accepted_at else "cancelled"
        raise NotAllowed(f"The invitation to {invitation.email} has been {done} already.")
    invitation.cancelled_at, invitation.cancelled_by = timezone.now(), by
    invitation.save(update_fields=["cancelled_at", "cancelled_by"])
    audit.record(
        "invitation.cancelled",
        by=by,
        target=invitation,
        organisation=organisation,
        before={"email": invitation.email},
    )


@transaction.atomic
def accept_invitation(invitation: Invitation, *, by: User) -> Organisation:
    """Join by an invitation: once, in time, and only with the address it was sent to."""
    organisation = _lock(invitation.organisation)
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    now = timezone.now()
    if by.email.lower() != invitation.email:
        raise NotAllowed("This invitation was sent to another e-mail address than yours.")
    state = invitation.state_at(now)
    if state != "open":
        raise NotAllowed(
            {
                "accepted": "This invitation has been used already.",
                "cancelled": "This invitation has been cancelled or replaced by a newer one.",
                "expired": "This invitation has expired. Ask for a new one.",
            }[state]
        )
    if not organisation.is_active:
        raise NotAllowed(f"{organisation} is no longer on the portal, so nobody can join it.")
    invitation.accepted_at, invitation.accepted_by = now, by
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    if not is_member(by, organisation):
        _join(organisation, by, by=by)
    if invitation.role == MemberRole.LEAD and _lead_of(organisation) is None:
        _make_lead(organisation, by)
    _close_requests(
        organisation.join_requests.filter(user=by, answered_at=None),
        now,
        accepted=True,
        by=invitation.sent_by,
        because="They were invited.",
    )
    audit.record(
        "invitation.accepted",
        by=by,
        target=invitation,
        organisation=organisation,
        after={"email": invitation.email, "lead": is_lead(by, organisation)},
    )
    emails.queue(
        "invitation_accepted",
        to=invitation.sent_by.email,
        key=f"invitation_accepted:{invitation.pk}",
        context={
            "person": invitation.sent_by,
            "joined": by,
            "organisation": organisation,
            "link": _link("members", organisation.slug),
        },
    )
    return organisation


# Members


@transaction.atomic
def remove_member(membership: Membership, *, by: User, reason: str = "") -> None:
    """End somebody's membership; the lead champion cannot be removed, only replaced."""
    organisation = _lock(membership.organisation)
    membership = Membership.objects.select_for_update().get(pk=membership.pk)
    if not may_run(by, organisation):
        raise NotAllowed("Only the lead champion can remove members.")
    if membership.ended_at is not None:
        raise NotAllowed(f"{membership.user} is no longer a member of {organisation}.")
    if membership.role == MemberRole.LEAD:
        raise NotAllowed("The lead champion cannot be removed. The lead has to be handed over.")
    _end(membership, by=by)
    audit.record(
        "member.removed",
        by=by,
        target=membership,
        organisation=organisation,
        before={"role": membership.role},
        after={"ended": True, "reason": reason},
    )
    emails.queue(
        "member_removed",
        to=membership.user.email,
        key=f"member_removed:{membership.pk}",
        context={
            "person": membership.user,
            "organisation": organisation,
            "reason": reason,
            "link": _link("dashboard"),
        },
    )


@transaction.atomic
def leave(organisation: Organisation, *, by: User) -> None:
    """End one's own membership; a lead champion hands the lead over first."""
    organisation = _lock(organisation)
    membership = organisation.memberships.current().filter(user=by).first()
    if membership is None:
        raise NotAllowed(f"You are not a member of {organisation}.")
    if membership.role == MemberRole.LEAD:
        raise NotAllowed(
            "You are the lead champion. Hand the lead over first; if there is nobody to take it, "
            "ask the partnership."
        )
    _end(membership, by=by)
    audit.record(
        "member.left",
        by=by,
        target=membership,
        organisation=organisation,
        before={"role": membership.role},
        after={"ended": True},
    )
    for recipient in _who_runs(organisation):
        emails.queue(
            "member_left",
            to=recipient.email,
            key=f"member_left:{membership.pk}:{recipient.pk}",
            context={
                "person": recipient,
                "left": by,
                "organisation": organisation,
                "link": _link("members", organisation.slug),
            },
        )


# The lead


@transaction.atomic
def offer_lead(organisation: Organisation, *, to: User, by: User) -> LeadHandover:
    """Offer the lead to another member; nothing changes until they accept."""
    organisation = _lock(organisation)
    if not is_lead(by, organisation):
        raise NotAllowed("Only the lead champion can hand the lead over.")
    if to.pk == by.pk or not is_member(to, organisation) or not to.is_active:
        raise NotAllowed(f"{to} cannot take the lead: choose another member of {organisation}.")
    if _open_offer(organisation):
        raise NotAllowed("The lead has been offered already. Withdraw that offer first.")
    handover = LeadHandover.objects.create(
        organisation=organisation, to=to, offered_at=timezone.now(), offered_by=by
    )
    audit.record(
        "lead.offered", by=by, target=handover, organisation=organisation, after={"to": to.email}
    )
    emails.queue(
        "lead_offer",
        to=to.email,
        key=f"lead_offer:{handover.pk}",
        context={
            "person": to,
            "by": by,
            "organisation": organisation,
            "link": _link("handover_answer", handover.pk),
        },
    )
    return handover


@transaction.atomic
def withdraw_offer(handover: LeadHandover, *, by: User) -> None:
    """Take back an offer of the lead that has not been answered."""
    organisation = _lock(handover.organisation)
    handover = LeadHandover.objects.select_for_update().get(pk=handover.pk)
    if not may_run(by, organisation):
        raise NotAllowed("Only the lead champion can withdraw the offer.")
    _refuse_answered(handover)
    _close_offers(organisation.handovers.all(), timezone.now(), by=by)


@transaction.atomic
def answer_handover(handover: LeadHandover, *, accept: bool, by: User) -> None:
    """Take the lead or decline it; the lead changes in one step or not at all."""
    organisation = _lock(handover.organisation)
    handover = LeadHandover.objects.select_for_update().get(pk=handover.pk)
    if by.pk != handover.to_id:
        raise NotAllowed("The lead was offered to somebody else.")
    _refuse_answered(handover)
    if accept and not is_member(by, organisation):
        raise NotAllowed(f"You are no longer a member of {organisation}.")
    if accept and not is_lead(handover.offered_by, organisation):
        raise NotAllowed(f"{handover.offered_by} is no longer the lead champion.")
    handover.accepted, handover.answered_at, handover.answered_by = accept, timezone.now(), by
    handover.save(update_fields=["accepted", "answered_at", "answered_by"])
    if accept:
        _make_lead(organisation, by)
    audit.record(
        "lead.accepted" if accept else "lead.declined",
        by=by,
        target=handover,
        organisation=organisation,
        before={"lead": handover.offered_by.email},
        after={"lead": by.email if accept else handover.offered_by.email},
    )
    emails.queue(
        "lead_answer",
        to=handover.offered_by.email,
        key=f"lead_answer:{handover.pk}",
        context={
            "person": handover.offered_by,
            "to": by,
            "organisation": organisation,
            "accepted": accept,
            "link": _link("members", organisation.slug),
        },
    )


@transaction.atomic
def appoint_lead(membership: Membership, *, by: User, reason: str) -> None:
    """Make a member the lead champion: the partnership's way when the lead has left."""
    _only_admin(by)
    organisation = _lock(membership.organisation)
    membership = Membership.objects.select_for_update().get(pk=membership.pk)
    if membership.ended_at is not None or not membership.user.is_active:
        raise NotAllowed(f"{membership.user} is no longer a member of {organisation}.")
    before = _lead_of(organisation)
    if before is not None and before.pk == membership.user_id:
        raise NotAllowed(f"{membership.user} is the lead champion already.")
    _close_offers(
        organisation.handovers.all(), timezone.now(), by=by, because="A lead was appointed."
    )
    _make_lead(organisation, membership.user)
    audit.record(
        "lead.appointed",
        by=by,
        target=membership,
        organisation=organisation,
        before={"lead": before.email if before else None},
        after={"lead": membership.user.email, "reason": reason},
    )
    # One appointment, one mail each; the same two may change places again another day.
    occasion = timezone.now().isoformat()
    for person in [membership.user, *([before] if before and before.is_active else [])]:
        emails.queue(
            "lead_changed",
            to=person.email,
            key=f"lead_changed:{organisation.pk}:{person.pk}:{occasion}",
            context={
                "person": person,
                "lead": membership.user,
                "organisation": organisation,
                "reason": reason,
                "link": _link("members", organisation.slug),
            },
        )


# People


@transaction.atomic
def set_roles(user: User, *, reviewer: bool, partnership_admin: bool, by: User) -> None:
    """Say whether a person is a reviewer and whether they are a partnership admin."""
    user = _lock_person(user, by=by)
    if user.pk == by.pk and not partnership_admin:
        raise NotAllowed("You cannot take the admin role from yourself. Ask another admin.")
    if not user.is_active:
        raise NotAllowed(f"{user}'s account is closed. Open it again first.")
    before = {"reviewer": user.is_reviewer, "partnership_admin": user.is_partnership_admin}
    after = {"reviewer": reviewer, "partnership_admin": partnership_admin}
    if before == after:
        return
    user.is_reviewer, user.is_partnership_admin = reviewer, partnership_admin
    user.save(update_fields=["is_reviewer", "is_partnership_admin"])
    audit.record("person.roles", by=by, target=user, before=before, after=after)
    emails.queue(
        "roles_changed",
        to=user.email,
        key=f"roles_changed:{user.pk}:{timezone.now().isoformat()}",
        context={"person": user, "by": by, "link": _link("dashboard"), **after},
    )


@transaction.atomic
def appoint_admin(user: User) -> None:
    """Make a person a partnership admin because whoever runs the machine says so.

    Raises NotAllowed for an account that is closed; for an admin it does nothing."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active:
        raise NotAllowed(f"{user}'s account is closed. Open it again first.")
    if user.is_partnership_admin:
        return
    before = {"reviewer": user.is_reviewer, "partnership_admin": False}
    user.is_partnership_admin = True
    user.save(update_fields=["is_partnership_admin"])
    after = {**before, "partnership_admin": True}
    audit.record("person.roles", by=None, target=user, before=before, after=after)
    emails.queue(
        "roles_changed",
        to=user.email,
        key=f"roles_changed:{user.pk}:{timezone.now().isoformat()}",
        context={
            "person": user,
            "by": "Whoever runs the portal",
            "link": _link("dashboard"),
            **after,
        },
    )


@transaction.atomic
def deactivate_person(user: User, *, by: User, reason: str) -> None:
    """Close a person's account; their sessions end at once."""
    user = _lock_person(user, by=by)
    if user.pk == by.pk:
        raise NotAllowed("You cannot close your own account. Ask another admin.")
    if not user.is_active:
        raise NotAllowed(f"{user}'s account is closed already.")
    user.is_active = False
    user.save(update_fields=["is_active"])
    for session in UserSession.objects.filter(user=user):
        session.end()
    audit.record(
        "person.deactivated",
        by=by,
        target=user,
        before={"active": True},
        after={"active": False, "reason": reason},
    )


@transaction.atomic
def reactivate_person(user: User, *, by: User) -> None:
    """Open a closed account again."""
    _only_admin(by)
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active:
        raise NotAllowed(f"{user}'s account is open.")
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record(
        "person.reactivated", by=by, target=user, before={"active": False}, after={"active": True}
    )


@transaction.atomic
def end_memberships(user: User) -> None:
    """End every membership of somebody who goes for good, a lead champion's too."""
    for membership in user.memberships.current().order_by("organisation_id"):
        organisation = _lock(membership.organisation)
        _end(membership, by=user)
        audit.record(
            "member.left",
            by=user,
            target=membership,
            organisation=organisation,
            before={"role": membership.role},
            after={"ended": True},
        )


@transaction.atomic
def try_again(message: Message, *, by: User) -> None:
    """Have a mail that could not be sent tried again now. One that a sender has in its hands has
    not failed: made due, a second sender would send it too."""
    _only_admin(by)
    message = Message.objects.select_for_update().get(pk=message.pk)
    if message.sent_at is not None:
        raise NotAllowed(f"The mail to {message.recipient} has been sent.")
    if not message.has_failed:
        raise NotAllowed(
            f"The mail to {message.recipient} is on its way. If it fails you can try it again."
        )
    before = message.next_attempt_at
    message.next_attempt_at = timezone.now()
    message.save(update_fields=["next_attempt_at"])
    audit.record(
        "message.tried_again",
        by=by,
        target=message,
        before={"next_attempt_at": before.isoformat(), "last_error": message.last_error},
        after={"next_attempt_at": message.next_attempt_at.isoformat()},
    )
    wake(send_outbox)


@transaction.atomic
def try_address_again(bounced: BouncedAddress, *, by: User) -> None:
    """Send to an address again, and at once what has waited; its owner and admins may say so."""
    if bounced.address != by.email.lower():
        _only_admin(by)
    record(
        "address.works",
        BouncedAddress.objects.select_for_update().get(pk=bounced.pk),
        by=by,
    )
    bounced.delete()
    wake(send_outbox)


# What the services share


def _lock(organisation: Organisation) -> Organisation:
    """Return the organisation's row as it is now, locked: all that is decided about who belongs
    to it is decided one after the other."""
    return Organisation.objects.select_for_update().get(pk=organisation.pk)


def _lock_person(user: User, *, by: User) -> User:
    """Return a person as they are now, locked with the admin who acts: two admins who take each
    other's role at the same instant cannot both succeed and leave nobody."""
    people = User.objects.select_for_update().filter(pk__in=[user.pk, by.pk]).order_by("pk")
    locked = {person.pk: person for person in people}
    _only_admin(locked[by.pk])
    return locked[user.pk]


def _only_admin(by: User) -> None:
    if not may_manage(by):
        raise NotAllowed("Only a partnership admin can do this.")


def _lead_of(organisation: Organisation) -> User | None:
    lead = (
        organisation.memberships.current()
        .filter(role=MemberRole.LEAD)
        .select_related("user")
        .first()
    )
    return lead.user if lead else None


def _who_runs(organisation: Organisation) -> list[User]:
    """Return who is asked on an organisation's behalf: its lead, else the partnership's admins."""
    lead = _lead_of(organisation)
    if lead is not None and lead.is_active:
        return [lead]
    return list(User.objects.filter(is_partnership_admin=True, is_active=True))


def _join(
    organisation: Organisation, user: User, *, by: User, role: str = MemberRole.CONTRIBUTOR
) -> Membership:
    membership = Membership.objects.create(
        organisation=organisation, user=user, role=role, joined_at=timezone.now(), joined_by=by
    )
    audit.record(
        "member.joined",
        by=by,
        target=membership,
        organisation=organisation,
        after={"person": user.email, "role": role},
    )
    return membership


def _end(membership: Membership, *, by: User) -> None:
    now = timezone.now()
    # Another server's clock may be ahead of ours: nobody leaves before they came.
    membership.ended_at, membership.ended_by = max(now, membership.joined_at), by
    membership.save(update_fields=["ended_at", "ended_by"])
    offers = LeadHandover.objects.filter(
        organisation=membership.organisation_id, to=membership.user_id
    )
    _close_offers(offers, now, by=by, because="They are no longer a member.")


def _make_lead(organisation: Organisation, user: User) -> None:
    """Demote, then promote: the database allows one lead at any moment."""
    current = organisation.memberships.current()
    current.filter(role=MemberRole.LEAD).update(role=MemberRole.CONTRIBUTOR)
    current.filter(user=user).update(role=MemberRole.LEAD)


def _open_offer(organisation: Organisation) -> LeadHandover | None:
    return organisation.handovers.filter(answered_at=None).first()


def _close_offers(
    offers: QuerySet[LeadHandover], now: datetime.datetime, *, by: User, because: str = ""
) -> None:
    """End the offers of the lead that wait for an answer, each with its event."""
    for offer in offers.filter(answered_at=None).select_related("organisation", "to"):
        offer.accepted, offer.answered_at, offer.answered_by = False, now, by
        offer.save(update_fields=["accepted", "answered_at", "answered_by"])
        audit.record(
            "lead.offer_withdrawn",
            by=by,
            target=offer,
            organisation=offer.organisation,
            before={"to": offer.to.email},
            after={"because": because} if because else None,
        )


def _close_requests(
    asked: QuerySet[JoinRequest],
    now: datetime.datetime,
    *,
    accepted: bool,
    by: User,
    because: str,
) -> None:
    """Answer requests to join that something else has settled, each with its event."""
    for request in asked.select_related("organisation", "user"):
        request.accepted, request.answered_at, request.answered_by = accepted, now, by
        request.save(update_fields=["accepted", "answered_at", "answered_by"])
        audit.record(
            "join.accepted" if accepted else "join.declined",
            by=by,
            target=request,
            organisation=request.organisation,
            before={"accepted": None},
            after={"accepted": accepted, "because": because},
        )


def _cancel_invitations(
    organisation: Organisation,
    now: datetime.datetime,
    *,
    by: User,
    because: str,
    email: str | None = None,
) -> None:
    """End an organisation's open invitations (to one address, if given), each with its event."""
    invitations = organisation.invitations.filter(accepted_at=None, cancelled_at=None)
    for invitation in invitations.filter(email=email) if email else invitations:
        invitation.cancelled_at, invitation.cancelled_by = now, by
        invitation.save(update_fields=["cancelled_at", "cancelled_by"])
        audit.record(
            "invitation.cancelled",
            by=by,
            target=invitation,
            organisation=organisation,
            before={"email": invitation.email},
            after={"because": because},
        )


def _refuse_answered(handover: LeadHandover) -> None:
    if handover.answered_at is not None:
        done = "accepted" if handover.accepted else "declined or withdrawn"
        raise NotAllowed(f"The offer of the lead has been {done} already.")


def _slug(name: str) -> str:
    base = slugify(name)[:200]
    taken = Organisation.objects.filter(slug__startswith=base).values_list("slug", flat=True)
    return free_slug(base, taken)


def _facts(organisation: Organisation) -> dict[str, Any]:
    """Return what the audit trail keeps of an organisation."""
    return {
        **{
            name: getattr(organisation, name)
            for name in (
                "name",
                "website",
                "description",
                "ods_code",
                "charity_number",
                "company_number",
            )
        },
        "type": organisation.type.name,
        "places": [place.name for place in organisation.places.all()],
    }


def _link(name: str, *args: Any) -> str:
    return f"{settings.SITE_URL}{reverse(name, args=args)}"


# Many at once


@dataclass(frozen=True)
class NewOrganisation:
    """An organisation that is to be put on the portal without anybody in it yet: its name, and
    the codes of its type and places."""

    name: str
    type: str
    places: tuple[str, ...]


REGISTERED_AT_ONCE = 1000


@transaction.atomic
def register_organisations(new: Iterable[NewOrganisation], *, by: User) -> int:
    """Put organisations on the portal that nobody leads yet; return how many. Who asks to join
    one is answered by the partnership. None of them may be there already."""
    _only_admin(by)
    types = {t.code: t for t in OrganisationType.objects.all()}
    places = {p.code: p for p in Place.objects.all()}
    taken = set(Organisation.objects.values_list("slug", flat=True))
    rows = list(new)
    for start in range(0, len(rows), REGISTERED_AT_ONCE):
        batch = rows[start : start + REGISTERED_AT_ONCE]
        made = []
        for row in batch:
            base = slugify(row.name)[:200]
            # Looking through all that are taken is for the few that have to step aside.
            slug = free_slug(base, taken if base in taken else ())
            taken.add(slug)
            made.append(
                Organisation(
                    name=row.name, name_key=name_key(row.name), slug=slug, type=types[row.type]
                )
            )
        Organisation.objects.bulk_create(made)
        Organisation.places.through.objects.bulk_create(
            Organisation.places.through(organisation=organisation, place=places[code])
            for organisation, row in zip(made, batch, strict=True)
            for code in row.places
        )
        audit.record_all(
            audit.event(
                "organisation.registered",
                by=by,
                target=organisation,
                organisation=organisation,
                after={"name": row.name, "type": row.type, "places": list(row.places)},
            )
            for organisation, row in zip(made, batch, strict=True)
        )
    return len(rows)
