"""Dull factories: the least that is valid, everything else as the test says."""

import hashlib
from typing import Any

import factory
from django.core.files.base import ContentFile
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import Membership, Organisation, OrganisationType, Place, User
from accounts.roles import MemberRole
from accounts.rules import name_key
from awards.models import Application, Award, Claim, Evidence, EvidenceFile, FileState
from awards.numbers import format_number
from awards.rules import last_day
from awards.self_assessment.models import SelfAssessment
from frameworks.models import Criterion, Framework, FrameworkKind, Row, RowKind, Theme

PASSWORD = "a long enough phrase"


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    full_name = factory.Sequence(lambda n: f"Person {n}")
    password = factory.django.Password(PASSWORD)


class ReviewerFactory(UserFactory):
    is_reviewer = True


class PartnershipAdminFactory(UserFactory):
    is_partnership_admin = True


class PlaceFactory(DjangoModelFactory[Place]):
    class Meta:
        model = Place

    code = factory.Sequence(lambda n: f"place-{n}")
    name = factory.Sequence(lambda n: f"Place {n}")
    source = "A test"


class OrganisationTypeFactory(DjangoModelFactory[OrganisationType]):
    class Meta:
        model = OrganisationType

    code = factory.Sequence(lambda n: f"type-{n}")
    name = factory.Sequence(lambda n: f"Type {n}")
    source = "A test"


class OrganisationFactory(DjangoModelFactory[Organisation]):
    class Meta:
        model = Organisation
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Organisation {n}")
    name_key = factory.LazyAttribute(lambda o: name_key(o.name))
    slug = factory.LazyAttribute(lambda o: o.name.casefold().replace(" ", "-"))
    type = factory.SubFactory(OrganisationTypeFactory)

    @factory.post_generation
    def places(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create:
            self.places.set(extracted if extracted is not None else [PlaceFactory()])


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    organisation = factory.SubFactory(OrganisationFactory)
    user = factory.SubFactory(UserFactory)
    role = MemberRole.CONTRIBUTOR
    joined_at = factory.LazyFunction(timezone.now)
    joined_by = factory.SelfAttribute("user")


class LeadFactory(MembershipFactory):
    role = MemberRole.LEAD


class FrameworkFactory(DjangoModelFactory[Framework]):
    """A published framework; `with_themes` gives it four themes of two criteria each."""

    class Meta:
        model = Framework
        skip_postgeneration_save = True

    code = "cm-award"
    version = factory.Sequence(lambda n: f"v{n}")
    title = "Award framework"
    source = "A test"
    published_on = factory.LazyFunction(lambda: timezone.localdate())

    @factory.post_generation
    def with_themes(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        if not create or extracted is False:
            return
        for position, code in enumerate(["social", "economic", "environment", "innovation"]):
            theme = Theme.objects.create(
                framework=self, code=code, title=code.title(), source="A test", position=position
            )
            Criterion.objects.bulk_create(
                Criterion(
                    theme=theme,
                    code=f"{code[:2].upper()}{n}",
                    title=f"{code.title()} criterion {n}",
                    source="A test",
                    position=n,
                )
                for n in (1, 2)
            )


class RowFactory(DjangoModelFactory[Row]):
    """A row of a framework that has no criteria."""

    class Meta:
        model = Row

    framework = factory.SubFactory(
        FrameworkFactory, code="outcomes", kind=FrameworkKind.OUTCOMES, with_themes=False
    )
    kind = RowKind.OUTCOME
    code = factory.Sequence(lambda n: f"R{n}")
    title = factory.Sequence(lambda n: f"Row {n}")
    source = "A test"
    position = factory.Sequence(lambda n: n % 30_000)


class EvidenceFactory(DjangoModelFactory[Evidence]):
    """Complete evidence, unless the test says otherwise."""

    class Meta:
        model = Evidence
        skip_postgeneration_save = True

    organisation = factory.SubFactory(OrganisationFactory)
    title = factory.Sequence(lambda n: f"Evidence {n}")
    what_changed = "People found work."
    for_whom = "Residents who were out of work"
    started_on = factory.LazyFunction(lambda: timezone.localdate())
    created_at = factory.LazyFunction(timezone.now)
    created_by = factory.SubFactory(UserFactory)
    updated_at = factory.SelfAttribute("created_at")
    updated_by = factory.SelfAttribute("created_by")

    @factory.post_generation
    def places(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create:
            self.places.set(extracted if extracted is not None else [PlaceFactory()])


class EvidenceFileFactory(DjangoModelFactory[EvidenceFile]):
    """A stored, clean CSV."""

    class Meta:
        model = EvidenceFile

    evidence = factory.SubFactory(EvidenceFactory)
    name = factory.Sequence(lambda n: f"figures {n}.csv")
    content = factory.LazyAttribute(lambda o: ContentFile(o.data, name="file"))
    content_type = "text/csv"
    size = factory.LazyAttribute(lambda o: len(o.data))
    sha256 = factory.LazyAttribute(lambda o: hashlib.sha256(o.data).hexdigest())
    state = FileState.CLEAN
    uploaded_at = factory.LazyFunction(timezone.now)
    uploaded_by = factory.SubFactory(UserFactory)

    class Params:
        data = factory.Sequence(lambda n: b"a,b\n%d" % n)


class ApplicationFactory(DjangoModelFactory[Application]):
    class Meta:
        model = Application

    organisation = factory.SubFactory(OrganisationFactory)
    framework = factory.SubFactory(FrameworkFactory)
    reference = factory.Sequence(lambda n: f"A-{n:08}")
    created_at = factory.LazyFunction(timezone.now)
    created_by = factory.SubFactory(UserFactory)
    touched_at = factory.SelfAttribute("created_at")


class ClaimFactory(DjangoModelFactory[Claim]):
    class Meta:
        model = Claim

    application = factory.SubFactory(ApplicationFactory)
    criterion = factory.LazyAttribute(
        lambda o: Criterion.objects.of(o.application.framework).first()
    )
    explanation = "It shows it."
    created_at = factory.LazyFunction(timezone.now)
    created_by = factory.SubFactory(UserFactory)
    updated_at = factory.SelfAttribute("created_at")
    updated_by = factory.SelfAttribute("created_by")


class AwardFactory(DjangoModelFactory[Award]):
    """An award granted today, with one criterion of each theme and no application behind it."""

    class Meta:
        model = Award
        skip_postgeneration_save = True

    number = factory.Sequence(lambda n: format_number("CM", 2026, n + 1))
    organisation = factory.SubFactory(OrganisationFactory)
    holder_name = factory.LazyAttribute(lambda o: o.organisation.name)
    framework = factory.SubFactory(FrameworkFactory)
    granted_at = factory.LazyFunction(timezone.now)
    granted_on = factory.LazyAttribute(lambda o: timezone.localdate(o.granted_at))
    granted_by = factory.SubFactory(UserFactory)
    ends_on = factory.LazyAttribute(lambda o: last_day(o.granted_on, 5))
    reasoning = factory.LazyFunction(dict)

    @factory.post_generation
    def criteria(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create:
            first_of_each = Criterion.objects.of(self.framework).filter(position=1)
            self.criteria.set(extracted if extracted is not None else first_of_each)


class SelfAssessmentFactory(DjangoModelFactory[SelfAssessment]):
    """Nothing said yet."""

    class Meta:
        model = SelfAssessment

    organisation = factory.SubFactory(OrganisationFactory)
    created_at = factory.LazyFunction(timezone.now)
    created_by = factory.SubFactory(UserFactory)
    updated_at = factory.SelfAttribute("created_at")
    updated_by = factory.SelfAttribute("created_by")
