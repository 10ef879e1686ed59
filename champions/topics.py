"""The themes and criteria that the network's pages sort by: those of the framework in force."""

from dataclasses import dataclass

from django.conf import settings

from awards.calendar import today
from frameworks.models import Criterion, Framework


@dataclass(frozen=True)
class Topics:
    """Themes and criteria by their codes, in printed order; `theme_of` a criterion's code."""

    themes: dict[str, str]
    criteria: dict[str, str]
    theme_of: dict[str, str]

    def name(self, theme: str, criterion: str = "") -> str:
        """Return what a code stands for; one that is no longer in force stands for itself."""
        if criterion:
            return self.criteria.get(criterion, criterion)
        return self.themes.get(theme, theme)


def topics() -> Topics:
    """Return the topics there are today: two queries."""
    framework = (
        Framework.objects.filter(code=settings.PARTNERSHIP["award_framework"])
        .current(today())
        .first()
    )
    rows = (
        Criterion.objects.of(framework)
        .order_by("theme__position", "position")
        .values_list("theme__code", "theme__title", "code", "title")
        if framework
        else []
    )
    made = Topics({}, {}, {})
    for theme, theme_title, code, title in rows:
        made.themes[theme] = theme_title
        made.criteria[code] = f"{code} {title}"
        made.theme_of[code] = theme
    return made
