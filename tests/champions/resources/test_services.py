"""Loading, adding, replacing and reviewing resources; counting how often they are opened."""

import datetime

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone

from accounts.models import AuditEvent, Message
from accounts.rules import NotAllowed
from awards.files import Refused
from awards.models import FileState
from awards.services.files import sweep_files
from champions.resources import counting, services
from champions.resources.models import Resource, ResourceVersion
from champions.resources.rules import PROPOSED_A_DAY, is_for_admins
from frameworks.rules import EditConflict
from tests.champions.resources.factories import ResourceFactory
from tests.factories import MembershipFactory, PartnershipAdminFactory, UserFactory

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)
TABLE = b"name,places\nHall,12\n"


def upload(content=TABLE, name="places.csv"):
    return SimpleUploadedFile(name, content, "text/csv")


def values(resource, **changed):
    return {**{name: getattr(resource, name) for name in services.FIELDS}, **changed}


def test_resources_of_the_documents_are_loaded_once_and_left_as_an_admin_has_them():
    call_command("load_network", verbosity=0)
    Resource.objects.filter(code="national-toms").update(title="Changed")
    call_command("load_network", verbosity=0)

    assert Resource.objects.count() == ResourceVersion.objects.count() == 24
    assert Resource.objects.get(code="national-toms").title == "Changed"
    assert set(ResourceVersion.objects.values_list("state", flat=True)) == {FileState.CLEAN}
    assert not Resource.objects.filter(source="").exists()


def test_only_admins_add_change_and_withdraw():
    resource = ResourceFactory()
    owner = UserFactory()
    resource.owner = owner
    resource.save()

    for refused in (
        lambda: services.add(by=owner, values=values(resource), link="https://a.example/"),
        lambda: services.change(resource, by=owner, version=1, values=values(resource)),
        lambda: services.withdraw(resource, by=owner),
        lambda: services.offer_again(resource, by=owner),
        lambda: services.replace(resource, by=UserFactory(), link="https://a.example/"),
        lambda: services.find_right(resource, by=UserFactory()),
    ):
        with pytest.raises(NotAllowed):
            refused()


def test_new_version_takes_the_place_of_the_old_which_is_kept():
    owner = UserFactory()
    resource = ResourceFactory(owner=owner, review_on=timezone.localdate() - DAY)

    services.replace(resource, by=owner, link="https://guide.example/2", note="Newer")

    current = Resource.objects.with_current().get()
    assert current.link == "https://guide.example/2"
    assert [v.number for v in resource.versions.all()] == [2, 1]
    assert current.review_on > timezone.localdate()


def test_file_is_checked_stored_and_known_to_the_sweep():
    admin, resource = PartnershipAdminFactory(), ResourceFactory()
    # What tests before this one left behind.
    sweep_files(timezone.now() + 2 * DAY)

    version = services.replace(resource, by=admin, upload=upload())
    swept = sweep_files(timezone.now() + 2 * DAY)

    assert (version.name, version.state, version.size) == ("places.csv", "clean", len(TABLE))
    with version.content.open() as content:
        assert content.read() == TABLE
    assert swept == 0


def test_file_that_is_not_what_it_says_is_refused_and_changes_nothing():
    admin, resource = PartnershipAdminFactory(), ResourceFactory()

    with pytest.raises(Refused, match="is not a PDF"):
        services.replace(resource, by=admin, upload=upload(name="places.pdf"))

    assert resource.versions.count() == 1


def test_resource_withdrawn_is_not_replaced_until_it_is_offered_again():
    admin, resource = PartnershipAdminFactory(), ResourceFactory()

    services.withdraw(resource, by=admin)
    with pytest.raises(NotAllowed, match="withdrawn"):
        services.replace(resource, by=admin, link="https://a.example/")
    assert Resource.objects.visible_to(MembershipFactory().user).count() == 0
    services.offer_again(resource, by=admin)

    assert Resource.objects.visible_to(MembershipFactory().user).count() == 1


def test_second_editor_is_told_and_overwrites_nothing():
    admin, resource = PartnershipAdminFactory(), ResourceFactory()
    services.change(resource, by=admin, version=1, values=values(resource, title="Theirs"))

    with pytest.raises(EditConflict) as conflict:
        services.change(resource, by=admin, version=1, values=values(resource, title="Mine"))

    assert conflict.value.current.title == "Theirs"


def test_owner_is_asked_once_for_each_day_it_was_due():
    owner, today = UserFactory(), timezone.localdate()
    due = ResourceFactory(owner=owner, review_on=today)
    ResourceFactory(owner=owner, review_on=today + DAY)
    ResourceFactory(review_on=today)
    ResourceFactory(owner=UserFactory(is_active=False), review_on=today)

    for on in (today, today, today + 0.5 * DAY):
        services.ask_to_review(on)
    sent = list(Message.objects.filter(kind="resource_due").values_list("recipient", flat=True))
    services.find_right(due, by=owner)
    services.ask_to_review(Resource.objects.get(pk=due.pk).review_on)

    assert sent == [owner.email]
    # Two more in a year: the one that was found right, and the one that was not due then.
    assert Message.objects.filter(kind="resource_due").count() == 3


