"""What tests of commitments begin from."""

import datetime
from decimal import Decimal

from awards.calendar import today
from champions.commitments import services
from champions.commitments.sectors import sectors
from frameworks.models import FrameworkKind, RowKind
from frameworks.rules import Unit
from tests.factories import FrameworkFactory, RowFactory


def make_measures():
    """Publish the four measures, as the framework of measures has them."""
    framework = FrameworkFactory(code="cm-toms", kind=FrameworkKind.MEASURES, with_themes=False)
    units = {"NT14": Unit.POUNDS, "NT15": Unit.HOURS, "NT16": Unit.POUNDS, "NT17": Unit.HOURS}
    return [
        RowFactory(framework=framework, kind=RowKind.MEASURE, code=code, unit=unit, position=n)
        for n, (code, unit) in enumerate(units.items())
    ]


def figures_of(row, *numbers):
    """A baseline and three targets, if the test does not say otherwise."""
    first, *rest = [Decimal(n) for n in numbers or (100, 110, 120, 130)]
    return {row: (first, rest)}


def commit(lead, row, *, days_ago=1, **changes):
    """Commit the organisation of a lead champion, of the public sector."""
    given = {
        "by": lead.user,
        "sector": sectors()["public"],
        "baseline_ends_on": today() - datetime.timedelta(days=days_ago),
        "opportunities": "Catering.",
        "actions": ["policy"],
        "figures": figures_of(row),
        **changes,
    }
    return services.commit(lead.organisation, **given)
