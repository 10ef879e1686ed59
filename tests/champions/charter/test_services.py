"""Publishing a version of the Charter, signing it, revoking, asking to sign again."""

import datetime

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent, Message
from accounts.rules import NotAllowed
from champions.charter import services
from champions.charter.models import CharterVersion, Signature
from champions.services import merge_organisations
from frameworks.reading import Faulty
from tests.champions.factories import CharterVersionFactory, SignatureFactory
from tests.factories import (
    LeadFactory,
    MembershipFactory,
    OrganisationFactory,
    PartnershipAdminFactory,
)

pytestmark = pytest.mark.django_db

PRINTED = settings.BASE_DIR / "fixtures" / "charter" / "2019.yaml"


@pytest.fixture
def lead():
    return LeadFactory()


def sign(lead, charter, **changes):
    given = {"name": "Ash", "designation": "Chief", "by": lead.user, **changes}
    return services.sign(lead.organisation, charter=charter, **given)


def test_load_charter_loads_the_printed_one_once():
    call_command("load_charter", verbosity=0)
    before = list(CharterVersion.objects.values())

    done = services.load_charter([PRINTED])

    assert done == ["Charter 2019: already loaded, unchanged"]
    assert list(CharterVersion.objects.values()) == before
    assert CharterVersion.objects.get().sections.count() == 5
    assert len(CharterVersion.objects.get().sections.get(code="principles").point_list) == 15


def test_load_charter_never_changes_what_is_published(tmp_path):
    services.load_charter([PRINTED])
    changed = tmp_path / "2019.yaml"
    changed.write_text(PRINTED.read_text().replace("The vision", "Our vision"))

    with pytest.raises(Faulty, match="published and may not change"):
        services.load_charter([changed])

    assert CharterVersion.objects.get().sections.get(code="vision").title == "The vision"


def test_load_charter_replaces_what_is_not_published_yet(tmp_path):
    coming = tmp_path / "coming.yaml"
    words = PRINTED.read_text().replace("2019-01-01", "2990-01-01")
    for title in ("The vision", "Our vision"):
        coming.write_text(words.replace("The vision", title))
        services.load_charter([coming])

    assert CharterVersion.objects.get().sections.get(code="vision").title == "Our vision"


def test_load_charter_command_says_what_is_wrong_and_loads_nothing(tmp_path, settings):
    (tmp_path / "fixtures" / "charter").mkdir(parents=True)
    (tmp_path / "fixtures" / "charter" / "x.yaml").write_text("code: 7\n")
    settings.BASE_DIR = tmp_path

    with pytest.raises(CommandError, match="line 1: 'code' must be text"):
        call_command("load_charter")

    assert not CharterVersion.objects.exists()


def test_sign_puts_the_organisation_under_the_version_in_force(lead):
    charter = CharterVersionFactory()

    signature = sign(lead, charter)

    assert (signature.organisation_name, signature.name) == (lead.organisation.name, "Ash")
    assert list(Signature.objects.standing()) == [signature]
    assert AuditEvent.objects.get().type == "charter.signed"
    assert [m.recipient for m in Message.objects.all()] == [lead.user.email]


def test_sign_again_replaces_the_signature_under_the_earlier_version(lead):
    first = sign(lead, CharterVersionFactory())

    second = sign(lead, CharterVersionFactory(published_on=datetime.date(2024, 1, 1)))

    first.refresh_from_db()
    assert first.replaced_by == lead.user
    assert list(Signature.objects.standing()) == [second]


def test_sign_twice_is_refused(lead):
    charter = CharterVersionFactory()
    sign(lead, charter)

    with pytest.raises(NotAllowed, match="signed this version of the Charter already"):
        sign(lead, charter)


def test_sign_refuses_a_version_that_is_no_longer_in_force(lead):
    earlier = CharterVersionFactory()
    CharterVersionFactory(published_on=datetime.date(2024, 1, 1))

    with pytest.raises(NotAllowed, match="new version of the Charter has been published"):
        sign(lead, earlier)

    assert not Signature.objects.exists()


@pytest.mark.parametrize("who", ["contributor", "other lead", "admin"])
def test_sign_is_for_the_lead_champion_alone(lead, who):
    charter = CharterVersionFactory()
    by = {
        "contributor": lambda: MembershipFactory(organisation=lead.organisation).user,
        "other lead": lambda: LeadFactory().user,
        "admin": PartnershipAdminFactory,
    }[who]()

    with pytest.raises(NotAllowed, match="Only the lead champion"):
        sign(lead, charter, by=by)


def test_revoke_takes_the_name_from_the_list_and_keeps_it_on_record(lead):
    charter = CharterVersionFactory()
    signature = sign(lead, charter)

    services.revoke(signature, by=lead.user, reason="We close.")

    signature.refresh_from_db()
    assert (signature.reason, signature.revoked_by) == ("We close.", lead.user)
    assert not Signature.objects.standing().exists()
    assert sign(lead, charter).stands


def test_revoke_twice_is_refused(lead):
    signature = sign(lead, CharterVersionFactory())
    services.revoke(signature, by=lead.user, reason="")

    with pytest.raises(NotAllowed, match="does not stand any more"):
        services.revoke(signature, by=lead.user, reason="")


def test_revoke_is_for_who_runs_the_organisation(lead):
    signature = sign(lead, CharterVersionFactory())

    with pytest.raises(NotAllowed, match="Only the lead champion"):
        services.revoke(signature, by=LeadFactory().user, reason="")


@pytest.mark.parametrize(
    ("days", "mails"), [([0], 1), ([0, 1, 13], 1), ([0, 14, 15], 2), ([0, 20, 60, 400], 3)]
)
def test_ask_to_sign_again_on_the_day_and_after_the_partnerships_days(lead, days, mails):
    SignatureFactory(organisation=lead.organisation)
    published = datetime.date(2024, 1, 1)
    CharterVersionFactory(published_on=published)

    for day in days:
        services.ask_to_sign_again(published + datetime.timedelta(days=day))

    assert [m.recipient for m in Message.objects.all()] == [lead.user.email] * mails


def test_ask_to_sign_again_asks_nobody_who_has_signed_or_revoked(lead):
    charter = CharterVersionFactory()
    sign(lead, charter)
    services.revoke(sign(other := LeadFactory(), charter), by=other.user, reason="")

    assert services.ask_to_sign_again() == 0


def test_merge_moves_signatures_and_keeps_the_one_under_the_later_version(lead):
    admin = PartnershipAdminFactory()
    earlier = SignatureFactory(organisation=lead.organisation)
    later = SignatureFactory(
        organisation=(duplicate := OrganisationFactory()),
        charter=CharterVersionFactory(published_on=datetime.date(2024, 1, 1)),
    )

    merge_organisations(duplicate, into=lead.organisation, by=admin)

    assert list(Signature.objects.standing()) == [later]
    assert set(lead.organisation.charter_signatures.all()) == {earlier, later}