def test_owner_is_asked_again_until_they_look(settings):
    settings.PARTNERSHIP = {**settings.PARTNERSHIP, "resource_overdue_days": 14}
    today = timezone.localdate()
    ResourceFactory(owner=UserFactory(), review_on=today)

    asked = []
    for day in (0, 1, 13, 14, 15, 28, 59):
        services.ask_to_review(today + day * DAY)
        asked.append(Message.objects.filter(kind="resource_due").count())

    assert asked == [1, 1, 1, 2, 2, 3, 4]


@pytest.mark.parametrize("owner", [None, "active", "left"])
@pytest.mark.parametrize("late", [-1, 0, 13, 14])
def test_query_and_rule_agree_on_what_waits_for_admins(owner, late):
    today = timezone.localdate()
    person = UserFactory(is_active=owner == "active") if owner else None
    ResourceFactory(owner=person, review_on=today - late * DAY)

    found = Resource.objects.for_admins(today, 14).exists()

    assert found == is_for_admins(
        today - late * DAY, today, has_owner=owner == "active", overdue_days=14
    )


def test_uses_are_counted_once_however_often_they_are_taken_over():
    cache.clear()
    often, never = ResourceFactory(uses=3), ResourceFactory()

    for _ in range(5):
        counting.count(often)
    taken = [counting.take_over(), counting.take_over()]
    counting.count(often)
    counting.take_over()

    assert taken == [5, 0]
    assert set(Resource.objects.values_list("pk", "uses")) == {(often.pk, 9), (never.pk, 0)}


SAID = {
    "title": "A guide", "description": "How to.", "kind": "guide", "theme": "",
    "audience": "buyers",
}  # fmt: skip


def propose(by, **content):
    return services.propose(by=by, values=SAID, **(content or {"link": "https://a.example/"}))


def seen_by(user):
    return list(Resource.objects.offered().visible_to(user))


def test_proposal_is_for_who_made_it_and_admins_until_it_is_accepted():
    proposer, other = MembershipFactory().user, MembershipFactory().user
    admin = PartnershipAdminFactory()

    resource = propose(proposer, upload=upload())
    before = [seen_by(person) for person in (proposer, other, admin)]
    own = [list(Resource.objects.visible_to(person)) for person in (proposer, other)]
    services.decide(resource, by=admin, accept=True, answer="Thank you.")

    resource.refresh_from_db()
    assert (before, own) == ([[], [], []], [[resource], []])
    assert seen_by(other) == [resource]
    assert (resource.owner, resource.accepted_by, resource.answer) == (
        proposer,
        admin,
        "Thank you.",
    )
    mails = Message.objects.values_list("kind", "recipient")
    assert set(mails) == {("resource_proposed", admin.email), ("resource_decided", proposer.email)}
    assert len(mails) == 2
    assert "Thank you." in Message.objects.get(kind="resource_decided").text
    types = AuditEvent.objects.filter(target_id=str(resource.pk)).order_by("pk")
    assert list(types.values_list("type", flat=True)) == [
        "resource.proposed", "resource.version_added", "resource.accepted"
    ]  # fmt: skip


def test_declined_proposal_stays_with_who_made_it_and_says_why():
    proposer, admin = MembershipFactory().user, PartnershipAdminFactory()
    resource = propose(proposer)

    services.decide(resource, by=admin, accept=False, answer="We have it already.")

    assert (seen_by(proposer), seen_by(admin)) == ([], [])
    assert list(Resource.objects.visible_to(proposer)) == [resource]
    assert "We have it already." in Message.objects.get(kind="resource_decided").text
    with pytest.raises(NotAllowed, match="decided already"):
        services.decide(resource, by=admin, accept=True, answer="")


def test_who_may_propose_and_decide_and_how_often():
    proposer = MembershipFactory().user
    resource = propose(proposer)

    with pytest.raises(NotAllowed, match="Only champions of the network"):
        propose(UserFactory())
    with pytest.raises(NotAllowed, match="Only partnership admins"):
        services.decide(resource, by=proposer, accept=True, answer="")
    for act in (services.find_right, services.replace):
        with pytest.raises(NotAllowed, match="is not offered"):
            act(resource, by=proposer)
    for _ in range(PROPOSED_A_DAY - 1):
        propose(proposer)
    with pytest.raises(NotAllowed, match="resources today"):
        propose(proposer)


def test_proposal_is_accepted_only_once_it_can_be_opened():
    admin = PartnershipAdminFactory()
    resource = propose(MembershipFactory().user)
    resource.versions.update(state=FileState.PENDING)

    with pytest.raises(NotAllowed, match="nothing in it that can be opened"):
        services.decide(resource, by=admin, accept=True, answer="")
