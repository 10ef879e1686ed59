"""An admin looks as somebody else: reading only, announced, on record, and not for long."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.services import deactivate_person, set_roles
from svportal.looking import CLOSED
from tests.factories import PartnershipAdminFactory
from tests.security import scene as scenes
from tests.security.addresses import ADDRESSES, typed

pytestmark = pytest.mark.django_db
STOP = "Stop looking"


@pytest.fixture
def scene():
    return scenes.build()


def look(scene, person):
    client = scenes.client_of(scene.user["admin"])
    answer = client.post(reverse("manage_person_look", args=[scene.user[person].pk]))
    return client, answer


def trail():
    return list(AuditEvent.objects.filter(type__startswith="person.looked").order_by("pk"))


def test_every_page_is_what_the_person_sees_with_the_way_out_on_it(scene):
    client, _ = look(scene, "lead")
    wrong = []

    for address in ADDRESSES:
        own = address.url(scene).startswith(CLOSED)
        if address.name in {"manage_person_look", "look_end"} or own:
            continue
        answer = client.get(address.url(scene))
        body = b"".join(answer)
        is_html = body and answer.get("Content-Type", "").startswith("text/html")
        page = is_html and answer.status_code != 405
        announced = STOP.encode() in body or answer.status_code in {202, 302} or not page
        if str(answer.status_code) != address.expected("GET", "lead") or not announced:
            wrong.append((address.name, answer.status_code, announced))

    assert wrong == []


def test_nothing_can_be_changed(scene):
    client, _ = look(scene, "lead")
    forms, wrong = typed(scene), []

    for address in ADDRESSES:
        if address.post != 405 and address.name != "look_end":
            answer = client.post(address.url(scene), forms.get(address.name, {}))
            if answer.status_code != 403 or "You can only look" not in answer.text:
                wrong.append((address.name, answer.status_code))

    assert wrong == []
    assert [event.type for event in trail()] == ["person.looked_as"]


@pytest.mark.parametrize("page", ["account_email", "usersessions_list", "mfa_index", "your_data"])
def test_pages_of_the_account_stay_closed(scene, page):
    client, _ = look(scene, "lead")

    assert client.get(reverse(page)).status_code == 403


def test_beginning_and_end_are_on_record(scene):
    client, begun = look(scene, "reviewer")

    seen = client.get(reverse("review_queue")).status_code
    client.post(reverse("look_end"))

    admin, person = scene.user["admin"], scene.user["reviewer"]
    assert begun["Location"] == reverse("dashboard")
    assert seen == 200
    assert client.get(reverse("manage")).status_code == 200
    assert [(e.type, e.actor_id, e.target_id) for e in trail()] == [
        ("person.looked_as", admin.pk, str(person.pk)),
        ("person.looked_as_ended", admin.pk, str(person.pk)),
    ]


def test_it_ends_by_itself_after_half_an_hour(scene, time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    client, _ = look(scene, "lead")
    for minutes in (10, 20, 29):
        time_machine.move_to(start + datetime.timedelta(minutes=minutes), tick=False)
        assert STOP in client.get(reverse("dashboard")).text

    time_machine.move_to(start + datetime.timedelta(minutes=30, seconds=1), tick=False)
    page = client.get(reverse("dashboard")).text

    assert STOP not in page
    assert trail()[-1].after == {"by_itself": True}


@pytest.mark.parametrize("person", ["admin", "support", "closed"])
def test_never_as_an_admin_support_or_a_closed_account(scene, person):
    _, answer = look(scene, person)

    assert answer.status_code == 409
    assert trail() == []


def test_never_as_another_admin_made_one_meanwhile(scene):
    client, _ = look(scene, "lead")

    set_roles(
        scene.user["lead"], reviewer=False, partnership_admin=True, by=PartnershipAdminFactory()
    )

    assert STOP not in client.get(reverse("dashboard")).text


def test_admin_who_is_one_no_more_looks_no_more(scene):
    client, _ = look(scene, "lead")

    set_roles(
        scene.user["admin"], reviewer=False, partnership_admin=False, by=PartnershipAdminFactory()
    )

    assert STOP not in client.get(reverse("dashboard")).text


def test_account_closed_meanwhile_is_seen_no_more(scene):
    client, _ = look(scene, "lead")

    deactivate_person(scene.user["lead"], by=PartnershipAdminFactory(), reason="Left")

    assert STOP not in client.get(reverse("dashboard")).text
