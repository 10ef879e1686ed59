"""The pages of the resources."""

import csv
import io

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from awards.models import FileState
from champions.resources import counting
from champions.resources.models import Resource
from tests.champions.resources.factories import ResourceFactory
from tests.champions.training.factories import CourseFactory
from tests.factories import MembershipFactory, PartnershipAdminFactory, UserFactory

pytestmark = pytest.mark.django_db

TYPED = {
    "title": "A guide", "description": "How to.", "kind": "guide", "audience": "buyers",
    "review_on": "2031-05-01", "link": "https://guide.example/", "version": 1,
}  # fmt: skip


@pytest.fixture
def admin(client):
    client.force_login(PartnershipAdminFactory())
    return client


def found(client, **query):
    return client.get(reverse("resources"), query).context["page"].rows


@pytest.mark.parametrize("rows", [1, 30])
@pytest.mark.parametrize(("name", "queries"), [("resources", 2), ("manage_resources", 4)])
def test_list_costs_the_same_at_every_length(
    client, name, queries, rows, django_assert_num_queries
):
    for _ in range(rows):
        ResourceFactory(owner=UserFactory())
    if name.startswith("manage"):
        client.force_login(PartnershipAdminFactory())
        client.get(reverse("manage"))

    with django_assert_num_queries(queries):
        response = client.get(reverse(name))

    assert len(response.context["page"].rows) == min(rows, 25)


def test_resources_are_found_by_words_kind_and_audience_and_ordered(client):
    guide = ResourceFactory(title="Buying well", audience="buyers", uses=1)
    tool = ResourceFactory(title="Café counter", kind="tool", uses=5)

    assert found(client) == [guide, tool]
    assert found(client, q="cafe") == [tool]
    assert found(client, kind="tool") == [tool]
    assert found(client, audience="vcfse") == [tool]
    assert found(client, order="used") == [tool, guide]
    assert found(client, q="nothing") == []


def test_what_is_for_the_network_is_for_the_network(client):
    resource = ResourceFactory(for_network=True)
    seen = []

    for person in (None, UserFactory(), MembershipFactory().user):
        client.logout()
        if person:
            client.force_login(person)
        opened = client.get(reverse("resource_open", args=[resource.pk])).status_code
        seen.append((len(found(client)), opened))

    assert seen == [(0, 404), (0, 404), (1, 302)]


def test_open_leads_to_the_link_and_is_counted(client):
    cache.clear()
    resource = ResourceFactory()

    response = client.get(reverse("resource_open", args=[resource.pk]))
    counting.take_over()

    assert response["Location"] == "https://guide.example/1"
    assert Resource.objects.get().uses == 1


def test_admin_adds_a_file_that_is_handed_out_as_a_download(admin):
    file = SimpleUploadedFile("places.csv", b"a,b\n1,2\n", "text/csv")

    added = admin.post(reverse("manage_resource_add"), {**TYPED, "link": "", "file": file})
    resource = Resource.objects.get()
    response = admin.get(reverse("resource_open", args=[resource.pk]))

    assert added["Location"] == resource.get_absolute_url()
    assert b"".join(response) == b"a,b\n1,2\n"
    assert response["Content-Disposition"] == 'attachment; filename="places.csv"'
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_file_that_is_not_clean_is_opened_by_nobody(admin):
    resource = ResourceFactory()
    resource.versions.update(
        link="", name="a.csv", content="quarantine/aa/aa", state=FileState.PENDING
    )

    pages = [
        admin.get(reverse("resource_open", args=[resource.pk])),
        admin.get(reverse("resource_version", args=[resource.pk, 1])),
    ]
    page = admin.get(resource.get_absolute_url())
    admin.logout()

    assert [p.status_code for p in pages] == [404, 404]
    assert "Being checked" in page.text
    assert admin.get(resource.get_absolute_url()).status_code == 404


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"link": ""}, "Enter a link or choose a file"),
        ({"link": "javascript:alert(1)"}, "Enter the whole link, like https://"),
        ({"title": ""}, "Enter a title"),
        ({"review_on": "soon"}, "Enter the day on which it should be looked at, like 2027-03-31"),
        ({"owner": "nobody@example.org"}, "Nobody on the portal has this address"),
        ({"owner": "nobody"}, "Enter the owner’s e-mail address"),
        ({"file": b"%PDF-1.7"}, "Enter a link or choose a file, not both"),
        ({"file": b"x", "link": ""}, "is not a PDF"),
    ],
)
def test_form_says_how_to_put_it_right(admin, changed, words):
    if "file" in changed:
        changed = {**changed, "file": SimpleUploadedFile("a.pdf", changed["file"])}

    response = admin.post(reverse("manage_resource_add"), {**TYPED, **changed})

    assert response.status_code == 422
    assert words in response.text
    assert Resource.objects.count() == 0


