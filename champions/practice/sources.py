"""What the practice finder looks in. A kind of published thing joins by a line in SOURCES."""

import datetime
from collections.abc import Iterable, Mapping

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from awards import register
from awards.choices import offered
from awards.models import Award, Claim
from awards.rules import ClaimStatus
from champions.case_studies.models import CaseStudy, Publication, PublishedTheme
from champions.practice.finding import Card, Source
from frameworks.models import Criterion

SHOWN_OF_AN_AWARD = 12


def _shows(codes: Iterable[str]) -> Q:
    """Return that an award stands on one of some criteria, and does still: one whose claim was said
    to hold no longer is not shown."""
    claims = Claim.objects.filter(
        application=OuterRef("award__application"), criterion=OuterRef("criterion")
    )
    lapsed = Exists(claims.filter(lapsed_at__isnull=False))
    held = Exists(claims.filter(status=ClaimStatus.ACCEPTED, lapsed_at=None))
    rows = Award.criteria.through.objects.filter(criterion__code__in=list(codes))
    return Q(pk__in=rows.filter(~lapsed | held).values("award_id"))


def _cards(keys: list[str], today: datetime.date) -> Mapping[str, Card]:
    awards = register.for_publication(Award.objects.filter(pk__in=keys))
    return {
        str(award.pk): Card(
            title=award.organisation.name,
            href=award.organisation.get_absolute_url(),
            kind="Award",
            about=award.organisation.description,
            organisation=award.organisation,
            published_on=award.granted_on,
            topics=[str(c) for c in register.criteria_on(award, today)[:SHOWN_OF_AN_AWARD]],
        )
        for award in awards
    }


# What the register publishes: the award, its criteria, what the organisation says of itself.
# Whoever submits agrees to it (awards/statements.py).
AWARDS = Source(
    kind="Award",
    published=lambda today: Award.objects.current(today),
    day="granted_on",
    shows=_shows,
    cards=_cards,
)


def _studies_show(codes: Iterable[str]) -> Q:
    """Return that a case study came from a claim of one of some criteria, or stands under a theme
    all of whose criteria are among them."""
    listed = list(codes)
    came_from = CaseStudy.claims.through.objects.filter(claim__criterion__code__in=listed)
    ours = Criterion.objects.filter(theme__framework__code=settings.PARTNERSHIP["award_framework"])
    others = ours.exclude(code__in=listed).values("theme__code")
    themes = ours.exclude(theme__code__in=others).values("theme__code")
    under = PublishedTheme.objects.filter(theme__in=themes)
    return Q(case_study_id__in=came_from.values("casestudy_id")) | Q(
        pk__in=under.values("publication_id")
    )


def _study_cards(keys: list[str], today: datetime.date) -> Mapping[str, Card]:
    titles = dict(offered().themes)
    studies = Publication.objects.filter(pk__in=keys).select_related(
        "case_study__organisation__type"
    )
    return {
        str(study.pk): Card(
            title=study.title,
            href=study.get_absolute_url(),
            kind="Case study",
            about=study.summary,
            organisation=study.case_study.organisation,
            published_on=study.first_published_on,
            topics=[titles.get(row.theme, row.theme) for row in study.themes.all()],
        )
        for study in studies.prefetch_related("themes", "case_study__organisation__places")
    }


# What an organisation agreed to, item by item, and an admin published; a day ends it at once.
CASE_STUDIES = Source(
    kind="Case study",
    published=lambda today: Publication.objects.published(today),
    day="first_published_on",
    organisation="case_study__organisation",
    shows=_studies_show,
    cards=_study_cards,
    # By their keys: asked for as a condition, the words of each row would be taken apart anew.
    says=lambda word: Q(pk__in=Publication.objects.filter(words__has=word).values("pk")),
)

SOURCES: tuple[Source, ...] = (AWARDS, CASE_STUDIES)
