"""Signs and checks JSON documents: W3C Data Integrity proofs with `eddsa-rdfc-2022`.

Pure: no Django, no database, no clock, no network. A document is turned into statements (RDF) by
the contexts it names, the statements into lines in one order (RDFC-1.0), and those are signed
(W3C vc-di-eddsa, section 3.2). What a context does not define would silently stay outside the
signature, so both signing and checking first make sure that nothing does."""

import hashlib
import json
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import base58
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pyld import jsonld

CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
CRYPTOSUITE = "eddsa-rdfc-2022"

FOLDER = Path(__file__).with_name("contexts")
# Each context by its address: the file, and the SHA-256 it must have.
PINNED = {
    CREDENTIALS: (
        "credentials-v2.json",
        "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
    ),
    OPEN_BADGES: (
        "open-badges-3.0.3.json",
        "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84",
    ),
    EXTENSIONS: (
        "open-badges-extensions.json",
        "87c06c81bc2317663bf288d740d94fddd2818c4342b186270ff6371dfaa63f93",
    ),
}
# What a public key starts with once it is written as multibase (multicodec ed25519-pub).
ED25519_PUBLIC = b"\xed\x01"
# The library keeps contexts it has read in a store shared by all threads and not made for that.
_one_at_a_time = threading.RLock()

Document = Mapping[str, Any]


class ProofError(Exception):
    """A document that cannot be signed, or whose proof does not hold; the message says why."""


@cache
def bundled() -> dict[str, Any]:
    """Return every context by its address. Raises ProofError when a file is not what it was."""
    contexts = {}
    for address, (name, sha256) in PINNED.items():
        content = (FOLDER / name).read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ProofError(f"{name} is not the context that was published: restore it.")
        contexts[address] = json.loads(content)
    return contexts


def sign(
    document: Document, options: Document, key: Ed25519PrivateKey, contexts: Document | None = None
) -> dict[str, Any]:
    """Return the document with its proof; `options` is the proof less its value.

    Raises ProofError when a word of the document would stay outside the signature."""
    known = bundled() if contexts is None else contexts
    with _one_at_a_time:
        refuse_unsigned(document, known)
        signed = key.sign(digest(document, options, known))
    return {**document, "proof": {**options, "proofValue": multibase(signed)}}


def check(document: Document, keys: Mapping[str, str], contexts: Document | None = None) -> None:
    """Check the proof of a document; `keys` are public keys (multibase) by their address.

    Raises ProofError when it does not hold, whatever the reason."""
    known = bundled() if contexts is None else contexts
    proof = document.get("proof")
    if not isinstance(proof, dict):
        raise ProofError("There is no single proof.")
    wanted = {"type": "DataIntegrityProof", "cryptosuite": CRYPTOSUITE}
    wanted["proofPurpose"] = "assertionMethod"
    if any(proof.get(name) != value for name, value in wanted.items()):
        raise ProofError(f"The proof is not one of {CRYPTOSUITE}.")
    method, value = proof.get("verificationMethod"), proof.get("proofValue")
    if not isinstance(method, str) or method not in keys or not isinstance(value, str):
        raise ProofError("The proof names a key that is not known.")
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    try:
        signature = from_multibase(value)
        with _one_at_a_time:
            refuse_unsigned(unsigned, known)
            refuse_unsigned({"@context": document["@context"], **options}, known)
            told = digest(unsigned, options, known)
        public_key(keys[method]).verify(signature, told)
    except InvalidSignature:
        raise ProofError("The signature does not fit the content.") from None
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as wrong:
        raise ProofError(f"The proof cannot be read: {type(wrong).__name__}.") from wrong


def digest(document: Document, options: Document, contexts: Document) -> bytes:
    """Return the 64 bytes that are signed: those of the proof's options, then the document's."""
    config = {"@context": document["@context"], **options}
    return (
        hashlib.sha256(canonical(config, contexts).encode()).digest()
        + hashlib.sha256(canonical(document, contexts).encode()).digest()
    )


def canonical(document: Document, contexts: Document) -> str:
    """Return the statements of a document, a line each, in the one order there is for them."""
    try:
        lines: str = jsonld.normalize(
            dict(document),
            {
                "algorithm": "URDNA2015",
                "format": "application/n-quads",
                "documentLoader": _loader(contexts),
            },
        )
    except jsonld.JsonLdError as wrong:
        raise ProofError(f"The document has no meaning by its contexts: {wrong.type}.") from wrong
    return lines


def refuse_unsigned(document: Document, contexts: Document) -> None:
    """Raise ProofError when a part of a document would not be covered by a signature.

    The document is expanded to what its contexts define and written back: whatever is missing or
    different then means nothing, or something else than it says."""
    loader = _loader(contexts)
    try:
        expanded = jsonld.expand(dict(document), {"documentLoader": loader})
        back = jsonld.compact(
            expanded, {"@context": document["@context"]}, {"documentLoader": loader}
        )
    except jsonld.JsonLdError as wrong:
        raise ProofError(f"The document has no meaning by its contexts: {wrong.type}.") from wrong
    if relative := next(_relative(expanded), None):
        raise ProofError(f"{relative!r} is not defined by the contexts.")
    if _plain(back) != _plain(document):
        raise ProofError("Not every part of the document is defined by its contexts.")


def _relative(expanded: Any) -> Any:
    """Yield the types and ids of an expanded document that are no full address."""
    if isinstance(expanded, list):
        for item in expanded:
            yield from _relative(item)
    elif isinstance(expanded, dict):
        for name, value in expanded.items():
            if name in {"@type", "@id"}:
                yield from (
                    v for v in (value if isinstance(value, list) else [value]) if ":" not in v
                )
            else:
                yield from _relative(value)


def _plain(value: Any) -> Any:
    """Return JSON with lists of one as their only item, as compaction writes them."""
    if isinstance(value, list):
        return _plain(value[0]) if len(value) == 1 else [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    return (type(value), value)


def _loader(contexts: Document) -> Any:
    def load(address: str, options: Any) -> dict[str, Any]:
        if address not in contexts:
            raise jsonld.JsonLdError("Not a context of ours.", "loading document failed")
        return {
            "contentType": "application/ld+json",
            "contextUrl": None,
            "documentUrl": address,
            "document": contexts[address],
        }

    return load


def multibase(content: bytes) -> str:
    """Return bytes as multibase, base58btc."""
    return "z" + base58.b58encode(content).decode()


def from_multibase(text: str) -> bytes:
    """Return the bytes of a multibase text. Raises ValueError for any other base."""
    # No signature and no key is longer; decoding takes time that grows with the square of it.
    if not text.startswith("z") or len(text) > 100:
        raise ValueError("Not multibase base58btc.")
    return base58.b58decode(text[1:])


def public_text(key: Ed25519PrivateKey) -> str:
    """Return the public half of a key as multibase (a Multikey)."""
    return multibase(ED25519_PUBLIC + key.public_key().public_bytes_raw())


def public_key(text: str) -> Ed25519PublicKey:
    """Return a public key from its multibase. Raises ValueError when it is none of Ed25519."""
    content = from_multibase(text)
    if not content.startswith(ED25519_PUBLIC):
        raise ValueError("Not a public key of Ed25519.")
    return Ed25519PublicKey.from_public_bytes(content.removeprefix(ED25519_PUBLIC))
