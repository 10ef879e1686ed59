"""The one issuer of single sign-on and what is believed of it: allauth's OpenID Connect, narrower.

Only the id token is read, only an address the issuer calls verified counts, and nothing of what it
says is kept but the number it has for a person (ADR 0022)."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse

# How long what the issuer says of itself is believed, in seconds.
DISCOVERY_SECONDS = 600
SUBJECT_MAX = 191


class NotBelieved(OAuth2Error):
    """What the issuer said cannot be believed; the message has nothing of anybody's in it."""


class IssuerAdapter(OpenIDConnectOAuth2Adapter):
    """Speaks with the issuer: where its pages are, and what a code is worth."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """Return what the issuer says of itself; NotBelieved where it calls itself otherwise."""
        key = f"sign_on:{settings.OIDC_ISSUER}"
        known: dict[str, Any] | None = cache.get(key)
        if known is None:
            with get_adapter().get_requests_session() as session:
                answer = session.get(self.get_provider().server_url)
            answer.raise_for_status()
            known = answer.json()
            if not isinstance(known, dict) or known.get("issuer") != settings.OIDC_ISSUER:
                raise NotBelieved("OIDC_ISSUER is not what it calls itself.")
            cache.set(key, known, DISCOVERY_SECONDS)
        return known

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Return where the issuer sends people back to, whatever host a request claims."""
        return settings.SITE_URL + reverse("sign_on_callback")

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any
    ) -> SocialLogin:
        """Read the id token, which came straight from the issuer, and say whom it is about."""
        if not isinstance(id_token := kwargs["response"].get("id_token"), str):
            raise NotBelieved("The issuer sent no id token.")
        claims = self._decode_id_token(app, id_token)
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_MAX:
            raise NotBelieved("The id token is about nobody.")
        login = self.get_provider().sociallogin_from_response(request, {"id_token": claims})
        login.second_factor = says_second_factor(claims)
        return login


class IssuerProvider(OpenIDConnectProvider):
    """The issuer as allauth knows it."""

    id = "sign_on"
    name = "Single sign-on"
    oauth2_adapter_class = IssuerAdapter
    pkce_enabled_default = True
    supports_token_authentication = False

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Keep nothing of what the issuer says."""
        return {}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        """Return the address, if the issuer says in so many words that it is the person's own."""
        claims = data["id_token"]
        address, domains = claims.get("email"), settings.OIDC_EMAIL_DOMAINS
        if claims.get("email_verified") is not True or not isinstance(address, str):
            return []
        if domains and address.rpartition("@")[2].lower() not in domains:
            return []
        return [EmailAddress(email=address, verified=True, primary=True)]

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return what a new account begins with."""
        found = self.extract_email_addresses(data)
        name = data["id_token"].get("name")
        return {
            "email": found[0].email if found else None,
            "name": name if isinstance(name, str) else "",
        }


def says_second_factor(claims: dict[str, Any]) -> bool:
    """Whether the issuer says it has asked for a second factor, in one of the words agreed on."""
    methods = claims.get("amr")
    said = {*methods} if isinstance(methods, list) and all(map(_is_word, methods)) else set()
    if _is_word(claims.get("acr")):
        said.add(claims["acr"])
    return not said.isdisjoint(settings.OIDC_SECOND_FACTOR)


def _is_word(value: Any) -> bool:
    return isinstance(value, str)


provider_classes = [IssuerProvider]
