"""Proofs: as the W3C's own vectors have them, and nothing outside the signature."""

import copy
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from awards.credentials import proofs

VECTORS = json.loads((Path(__file__).parent / "vectors" / "alumni.json").read_text())
EXAMPLES = {
    "https://www.w3.org/ns/credentials/examples/v2": {
        "@context": {"@vocab": "https://www.w3.org/ns/credentials/examples#"}
    }
}
EITHER = pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda v: v["edition"])
# The first two bytes say what kind of key it is (multicodec ed25519-priv).
KEY = Ed25519PrivateKey.from_private_bytes(
    proofs.from_multibase(VECTORS["privateKeyMultibase"])[2:34]
)
DOCUMENT = {
    "@context": [proofs.CREDENTIALS, proofs.OPEN_BADGES, proofs.EXTENSIONS],
    "id": "https://award.example/credentials/1.json",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "name": "Award",
    "issuer": {"id": "did:web:award.example", "type": ["Profile"], "name": "Partnership"},
    "validFrom": "2026-07-01T00:00:00Z",
    "credentialSubject": {
        "type": ["AchievementSubject"],
        "licenseNumber": "1",
        "achievement": {
            "id": "https://award.example/award",
            "type": ["Achievement"],
            "name": "Award",
            "criteria": {"narrative": "Evidence."},
        },
    },
}
METHOD = f"did:web:award.example#{proofs.public_text(KEY)}"
OPTIONS = {
    "type": "DataIntegrityProof",
    "cryptosuite": "eddsa-rdfc-2022",
    "created": "2026-07-01T09:00:00Z",
    "verificationMethod": METHOD,
    "proofPurpose": "assertionMethod",
}
KEYS = {METHOD: proofs.public_text(KEY)}


def contexts():
    return {**proofs.bundled(), **EXAMPLES}


def options(vector):
    return {name: value for name, value in vector["proof"].items() if name != "proofValue"}


def test_the_vectors_key_pair_is_one():
    assert proofs.public_text(KEY) == VECTORS["publicKeyMultibase"]


@EITHER
def test_digest_is_the_published_one(vector):
    found = proofs.digest(VECTORS["document"], options(vector), contexts())

    assert found.hex() == vector["hashData"]


@EITHER
def test_sign_makes_the_published_proof(vector):
    signed = proofs.sign(VECTORS["document"], options(vector), KEY, contexts())

    assert signed["proof"] == vector["proof"]


@EITHER
def test_check_takes_the_published_proof_and_no_other_document(vector):
    signed = {**VECTORS["document"], "proof": vector["proof"]}
    keys = {vector["proof"]["verificationMethod"]: VECTORS["publicKeyMultibase"]}

    proofs.check(signed, keys, contexts())

    signed["name"] = "Alumni credential"
    with pytest.raises(proofs.ProofError, match="does not fit"):
        proofs.check(signed, keys, contexts())


@pytest.mark.parametrize(
    "change",
    [
        {"holder": "Another"},
        {"credentialSubject": {"type": ["AchievementSubject"], "grade": "A"}},
        {"credentialSubject": {"type": ["Undefined"]}},
        {"issuer": {"id": "partnership", "type": ["Profile"]}},
        {"evidence": [{"type": ["Evidence"], "name": "x", "reviewer": "y"}]},
    ],
    ids=["top", "inside", "type", "relative id", "in a list"],
)
def test_a_part_that_no_context_defines_is_not_signed_in_silence(change):
    with pytest.raises(proofs.ProofError, match="defined"):
        proofs.sign({**DOCUMENT, **change}, OPTIONS, KEY)


def test_a_part_added_afterwards_is_found_though_the_signature_does_not_cover_it():
    signed = proofs.sign(DOCUMENT, OPTIONS, KEY)
    added = {**signed, "holder": "Another"}

    proofs.check(signed, KEYS)

    with pytest.raises(proofs.ProofError):
        proofs.check(added, KEYS)
    # The trap itself: as statements the two are the same.
    unsigned = {name: value for name, value in added.items() if name != "proof"}
    assert proofs.canonical(unsigned, proofs.bundled()) == proofs.canonical(
        DOCUMENT, proofs.bundled()
    )


def leaves(value, path=()):
    """Yield the path of each text in a document."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from leaves(value[key], (*path, key))
    else:
        yield path


SIGNED = proofs.sign(DOCUMENT, OPTIONS, KEY)


@pytest.mark.parametrize("path", list(leaves(SIGNED)), ids=str)
def test_any_text_that_changes_breaks_the_proof(path):
    changed = copy.deepcopy(SIGNED)
    *way, last = path
    place = changed
    for step in way:
        place = place[step]
    place[last] = place[last][:-1] + ("1" if place[last][-1] != "1" else "2")

    with pytest.raises(proofs.ProofError):
        proofs.check(changed, KEYS)


@pytest.mark.parametrize(
    "proof",
    [
        None, [], "x", {}, [SIGNED["proof"], SIGNED["proof"]],
        {**SIGNED["proof"], "proofValue": 7}, {**SIGNED["proof"], "proofValue": "z" * 5000},
        {**SIGNED["proof"], "proofValue": "u" + SIGNED["proof"]["proofValue"][1:]},
        {**SIGNED["proof"], "proofValue": "z0OIl"},
        {**SIGNED["proof"], "cryptosuite": "eddsa-jcs-2022"},
        {**SIGNED["proof"], "proofPurpose": "authentication"},
        {**SIGNED["proof"], "verificationMethod": ["a"]},
        {**SIGNED["proof"], "expires": {"deep": 1}},
    ],
)  # fmt: skip
def test_a_proof_of_another_shape_does_not_hold(proof):
    with pytest.raises(proofs.ProofError):
        proofs.check({**SIGNED, "proof": proof}, KEYS)


def test_a_context_of_somebody_else_is_not_fetched():
    elsewhere = {**SIGNED, "@context": [*SIGNED["@context"], "https://evil.example/v1"]}

    with pytest.raises(proofs.ProofError, match="no meaning by its contexts"):
        proofs.check(elsewhere, KEYS)


def test_a_context_that_is_not_as_published_is_refused(tmp_path, monkeypatch):
    for name, _ in proofs.PINNED.values():
        (tmp_path / name).write_bytes((proofs.FOLDER / name).read_bytes())
    changed = tmp_path / "credentials-v2.json"
    changed.write_text(changed.read_text() + " ")
    monkeypatch.setattr(proofs, "FOLDER", tmp_path)
    proofs.bundled.cache_clear()

    try:
        with pytest.raises(proofs.ProofError, match="is not the context that was published"):
            proofs.bundled()
    finally:
        monkeypatch.undo()
        proofs.bundled.cache_clear()
