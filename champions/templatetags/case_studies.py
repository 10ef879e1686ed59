"""How case studies are shown: where they stand as a word and a colour."""

import datetime

from django import template

from champions.case_studies.models import CaseStudy
from champions.case_studies.rules import Stage, Standing, standing

register = template.Library()

# The one table of what each standing is called and its colour.
STANDING_WORDS = {
    Standing.DRAFT: ("Draft", "grey"),
    Standing.CONSENT: ("Waiting for consent", "yellow"),
    Standing.EDITING: ("Waiting for editing", "blue"),
    Standing.SCHEDULED: ("Waiting for its date", "purple"),
    Standing.PUBLISHED: ("Published", "green"),
    Standing.WITHDRAWN: ("Withdrawn", "white"),
}


def _standing(case_study: CaseStudy, on: datetime.date) -> Standing:
    return standing(Stage(case_study.stage), case_study.publish_on, on)


@register.filter
def standing_word(case_study: CaseStudy, on: datetime.date) -> str:
    """Return what it is called how a case study stands on a day."""
    return STANDING_WORDS[_standing(case_study, on)][0]


@register.filter
def standing_colour(case_study: CaseStudy, on: datetime.date) -> str:
    """Return the colour of its tag."""
    return STANDING_WORDS[_standing(case_study, on)][1]
