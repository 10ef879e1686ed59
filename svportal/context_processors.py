"""What every page is given."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, Any]:
    """Give every page the partnership it belongs to and the site's own address."""
    return {
        "partnership": settings.PARTNERSHIP,
        "site_url": settings.SITE_URL,
        "development": settings.DEVELOPMENT,
        "single_sign_on": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
    }
