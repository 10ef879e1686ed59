"""What the portal signs and publishes, as plain values: credential, status list, keys.

Only terms that mean the same in every published edition of the contexts are used."""

import base64
import datetime
import gzip
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings

from awards.credentials.proofs import CREDENTIALS, CRYPTOSUITE, EXTENSIONS, OPEN_BADGES
from awards.models import Award

LONDON = ZoneInfo("Europe/London")
SCHEMA = (
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
)
# Entries of one status list: fewer would tell a reader more about who asks for which
# (Bitstring Status List v1.0, section 6.1).
LIST_ENTRIES = 131_072
# Milliseconds a reader may believe a status list before asking again.
LIST_TTL = 60_000


def did() -> str:
    """Return the issuer's address as did:web: the host of the portal, a port written %3A."""
    return f"did:web:{quote(urlsplit(settings.SITE_URL).netloc, safe='')}"


def method(key: str) -> str:
    """Return the address of a public key of the portal's."""
    return f"{did()}#{key}"


def proof_options(key: str, at: datetime.datetime) -> dict[str, Any]:
    """Return a proof less its value."""
    return {
        "type": "DataIntegrityProof",
        "cryptosuite": CRYPTOSUITE,
        "created": _written(at),
        "verificationMethod": method(key),
        "proofPurpose": "assertionMethod",
    }


def credential_url(pk: Any) -> str:
    """Return the address of a credential, which is its id."""
    return f"{settings.SITE_URL}/credentials/{pk}.json"


def status_list_url(number: int) -> str:
    """Return the address of a status list."""
    return f"{settings.SITE_URL}/credentials/status/{number}.json"


def credential(
    award: Award, themes: Iterable[dict[str, Any]], *, pk: Any, status_index: int
) -> dict[str, Any]:
    """Return an award's credential, unsigned. It names the organisation and no person.

    `themes` is what it was granted for, as on the certificate (`themes_of`)."""
    place, title = settings.PARTNERSHIP["region"], settings.PARTNERSHIP["award_name"]
    framework = award.framework
    number, entry = divmod(status_index, LIST_ENTRIES)
    site = settings.SITE_URL
    return {
        "@context": [CREDENTIALS, OPEN_BADGES, EXTENSIONS],
        "id": credential_url(pk),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": f"{place} {title} {award.number}",
        "issuer": {
            "id": did(),
            "type": ["Profile"],
            "name": settings.PARTNERSHIP["name"],
            "url": site,
        },
        "validFrom": _written(start_of(award.granted_on)),
        "validUntil": _written(end_of(award.ends_on)),
        "credentialSubject": {
            "id": f"{site}{award.organisation.get_absolute_url()}",
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "identityHash": award.holder_name,
                    "identityType": "name",
                    "hashed": False,
                }
            ],
            "licenseNumber": award.number,
            "achievement": {
                "id": f"{site}/frameworks/{framework.code}/#{quote(framework.version)}",
                "type": ["Achievement"],
                "achievementType": "Award",
                "name": f"{place} {title}",
                "description": (
                    f"{settings.PARTNERSHIP['name']} gives the {title} to organisations whose "
                    "evidence of social value, in every theme of the award, was accepted on review."
                ),
                "version": framework.version,
                "criteria": {
                    "id": f"{site}/frameworks/{framework.code}/",
                    "narrative": (
                        f"Judged by {framework.title}, version {framework.version}: at least one "
                        "criterion of each theme evidenced, each claim decided by a reviewer of "
                        "another organisation."
                    ),
                },
                "image": {"id": f"{site}/kitemark/{award.number}.svg", "type": "Image"},
            },
        },
        "evidence": [
            {
                "id": f"{site}/frameworks/{framework.code}/{quote(criterion['code'])}/",
                "type": ["Evidence"],
                "name": f"{criterion['code']} {criterion['title']}",
                "genre": theme["title"],
                "description": "Evidence for this criterion was accepted on review.",
            }
            for theme in themes
            for criterion in theme["criteria"]
        ],
        "credentialStatus": {
            "id": f"{status_list_url(number)}#{entry}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(entry),
            "statusListCredential": status_list_url(number),
        },
        "credentialSchema": [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
    }


def status_list(number: int, revoked: Iterable[int], *, since: datetime.datetime) -> dict[str, Any]:
    """Return a status list, unsigned: `revoked` are the entries that hold no more.

    It has no end of its own: a reader far from any network goes on believing the last it saw."""
    url = status_list_url(number)
    return {
        "@context": [CREDENTIALS],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": did(),
        "validFrom": _written(since),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded(revoked),
        },
    }


def encoded(revoked: Iterable[int]) -> str:
    """Return a list of bits, its first entry leftmost: gzip, base64url, multibase."""
    bits = bytearray(LIST_ENTRIES // 8)
    for entry in revoked:
        bits[entry // 8] |= 0x80 >> entry % 8
    packed = gzip.compress(bytes(bits), mtime=0)
    return "u" + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def did_document(keys: Iterable[str]) -> dict[str, Any]:
    """Return what did:web is resolved to: the public keys that credentials are signed with."""
    known = list(keys)
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did(),
        "verificationMethod": [
            {
                "id": method(key),
                "type": "Multikey",
                "controller": did(),
                "publicKeyMultibase": key,
            }
            for key in known
        ],
        "assertionMethod": [method(key) for key in known],
    }


def as_text(document: dict[str, Any]) -> str:
    """Return a document as it is stored and served."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def start_of(day: datetime.date) -> datetime.datetime:
    """Return the first second of a day in Europe/London."""
    return datetime.datetime.combine(day, datetime.time(), tzinfo=LONDON)


def end_of(day: datetime.date) -> datetime.datetime:
    """Return the last second of a day in Europe/London."""
    return datetime.datetime.combine(day, datetime.time(23, 59, 59), tzinfo=LONDON)


def _written(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
