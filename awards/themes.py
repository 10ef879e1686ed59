"""What an award was granted for, theme by theme: on its certificate and in its credential."""

from typing import Any

from awards.models import Award
from frameworks.models import Criterion


def themes_of(award: Award) -> list[dict[str, Any]]:
    """Return the themes and the criteria that earned the award, in printed order.

    They come from the reasoning stored with the grant, which never changes; criteria accepted
    later are the award's but not the certificate's. An award without a reasoning was granted
    before the portal, and has its criteria alone."""
    criteria = list(Criterion.objects.of(award.framework).order_by("theme__position", "position"))
    if award.reasoning.get("themes"):
        granted = {
            accepted["criterion"]
            for theme in award.reasoning["themes"]
            for accepted in theme["accepted"]
        }
    else:
        granted = set(award.criteria.values_list("code", flat=True))
    themes: dict[int, dict[str, Any]] = {}
    for criterion in criteria:
        theme = themes.setdefault(
            criterion.theme_id, {"title": criterion.theme.title, "criteria": []}
        )
        if criterion.code in granted:
            theme["criteria"].append({"code": criterion.code, "title": criterion.title})
    return list(themes.values())
