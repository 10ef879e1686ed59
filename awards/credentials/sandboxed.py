"""The script that looks for a credential in a file somebody sent; `finding.py` starts it.

The file is its standard input, the public keys a JSON object in its first argument. It answers in
JSON: `kind` (pdf, png, svg, json or unknown), and `problem` or `credential` with `proof` ('valid',
or why it is not). It knows nothing of the portal but how proofs are checked."""

import io
import json
import resource
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Isolated, Python knows no folder but its own packages'. What is imported here holds no secret.
sys.path.append(str(Path(__file__).resolve().parents[2]))

import pikepdf
from lxml import etree

from awards.credentials import proofs

# What the process may use: bytes of memory and seconds of processor time.
MEMORY, SECONDS = 300 << 20, 8
# No credential of ours is a tenth of it.
CREDENTIAL_BYTES_MAX = 256 << 10
NESTED_MAX = 40
PNG = b"\x89PNG\r\n\x1a\n"
PNG_KEYWORD = b"openbadgecredential"
SVG_ELEMENT = "{https://purl.imsglobal.org/ob/v3p0}credential"
MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


class Unreadable(Exception):
    """The file is not what it begins as; the message is one of `finding.PROBLEMS`."""


def kind_of(content: bytes) -> str:
    """Return what a file is, by how it begins."""
    if content.startswith(PNG):
        return "png"
    if b"%PDF-" in content[:1024]:
        return "pdf"
    start = content.lstrip(b"".join(MARKS) + b" \t\r\n")[:4096].replace(b"\0", b"")
    if start.startswith((b"{", b"[")):
        return "json"
    return "svg" if b"<svg" in start else "unknown"


def found_in_pdf(content: bytes) -> bytes:
    """Return the credential a PDF carries, or nothing."""
    try:
        with pikepdf.open(io.BytesIO(content), suppress_warnings=True) as pdf:
            for name, attached in pdf.attachments.items():
                if name.lower().endswith(".json"):
                    return attached.get_file().read_bytes()
    except pikepdf.PasswordError:
        raise Unreadable("protected") from None
    except (pikepdf.PdfError, ValueError, RuntimeError, KeyError, AttributeError):
        raise Unreadable("broken") from None
    return b""


def found_in_png(content: bytes) -> bytes:
    """Return the text of the first chunk made for a credential (Open Badges 3.0, 5.3.1)."""
    at = len(PNG)
    while at + 12 <= len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        name, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        if at + 12 + length > len(content):
            raise Unreadable("broken")
        if name == b"iTXt" and data.startswith(PNG_KEYWORD + b"\0"):
            return _itxt(data[len(PNG_KEYWORD) + 1 :])
        if name == b"IEND":
            return b""
        at += 12 + length
    raise Unreadable("broken")


def _itxt(data: bytes) -> bytes:
    if len(data) < 4:
        raise Unreadable("broken")
    compressed = data[0] == 1
    parts = data[2:].split(b"\0", 2)
    if len(parts) != 3:
        raise Unreadable("broken")
    if not compressed:
        return parts[2]
    try:
        return zlib.decompressobj().decompress(parts[2], CREDENTIAL_BYTES_MAX + 1)
    except zlib.error:
        raise Unreadable("broken") from None


def found_in_svg(content: bytes) -> bytes:
    """Return the text of the element made for a credential (Open Badges 3.0, 5.3.2)."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Unreadable("broken") from None
    element = next(root.iter(SVG_ELEMENT), None)
    return "".join(element.itertext()).encode() if element is not None else b""


FINDERS: dict[str, Callable[[bytes], bytes]] = {
    "pdf": found_in_pdf,
    "png": found_in_png,
    "svg": found_in_svg,
    "json": bytes,
}


def read(text: bytes) -> dict[str, Any]:
    """Return a credential as JSON. Raises Unreadable."""
    if len(text) > CREDENTIAL_BYTES_MAX:
        raise Unreadable("too long")
    if text.startswith(MARKS[1:]):
        raise Unreadable("encoding")
    try:
        document = json.loads(text.removeprefix(MARKS[0]).decode(), object_pairs_hook=_once)
    except UnicodeDecodeError:
        raise Unreadable("encoding") from None
    except (ValueError, RecursionError):
        raise Unreadable("not json") from None
    if not isinstance(document, dict) or _depth(document) > NESTED_MAX:
        raise Unreadable("no credential")
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that is there twice: readers would not agree on which of the two counts."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError("A name is there twice.")
    return dict(pairs)


def _depth(value: Any) -> int:
    waiting, depth = [value], 0
    while waiting and depth <= NESTED_MAX:
        waiting = [
            part
            for item in waiting
            for part in (item.values() if isinstance(item, dict) else item)
            if isinstance(part, dict | list)
        ]
        depth += 1
    return depth


def answer(content: bytes, keys: dict[str, str]) -> dict[str, Any]:
    """Say what a file is and what became of the proof of the credential in it."""
    kind = kind_of(content)
    if kind == "unknown":
        return {"kind": kind, "problem": "unknown kind"}
    try:
        text = FINDERS[kind](content)
        if not text:
            return {"kind": kind, "problem": "no credential"}
        credential = read(text)
    except Unreadable as wrong:
        return {"kind": kind, "problem": str(wrong)}
    try:
        proofs.check(credential, keys)
    except proofs.ProofError as wrong:
        return {"kind": kind, "credential": credential, "proof": str(wrong)}
    return {"kind": kind, "credential": credential, "proof": "valid"}


def main(keys: str) -> str:
    """Read the file and return the answer."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return json.dumps(answer(sys.stdin.buffer.read(), json.loads(keys)))


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1]))