def test_owner_replaces_and_finds_right_what_is_theirs_alone(client):
    owner = UserFactory()
    resource = ResourceFactory(owner=owner, review_on=timezone.localdate())
    other = ResourceFactory()
    client.force_login(owner)

    home = client.get(reverse("network_for_you")).text
    client.post(reverse("resource_replace", args=[resource.pk]), {"link": "https://a.example/2"})
    old = client.get(reverse("resource_version", args=[resource.pk, 1]))
    client.post(reverse("resource_right", args=[resource.pk]))

    assert f"Look whether it is still right: {resource}" in home
    assert old["Location"] == "https://guide.example/1"
    assert Resource.objects.with_current().get(pk=resource.pk).link == "https://a.example/2"
    assert Resource.objects.get(pk=resource.pk).review_on > timezone.localdate()
    assert client.get(reverse("resource_replace", args=[other.pk])).status_code == 404


def test_material_stands_on_the_page_of_its_unit(client):
    course = CourseFactory()
    open_to_all = ResourceFactory(course=course)
    ResourceFactory(course=course, for_network=True)

    shown = client.get(course.get_absolute_url()).context["materials"]

    assert list(shown) == [open_to_all]


def test_second_editor_keeps_what_they_typed(admin):
    resource = ResourceFactory(version=2, title="Theirs")

    response = admin.post(
        reverse("manage_resource_edit", args=[resource.pk]), {**TYPED, "title": "Mine"}
    )
    again = {**response.context["form"].data, "title": "Mine"}
    saved = admin.post(reverse("manage_resource_edit", args=[resource.pk]), again)

    assert response.status_code == 409
    assert "Theirs" in response.text
    assert 'value="Mine"' in response.text
    assert (saved.status_code, Resource.objects.get().title) == (302, "Mine")


def test_admin_sees_what_is_late_and_withdraws_it(admin):
    ResourceFactory()
    late = ResourceFactory(review_on=timezone.localdate())
    url = reverse("manage_resource_withdraw", args=[late.pk])

    waiting = admin.get(reverse("manage_network")).context["waiting"]
    listed = admin.get(reverse("manage_resources"), {"state": "late"}).context["page"].rows
    admin.post(url)
    gone = admin.get(reverse("manage_resources"), {"state": "withdrawn"}).context["page"].rows
    admin.post(url, {"again": "1"})

    assert [line.count for line in waiting] == [1]
    assert (listed, gone) == ([late], [late])
    assert Resource.objects.offered().count() == 2


def test_admin_downloads_the_list(admin):
    ResourceFactory(title="=1+1", owner=UserFactory(email="owner@example.org"), uses=7)

    text = b"".join(admin.get(reverse("manage_resources_csv"))).decode()

    (row,) = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert (row["title"], row["owner"], row["opened"], row["link"]) == (
        "'=1+1", "owner@example.org", "7", "https://guide.example/1",
    )  # fmt: skip


def test_champion_proposes_and_an_admin_changes_and_accepts(client):
    member = MembershipFactory().user
    client.force_login(member)
    url = reverse("resource_propose")
    typed = {**TYPED, "owner": "", "title": "A gide"}

    wrong = client.post(url, {**typed, "link": ""})
    sent = client.post(url, typed, follow=True)
    resource = Resource.objects.get()
    client.force_login(PartnershipAdminFactory())
    waiting = client.get(reverse("manage_network")).text
    listed = client.get(reverse("manage_resources"), {"state": "proposed"}).text
    decide = reverse("manage_resource_decide", args=[resource.pk])
    client.post(
        reverse("manage_resource_edit", args=[resource.pk]), {**TYPED, "owner": member.email}
    )
    unsaid = client.post(decide, {"outcome": "decline", "answer": ""})
    client.post(decide, {"outcome": "accept", "answer": "Thank you."})
    client.force_login(member)

    assert (wrong.status_code, "Enter a link or choose a file" in wrong.text) == (422, True)
    assert "Only you and the partnership admins see it" in sent.text
    assert ("1 resource is proposed" in waiting, decide in listed) == (True, True)
    assert (unsaid.status_code, "Say why it is declined" in unsaid.text) == (422, True)
    assert [found.title for found in found(client)] == ["A guide"]
    assert "Accepted" in client.get(url).text


def test_proposal_is_nobody_elses_to_see(client):
    member = MembershipFactory().user
    proposal = ResourceFactory(proposed_at=timezone.now(), proposed_by=member, owner=member)
    answers = []

    for person in (None, MembershipFactory().user, member):
        client.logout()
        if person:
            client.force_login(person)
        seen = [client.get(proposal.get_absolute_url()), client.get(reverse("resources"))]
        answers.append([seen[0].status_code, proposal.title in seen[1].text])

    assert answers == [[404, False], [404, False], [200, False]]
