"""Dull factories of case studies, and one taken to each stage by the services people use."""

import io

import factory
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from factory.django import DjangoModelFactory
from PIL import Image

from champions.case_studies import pictures, services
from champions.case_studies.contents import lay_out
from champions.case_studies.models import (
    CaseStudy,
    PictureSize,
    PictureState,
    Publication,
    PublishedTheme,
    Section,
)
from champions.case_studies.rules import SectionKind, digest_of
from tests.factories import (
    LeadFactory,
    OrganisationFactory,
    PartnershipAdminFactory,
    PlaceFactory,
    UserFactory,
)


class CaseStudyFactory(DjangoModelFactory[CaseStudy]):
    """A draft that lacks nothing, with its one part."""

    class Meta:
        model = CaseStudy
        skip_postgeneration_save = True

    organisation = factory.SubFactory(OrganisationFactory)
    title = factory.Sequence(lambda n: f"Case study {n}")
    summary = "What we did."
    themes = ["social"]
    text_digest = digest_of("x")
    created_at = updated_at = factory.LazyFunction(timezone.now)
    created_by = factory.SubFactory(UserFactory)
    updated_by = factory.SelfAttribute("created_by")

    @factory.post_generation
    def written(self, create, extracted, **kwargs):
        if create:
            Section.objects.create(case_study=self, kind="actions", html="<p>We acted.</p>")
            self.places.add(*(self.organisation.places.all() or [PlaceFactory()]))


class PublicationFactory(DjangoModelFactory[Publication]):
    """A case study that has been public since today."""

    class Meta:
        model = Publication
        skip_postgeneration_save = True

    case_study = factory.SubFactory(
        CaseStudyFactory,
        stage="released",
        consented_at=factory.LazyFunction(timezone.now),
        consented_by=factory.SelfAttribute("created_by"),
        released_at=factory.LazyFunction(timezone.now),
        released_by=factory.SelfAttribute("created_by"),
        publish_on=factory.LazyFunction(timezone.localdate),
    )
    slug = factory.Sequence(lambda n: f"case-study-{n}")
    title = factory.SelfAttribute("case_study.title")
    summary = factory.SelfAttribute("case_study.summary")
    content = factory.LazyFunction(
        lambda: {
            "sections": [{"kind": "actions", "title": "What we did", "html": "<p>We acted.</p>"}],
            "highlights": [],
            "pictures": [],
        }
    )
    text = "We acted."
    first_published_on = factory.LazyFunction(timezone.localdate)
    changed_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def found_by(self, create, extracted, **kwargs):
        if create:
            self.places.set(self.case_study.places.all())
            for theme in self.case_study.themes:
                PublishedTheme.objects.create(publication=self, theme=theme)


def values(case_study, **changed):
    """What a form sends of a case study as it is, with some of it changed."""
    return {**services.values_of(case_study), **changed}


def jpeg(name="photo.jpg", size=(1200, 900), colour="teal", **saved):
    """A photograph to upload."""
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, "JPEG", **saved)
    return SimpleUploadedFile(name, content.getvalue(), "image/jpeg")


def webp(size=(480, 360), colour="teal", mode="RGB"):
    """A picture as we draw it."""
    content = io.BytesIO()
    Image.new(mode, size, colour).save(content, "WEBP")
    return content.getvalue()


WEBP = webp()


def drawn(picture):
    """Have a picture as its task leaves it after the commit, without the process that draws."""
    picture.refresh_from_db()
    if picture.state == PictureState.READY:
        return
    size = PictureSize(picture=picture, width=480, height=360)
    size.image.save("", ContentFile(WEBP))
    picture.state, picture.original = PictureState.READY, ""
    picture.save()


def person(name="A Person", day=None):
    """What is put on record of somebody."""
    return {
        "name": name,
        "consented_on": day or timezone.localdate(),
        "consent_kept": "Form in the folder",
    }


class Story:
    """A case study with everybody who has to do with it, taken from step to step."""

    def __init__(self, lead=None, **given):
        self.lead = lead or LeadFactory().user
        self.organisation = self.lead.memberships.get().organisation
        self.admin = PartnershipAdminFactory()
        self.case = CaseStudyFactory(organisation=self.organisation, created_by=self.lead, **given)

    def picture(self, *, colour="teal", people=None, shows=None):
        """Add a picture, described; `people` are the names on record."""
        added = pictures.add_picture(self.case, jpeg(colour=colour), by=self.lead)
        shows = bool(people) if shows is None else shows
        pictures.describe(
            added,
            by=self.lead,
            values={
                "alternative": f"Something {colour}",
                "caption": "",
                "section": "",
                "shows_people": shows,
            },
        )
        for name in people or []:
            pictures.record_person(self.case, by=self.lead, picture=added, values=person(name))
        drawn(added)
        return added

    def write(self, *, by=None, **changed):
        """Save it with some of it changed."""
        self.case.refresh_from_db()
        services.save(
            self.case,
            by=by or self.lead,
            version=self.case.version,
            values=values(self.case, **changed),
        )
        return self

    def ask(self):
        """Ask the lead champion."""
        services.ask_for_consent(self.case, by=self.lead, approver=self.lead)
        self.case.refresh_from_db()
        return self

    def answer(self, *, no=()):
        """Agree to everything but the items of these keys."""
        items = lay_out(self.case).content.items
        services.answer_consent(
            self.case,
            by=self.lead,
            agreed={item.key: item.key not in no for item in items},
            seen={item.key: item.digest for item in items},
        )
        self.case.refresh_from_db()
        return self

    def publish(self, on=None):
        """Publish it; returns the publication."""
        publication = services.publish(self.case, by=self.admin, on=on)
        self.case.refresh_from_db()
        return publication


ACTIONS = SectionKind.ACTIONS.value
