"""A badge in software none of us wrote, offline: it verifies, until the award ends."""

import copy
import datetime
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from openbadgeslib import baking
from openbadgeslib.ob3.did import resolve_verification_method
from openbadgeslib.ob3.ldp import OB3LdpVerifier, verify_data_integrity_proof
from openbadgeslib.ob3.verifier import OB3VerificationError

from awards.credentials import badges, contents, proofs, status
from awards.credentials.issuing import issue
from awards.services import withdrawals
from tests.factories import AwardFactory, LeadFactory, PartnershipAdminFactory

pytestmark = pytest.mark.django_db

ROOT = Path(settings.BASE_DIR)
NODE = shutil.which("node") or str(ROOT / ".node/bin/node")
DID_JSON = "https://testserver/.well-known/did.json"
STATUS_LIST = "http://testserver/credentials/status/0.json"


@pytest.fixture
def award():
    return AwardFactory(
        organisation__name="Anchor Trust & Sons “Zoë” ]]>", organisation__slug="anchor-trust"
    )


def published(client):
    """What anyone can fetch, and may have kept: our keys and our status list."""
    return {
        DID_JSON: client.get("/.well-known/did.json").content,
        STATUS_LIST: client.get("/credentials/status/0.json").content,
    }


def by_node(credential, documents):
    """Ask the packages of Digital Bazaar; return what they find wrong, and whether it verified."""
    told = {
        "credential": json.loads(credential),
        "documents": {address: json.loads(text) for address, text in documents.items()},
        "now": timezone.now().isoformat(),
    }
    done = subprocess.run(
        [NODE, str(Path(__file__).with_name("verify.mjs"))],
        input=json.dumps(told), capture_output=True, text=True, cwd=ROOT, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    return answer["verified"], answer["errors"]


def by_openbadgeslib(credential, documents):
    """Ask openbadgeslib, which anchors trust in our DID; raises OB3VerificationError.

    It takes signed status lists in another form only, so the list's proof is checked by hand."""

    def download(address, *args, **kwargs):
        return documents[address]

    verifier = OB3LdpVerifier.for_issuer_did(contents.did(), download)
    verifier.verify(credential, check_status=True, download=download, verify_status_list=False)
    listed = json.loads(documents[STATUS_LIST])
    key = resolve_verification_method(listed["proof"]["verificationMethod"], download)
    verify_data_integrity_proof(listed, key)


def extracted(file, name):
    """Take the credential out of a badge file with other people's software."""
    if name.endswith("png"):
        return baking.extract_png(file, keyword=baking.ITXT_KEYWORD_OB3)
    return baking.extract_svg(file, element=baking.SVG_ELEMENT_OB3, text_fallback=True)


def test_a_credential_verifies_elsewhere(client, award):
    credential = issue(award).content

    assert by_node(credential, published(client)) == (True, [])
    by_openbadgeslib(credential, published(client))


@pytest.mark.parametrize("name", ["badge.svg", "badge-256.png"])
def test_a_badge_file_from_the_portal_verifies_elsewhere(client, award, name):
    stored = issue(award).content
    file = client.get(f"/kitemark/{award.number}/{name}").content

    found = extracted(file, name)

    assert found == stored.strip()
    by_openbadgeslib(found, published(client))
    assert file.count(badges.PNG_KEYWORD.encode()) == (1 if name.endswith("png") else 0)


def test_it_fails_elsewhere_once_the_award_is_withdrawn(client, award):
    credential = issue(award).content
    AwardFactory(), issue(AwardFactory())
    award.ended_on, award.ended_reason = timezone.localdate(), "Evidence was withdrawn."
    award.save()

    verified, errors = by_node(credential, published(client))

    assert (verified, errors) == (False, ["It is revoked."])
    with pytest.raises(OB3VerificationError, match="'revocation' is set"):
        by_openbadgeslib(credential, published(client))


@pytest.mark.parametrize("name", ["badge.svg", "badge-512.png"])
def test_a_badge_kept_by_somebody_fails_from_the_withdrawal_to_the_appeal(client, award, name):
    """The file is downloaded once; what changes afterwards is the status list alone."""
    award.organisation.refresh_from_db()
    lead = LeadFactory(organisation=award.organisation).user
    first, second, third = (PartnershipAdminFactory() for _ in range(3))
    issue(award)
    kept = extracted(client.get(f"/kitemark/{award.number}/{name}").content, name)
    found = []

    def look():
        try:
            by_openbadgeslib(kept, published(client))
        except OB3VerificationError as wrong:
            found.append("'revocation' is set" in str(wrong))
        else:
            found.append("holds")

    look()
    withdrawals.propose(award, by=first, reason="The figures were made up.")
    withdrawals.reply(award, by=lead, words="They were not.")
    look()
    withdrawals.decide(award, by=second, confirm=True, words="They were.")
    look()
    by_others = by_node(kept, published(client))
    withdrawals.appeal(award, by=lead, words="Look at page 4.")
    withdrawals.close(award, by=third, restore=True, words="Page 4 says it.")
    look()

    assert found == ["holds", "holds", True, "holds"]
    assert by_others == (False, ["It is revoked."])


def test_it_still_verifies_while_an_end_lies_ahead(client, award):
    credential = issue(award).content
    award.ended_on = timezone.localdate() + datetime.timedelta(days=1)
    award.ended_reason = "Merged."
    award.save()

    assert by_node(credential, published(client)) == (True, [])


def test_a_changed_byte_fails_elsewhere_always(client, award):
    credential = issue(award).content
    changed = credential.replace("Anchor Trust", "Another Trust")

    verified, errors = by_node(changed, published(client))

    assert (verified, errors) == (False, ["Invalid signature."])
    with pytest.raises(OB3VerificationError):
        by_openbadgeslib(changed, published(client))


def leaves(value, path=()):
    """Yield where each value of a document stands that is no list and no object."""
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(part, (*path, key))
    else:
        yield path


def with_one_change(document, path, change):
    """Return a copy in which one value, or the name of one, is changed."""
    changed = copy.deepcopy(document)
    at = changed
    for key in path[:-1]:
        at = at[key]
    change(at, path[-1])
    return changed


def other_value(at, key):
    """Change one character: the last of a text, or yes to no."""
    value = at[key]
    at[key] = not value if isinstance(value, bool) else value[:-1] + chr(ord(value[-1]) ^ 1)


def other_name(at, key):
    at[f"{key}x"] = at.pop(key)


def left_out(at, key):
    del at[key]


@pytest.mark.parametrize("change", [other_value, other_name, left_out])
def test_whatever_is_changed_in_it_fails_elsewhere_and_here(client, award, change):
    credential, documents = issue(award).content, published(client)
    document, keys = json.loads(credential), status.known_keys()
    by_openbadgeslib(credential, documents)
    proofs.check(document, keys)
    # A name is a member of an object; an item of a list has none.
    paths = [path for path in leaves(document) if change is not other_name or path[-1] != 0]
    paths = [path for path in paths if change is other_value or isinstance(path[-1], str)]

    believed = []
    for path in paths:
        changed = with_one_change(document, path, change)
        for name, check in {
            "elsewhere": lambda c: by_openbadgeslib(json.dumps(c), documents),
            "here": lambda c: proofs.check(c, keys),
        }.items():
            try:
                check(changed)
            except (OB3VerificationError, proofs.ProofError):
                continue
            believed.append((name, path))

    assert len(paths) > 40
    assert believed == []


def test_a_forged_status_list_fails_elsewhere(client, award):
    credential = issue(award).content
    award.ended_on, award.ended_reason = timezone.localdate(), "Evidence was withdrawn."
    award.save()
    documents = published(client)
    listed = json.loads(documents[STATUS_LIST])
    listed["credentialSubject"]["encodedList"] = contents.encoded([])
    documents[STATUS_LIST] = json.dumps(listed)

    verified, errors = by_node(credential, documents)

    assert verified is False
    assert "not verified" in errors[0]
