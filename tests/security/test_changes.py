"""What a request carries beyond what its form asks: other people's ids, fields nobody offered."""

import re

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from awards.models import Claim, Evidence
from tests.factories import EvidenceFactory, MembershipFactory
from tests.security import scene as scenes
from tests.security.addresses import ADDRESSES
from tests.security.test_every_address import forms, may_post

pytestmark = pytest.mark.django_db

UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
# Made anew each time: ids, tokens, what is derived from them.
RANDOM = {"id", "token_digest", "content", "image", "text", "html", "key"}


@pytest.fixture
def scene():
    return scenes.build()


def everything():
    """Every row of every table, less what is random."""
    rows = []
    for model in apps.get_models(include_auto_created=True):
        if model._meta.label in {"sessions.Session", "usersessions.UserSession"}:
            continue
        fields = [f.attname for f in model._meta.concrete_fields if f.name not in RANDOM]
        rows += [
            UUID.sub("*", f"{model._meta.label} {row}")
            for row in model._default_manager.values(*fields)
        ]
    return sorted(rows)


def after(user, url, data):
    """Return everything as it is once this form was sent, and take it back."""
    client = scenes.client_of(user)
    with transaction.atomic():
        response = client.post(url, data)
        found = everything()
        transaction.set_rollback(True)
    return response.status_code, found


def uninvited(scene):
    """Fields that no form has, with values somebody would like them to take."""
    stranger, other = scene.user["stranger"].pk, scene.other.pk
    return {
        **dict.fromkeys(["is_staff", "is_superuser", "is_reviewer", "is_partnership_admin"], "on"),
        **dict.fromkeys(["held_by", "held_by_id", "decided_by", "decided_by_id", "by"], stranger),
        **dict.fromkeys(["created_by", "updated_by", "uploaded_by", "user", "user_id"], stranger),
        **dict.fromkeys(["organisation", "organisation_id", "merged_into"], other),
        **dict.fromkeys(["granted_on", "ends_on", "due_on", "decided_at"], "2020-01-01"),
        "status": "awarded",
        "role": "lead",
        "state": "clean",
        "name_key": "taken over",
        "slug": "taken-over",
        "id": "1",
        "pk": "1",
        "application": str(scene.application),
        "framework": "1",
        "criterion": "1",
        "number": "CM-2600-0010",
        "deactivated_at": "",
        "accepted": "on",
        "is_active": "on",
    }


@pytest.mark.skipif(connection.vendor != "sqlite", reason="compares ids, which a rollback resets")
@pytest.mark.parametrize(
    "address", [a for a in ADDRESSES if a.post != 405], ids=lambda address: address.name
)
def test_fields_nobody_offered_change_nothing(scene, time_machine, address):
    time_machine.move_to(timezone.now(), tick=False)
    user = scene.user[may_post(address)]
    url, data = address.url(scene), forms(scene).get(address.name, {})
    before = everything()

    status, without = after(user, url, data)
    again, with_more = after(user, url, {**uninvited(scene), **forms(scene).get(address.name, {})})

    assert without != before
    assert (again, with_more) == (status, without)


def test_evidence_of_another_organisation_cannot_be_claimed(scene):
    foreign = EvidenceFactory(organisation=scene.other)
    client = scenes.client_of(scene.user["lead"])

    answer = client.post(
        reverse("claim_edit", args=[scene.draft]),
        {"version": 1, "explanation": "Ours.", "evidence": [str(foreign.pk)]},
    )

    assert answer.status_code == 422
    assert list(Claim.objects.get(pk=scene.draft).evidence.values_list("pk")) == [(scene.evidence,)]


def test_evidence_cannot_be_added_for_another_organisations_claim(scene):
    client = scenes.client_of(scene.user["other_lead"])
    url = reverse("evidence_add", args=[scene.other_slug]) + f"?claim={scene.draft}"

    answers = [client.get(url).status_code, client.post(url, {"title": "Ours"}).status_code]

    assert answers == [404, 404]
    assert Evidence.objects.filter(organisation=scene.other).count() == 0


@pytest.mark.parametrize(
    ("name", "arg"),
    [
        ("member_remove", "contributor_membership"),
        ("join_request_answer", "join_request"),
        ("invitation_cancel", "invitation"),
    ],
)
def test_own_organisation_does_not_open_what_another_has(scene, name, arg):
    client = scenes.client_of(scene.user["other_lead"])
    before = everything()

    answer = client.post(
        reverse(name, args=[scene.other_slug, getattr(scene, arg)]), {"answer": "accept"}
    )

    assert answer.status_code == 404
    assert everything() == before


def test_lead_cannot_be_offered_to_a_member_of_another_organisation(scene):
    client = scenes.client_of(scene.user["other_lead"])
    MembershipFactory(organisation=scene.other)

    answer = client.post(
        reverse("handover_offer", args=[scene.other_slug]),
        {"member": scene.contributor_membership},
    )

    assert answer.status_code == 422
    assert scene.other.handovers.count() == 0


@pytest.mark.parametrize("reviewer", ["conflicted", "former", "stranger", "admin", "lead"])
def test_claim_cannot_be_assigned_to_who_may_not_review_it(scene, reviewer):
    client = scenes.client_of(scene.user["admin"])

    answer = client.post(
        reverse("manage_assign", args=[scene.waiting]), {"reviewer": scene.user[reviewer].pk}
    )

    assert answer.status_code == 422
    assert Claim.objects.get(pk=scene.waiting).held_by is None
