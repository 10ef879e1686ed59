"""One organisation's application in every state at once, and a person of every kind around it."""

import datetime
import hashlib
from pathlib import Path
from types import SimpleNamespace

from allauth.account.models import EmailAddress
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import (
    BouncedAddress,
    Invitation,
    JoinRequest,
    LeadHandover,
    Message,
    SubjectCopy,
)
from accounts.services import token_digest
from awards.credentials.issuing import issue
from awards.models import Application, Award, Certificate, FilePreview, Withdrawal
from awards.numbers import format_number
from awards.rules import Outcome
from awards.services import applications, reviews
from awards.services.files import remove_file
from awards.services.uploads import start_upload
from frameworks.models import Criterion, Mapping
from frameworks.packs import read_pack
from frameworks.services import write_framework
from tests.champions.scene import add_network
from tests.clients import Client, give_factor
from tests.factories import (
    ApplicationFactory,
    AwardFactory,
    ClaimFactory,
    EvidenceFactory,
    EvidenceFileFactory,
    FrameworkFactory,
    LeadFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewerFactory,
    RowFactory,
    SelfAssessmentFactory,
    UserFactory,
)

TOKEN = "an-invitation-token-of-32-letters"

# Everybody the tables of this folder name, in the order of their columns. `former` is a reviewer
# who left the organisation three months ago, `conflicted` one who belongs to it; `holder` holds
# the claim under review; `support` may use Django's admin and nothing else.
PEOPLE = [
    "anonymous",
    "closed",
    "stranger",
    "invited",
    "former",
    "contributor",
    "lead",
    "other_contributor",
    "other_lead",
    "reviewer",
    "conflicted",
    "holder",
    "admin",
    "support",
]


def build() -> SimpleNamespace:
    """Return the scene: its people by name, its objects by what they are."""
    now = timezone.now()
    scene = SimpleNamespace(token=TOKEN, user={"anonymous": None})
    for name in PEOPLE[1:]:
        reviews_claims = name in {"former", "reviewer", "conflicted", "holder"}
        made = UserFactory(
            email=f"{name}@example.org",
            full_name=name.replace("_", " ").title(),
            is_active=name != "closed",
            is_reviewer=reviews_claims,
            is_partnership_admin=name == "admin",
            is_staff=name == "support",
            is_superuser=name == "support",
        )
        EmailAddress.objects.create(user=made, email=made.email, verified=True, primary=True)
        scene.user[name] = made
    person = SimpleNamespace(**scene.user)

    scene.framework = FrameworkFactory()
    outcome = RowFactory(code="O1", text="People are well.", unit="count")
    Mapping.objects.create(
        framework=outcome.framework, from_row="cm-award/SO1", to_row=outcome.address,
        made_by="A test", reason="It is.", position=1,
    )  # fmt: skip
    scene.home = organisation = OrganisationFactory(name="Home", website="https://home.example")
    lead = LeadFactory(organisation=organisation, user=person.lead)
    scene.lead_membership = lead.pk
    contributor = MembershipFactory(organisation=organisation, user=person.contributor)
    scene.contributor_membership = contributor.pk
    MembershipFactory(organisation=organisation, user=person.conflicted)
    left = now - datetime.timedelta(days=90)
    MembershipFactory(
        organisation=organisation,
        user=person.former,
        joined_at=left - datetime.timedelta(days=1),
        ended_at=left,
        ended_by=person.former,
    )

    scene.other = OrganisationFactory(name="Other")
    LeadFactory(organisation=scene.other, user=person.other_lead)
    MembershipFactory(organisation=scene.other, user=person.other_contributor)

    asker = ReviewerFactory(full_name="Asker", email="asker@example.org")
    _application(scene, person, asker)
    _around(scene, person, now)
    _award(scene, asker, now)
    _draft_framework(scene, now)
    _self_assessment(scene, person, now)
    add_network(scene)
    _held(scene, person, now)
    return scene


def _draft_framework(scene, now):
    """A framework that is not published yet."""
    pack = read_pack(Path(__file__).parents[1] / "frameworks" / "made_up" / "marsh-award")
    pack.values["version"] = "unpublished"
    del pack.values["published_on"]
    scene.draft_digest = write_framework(pack).digest
    scene.framework_version = scene.framework.version
    scene.tomorrow = str(timezone.localdate(now) + datetime.timedelta(days=1))


def _self_assessment(scene, person, now):
    """Home has said how far it is with some criteria, and said less a month ago."""
    said = {"SO1": "strong", "EC2": "some", "EN1": "not_yet", "EN2": "strong"}
    assessment = SelfAssessmentFactory(organisation=scene.home, created_by=person.lead, levels=said)
    for days, levels in ((30, {"EC2": "some"}), (0, said)):
        day = timezone.localdate(now) - datetime.timedelta(days=days)
        assessment.days.create(day=day, levels=levels)


