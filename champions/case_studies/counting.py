"""How often published case studies are read."""

from champions.case_studies.models import Publication
from champions.counting import Counter

_read = Counter("case-study-read", Publication, "reads")
count, take_over = _read.count, _read.take_over
