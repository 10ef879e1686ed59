"""Dull factories of the network: the least that is valid, everything else as the test says."""

import datetime

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from champions.directory.models import Listing, Visibility
from champions.models import CharterSection, CharterVersion, Signature
from tests.factories import MembershipFactory, OrganisationFactory, UserFactory


class CharterVersionFactory(DjangoModelFactory[CharterVersion]):
    """A version published on New Year's Day of 2019, with one section."""

    class Meta:
        model = CharterVersion
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"charter-{n}")
    title = "Social Value Charter"
    summary = "What we promise each other."
    promise = "We promise it."
    source = "A test"
    published_on = datetime.date(2019, 1, 1)

    @factory.post_generation
    def sections(self, create, extracted, **kwargs):
        if create:
            CharterSection.objects.create(
                charter=self, code="vision", title="The vision", points="Be | kind.", position=1
            )


class SignatureFactory(DjangoModelFactory[Signature]):
    class Meta:
        model = Signature

    organisation = factory.SubFactory(OrganisationFactory)
    charter = factory.SubFactory(CharterVersionFactory)
    organisation_name = factory.LazyAttribute(lambda o: o.organisation.name)
    name = "A Signatory"
    designation = "Chief executive"
    signed_on = factory.LazyFunction(timezone.localdate)
    recorded_at = factory.LazyFunction(timezone.now)
    recorded_by = factory.SubFactory(UserFactory)


class ListingFactory(DjangoModelFactory[Listing]):
    """An entry that everyone may see, of somebody who belongs to the organisation."""

    class Meta:
        model = Listing
        skip_postgeneration_save = True

    user = factory.SubFactory(UserFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    visibility = Visibility.PUBLIC
    words = "Ask me."
    listed_at = factory.LazyFunction(timezone.now)
    updated_at = factory.LazyFunction(timezone.now)
    updated_by = factory.SelfAttribute("user")

    @factory.post_generation
    def membership(self, create, extracted, **kwargs):
        current = self.organisation.memberships.current().filter(user=self.user)
        if create and extracted is not False and not current.exists():
            MembershipFactory(organisation=self.organisation, user=self.user)