def _application(scene, person, asker):
    application = ApplicationFactory(
        organisation=scene.home, framework=scene.framework, created_by=person.lead
    )
    shown = EvidenceFactory(organisation=scene.home, created_by=person.lead)
    file = EvidenceFileFactory(evidence=shown, uploaded_by=person.lead)
    FilePreview.objects.create(file=file, page=1, image=ContentFile(b"webp", name="file"))
    claims = {}
    for code in ("SO1", "EC1", "EC2", "EN1"):
        claims[code] = ClaimFactory(
            application=application,
            criterion=Criterion.objects.get(theme__framework=scene.framework, code=code),
            created_by=person.lead,
        )
        claims[code].evidence.add(shown)
    applications.submit(application, by=person.lead, statements=["Accurate."])
    reviews.declare_interest(scene.home, by=asker, has_interest=False)
    reviews.declare_interest(scene.home, by=person.holder, has_interest=False)
    for code, outcome in (("EC1", Outcome.MORE_INFORMATION), ("EC2", Outcome.NOT_ACCEPTED)):
        reviews.take(claims[code], by=asker)
        reviews.decide(
            claims[code], by=asker, outcome=outcome, feedback="How many?", round_number=1
        )
    reviews.take(claims["SO1"], by=person.holder)
    application.refresh_from_db()
    draft = ClaimFactory(
        application=application,
        criterion=Criterion.objects.get(theme__framework=scene.framework, code="SO2"),
        created_by=person.lead,
    )
    draft.evidence.add(shown)
    spare = EvidenceFactory(organisation=scene.home, created_by=person.lead)
    extra = EvidenceFileFactory(evidence=spare, uploaded_by=person.lead)
    gone = EvidenceFileFactory(evidence=spare, uploaded_by=person.lead)
    remove_file(gone, by=person.lead)

    scene.application, scene.evidence, scene.file = application.pk, shown.pk, file.pk
    upload = start_upload(spare, by=person.lead, name="large.csv", size=9)
    scene.upload = upload.pk
    scene.spare, scene.extra_file, scene.removed_file = spare.pk, extra.pk, gone.pk
    scene.held, scene.question = claims["SO1"].pk, claims["EC1"].pk
    scene.refused, scene.waiting, scene.draft = claims["EC2"].pk, claims["EN1"].pk, draft.pk


def _around(scene, person, now):
    scene.join_request = JoinRequest.objects.create(
        organisation=scene.home, user=person.stranger
    ).pk
    scene.invitation = Invitation.objects.create(
        organisation=scene.home,
        email=person.invited.email,
        token_digest=token_digest(TOKEN),
        sent_at=now,
        sent_by=person.lead,
        expires_at=now + datetime.timedelta(days=7),
    ).pk
    scene.handover = LeadHandover.objects.create(
        organisation=scene.home, to=person.contributor, offered_at=now, offered_by=person.lead
    ).pk
    scene.bounced = BouncedAddress.objects.create(
        address="gone@example.org", reason="550 no such user", since=now
    ).pk
    scene.message = Message.objects.create(
        key="m", kind="submitted", recipient="a@example.org", subject="s", text="Words of a mail",
        queued_at=now, next_attempt_at=now, last_error="refused",
    ).pk  # fmt: skip
    copy = SubjectCopy(
        person=person.contributor, asked_at=now, asked_by=person.contributor, made_at=now
    )
    copy.content.save("copy", ContentFile(b"zip"))
    scene.copy = copy.pk
    scene.person, scene.closed_person = person.stranger.pk, person.closed.pk
    scene.reviewer_person = person.reviewer.pk
    give_factor(person.reviewer)
    scene.closed_organisation = OrganisationFactory(
        name="Closed", deactivated_at=now, deactivated_by=person.admin
    ).slug
    logo = OrganisationFactory(name="With a logo")
    logo.logo.save("logo", ContentFile(b"webp"))
    scene.with_logo, scene.home_slug, scene.other_slug = (
        logo.slug,
        scene.home.slug,
        scene.other.slug,
    )


def _award(scene, asker, now):
    holder = OrganisationFactory(name="Winner")
    granted = timezone.localdate()
    award = Award.objects.create(
        number=format_number("CM", granted.year, 1),
        organisation=holder,
        holder_name=holder.name,
        framework=scene.framework,
        granted_on=granted,
        granted_at=now,
        granted_by=asker,
        ends_on=granted + datetime.timedelta(days=1826),
        reasoning={},
    )
    content = b"%PDF-1.7 made for a test"
    certificate = Certificate(award=award, sha256=hashlib.sha256(content).hexdigest(), made_at=now)
    certificate.content.save("certificate", ContentFile(content))
    scene.number, scene.winner = award.number, holder.slug
    scene.credential = issue(award).pk


def _held(scene, person, now):
    """Home holds an award that can be renewed and may be withdrawn, and lost one before it."""
    day = timezone.localdate()
    for name, years, months in (("held_award", 4, 9), ("withdrawn_award", 9, 9)):
        granted = day - datetime.timedelta(days=365 * years + 30 * months)
        award = AwardFactory(
            organisation=scene.home,
            framework=scene.framework,
            granted_by=person.admin,
            granted_at=now - datetime.timedelta(days=365 * years + 30 * months),
            granted_on=granted,
            number=format_number("CM", granted.year, 7),
        )
        setattr(scene, name, award.number)
        Withdrawal.objects.create(
            award=award,
            reason="It was not true.",
            proposed_at=now,
            proposed_by=person.holder,
            reply_by=day,
        )
    Award.objects.filter(pk=award.pk).update(
        ended_on=day, ended_kind="withdrawn", ended_reason="It was not true."
    )
    award.withdrawals.update(
        status="confirmed",
        answer="Look.",
        decided_at=now,
        decided_by=person.holder,
        appeal_until=day + datetime.timedelta(days=14),
    )
    Application.objects.filter(pk=scene.application).update(
        renews=Award.objects.get(number=scene.held_award), what_changed="Much."
    )


def client_of(user, **options) -> Client:
    """Return a browser in which somebody has signed in; nobody has for None."""
    client = Client(**options)
    if user is not None:
        client.force_login(user)
    return client


def sign_in_everybody(scene) -> dict[str, Client]:
    """Return a browser for each of the people; the closed account signed in before it closed."""
    clients = {}
    for name, user in scene.user.items():
        if name == "closed":
            type(user).objects.filter(pk=user.pk).update(is_active=True)
        clients[name] = client_of(user)
        if name == "closed":
            type(user).objects.filter(pk=user.pk).update(is_active=False)
    return clients
