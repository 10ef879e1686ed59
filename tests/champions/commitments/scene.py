"""What commitments add to the scene of the security tests."""

import datetime

from accounts.models import OrganisationType
from awards.calendar import today
from champions.commitments.sectors import sectors
from tests.champions.commitments.factories import commit, make_measures


def add_commitments(scene):
    """The home organisation, of the VCFSE sector, has committed and has a year to report on."""
    OrganisationType.objects.filter(pk=scene.home.type_id).update(code="vcfse")
    lead = scene.home.memberships.current().get(user=scene.user["lead"])
    commit(lead, make_measures()[0], sector=sectors()["vcfse"], days_ago=400)
    scene.baseline_ended = str(today() - datetime.timedelta(days=30))
