"""Checks a file somebody offers: by what is in it, not by what it is called.

Pure: no models, no request, no settings. A file is read as a stream and from its headers; what
could be made to unpack without end is bounded before it is unpacked. The types and limits are
those of the portal's bar for uploads (OWASP File Upload Cheat Sheet, ASVS 5.0 V5)."""

import codecs
import hashlib
import re
import stat
import struct
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import IO, Any
from urllib.parse import urlsplit
from xml.parsers import expat

from django.core.files import File
from PIL import Image

from awards import sandbox
from awards.rules import NotAllowed
from awards.sandbox import Verdict

MEGABYTE = 1024 * 1024
FILE_BYTES_MAX = 25 * MEGABYTE
# Evidence belongs to the organisation, not to an application: the limits are one evidence's.
FILES_MAX = 20
EVIDENCE_BYTES_MAX = 200 * MEGABYTE
UPLOADS_PER_HOUR = 60

PIXELS_MAX = 40_000_000
ENTRIES_MAX = 5_000
DIRECTORY_BYTES_MAX = 1 * MEGABYTE
UNPACKED_BYTES_MAX = 200 * MEGABYTE
RATIO_MAX = 200
# Below this an entry may shrink as much as it likes: empty sheets are very regular.
RATIO_MATTERS_FROM = 1 * MEGABYTE
XML_BYTES_MAX = 64 * MEGABYTE
RELATIONS_BYTES_MAX = 4 * MEGABYTE
NAME_MAX = 255

Check = Callable[[IO[bytes], str, str], None]

# Pillow warns of very many pixels and goes on; here it stops, and the limit above is lower still.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


class Refused(NotAllowed):
    """A file that is not taken; the message says which, what is wrong and what to do.

    `status` is the HTTP status that says the same."""

    def __init__(self, message: str, *, status: int = 422) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Accepted:
    """What a file that passed is: the name to show, the type to serve it as, its bytes."""

    name: str
    extension: str
    content_type: str
    size: int


@dataclass(frozen=True)
class FileType:
    """One type of file that is taken."""

    words: str
    content_type: str
    signature: bytes


ZIP = b"PK\x03\x04"
# What the standard library raises for a ZIP file that is damaged or made to do harm.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
    struct.error,
)
_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
ALLOWED: dict[str, FileType] = {
    "pdf": FileType("PDF", "application/pdf", b"%PDF-"),
    "docx": FileType("Word document", f"{_OOXML}wordprocessingml.document", ZIP),
    "xlsx": FileType("Excel workbook", f"{_OOXML}spreadsheetml.sheet", ZIP),
    "pptx": FileType("PowerPoint presentation", f"{_OOXML}presentationml.presentation", ZIP),
    "odt": FileType("OpenDocument text", f"{_ODF}text", ZIP),
    "ods": FileType("OpenDocument spreadsheet", f"{_ODF}spreadsheet", ZIP),
    "jpg": FileType("JPEG picture", "image/jpeg", b"\xff\xd8\xff"),
    "png": FileType("PNG picture", "image/png", b"\x89PNG\r\n\x1a\n"),
    "webp": FileType("WebP picture", "image/webp", b"RIFF"),
    "csv": FileType("CSV table", "text/csv", b""),
}
KINDS = {kind.content_type: kind.words for kind in ALLOWED.values()}
ALIASES = {"jpeg": "jpg", "jpe": "jpg"}
ALLOWED_WORDS = "PDF, Word, Excel, PowerPoint, OpenDocument, JPEG, PNG, WebP or CSV"
# What the browser's file dialogue offers.
ACCEPT = ",".join(f".{extension}" for extension in [*ALLOWED, "jpeg"])
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})

MACRO_EXTENSIONS = {
    "docm": "docx",
    "dotm": "docx",
    "xlsm": "xlsx",
    "xltm": "xlsx",
    "xlsb": "xlsx",
    "xlam": "xlsx",
    "pptm": "pptx",
    "potm": "pptx",
    "ppsm": "pptx",
}
OLD_EXTENSIONS = {"doc": "docx", "dot": "docx", "xls": "xlsx", "ppt": "pptx", "pps": "pptx"}
# Inside a name (report.php.jpg) these are never an accident.
PROGRAMS = frozenset(
    [
        "bat", "cmd", "dll", "exe", "hta", "htm", "html", "jar", "js", "jsp", "lnk", "mht",
        "mhtml", "msi", "php", "phtml", "ps1", "py", "scr", "sh", "svg", "vbs", "wsf", "xhtml",
    ]
) | frozenset(MACRO_EXTENSIONS)  # fmt: skip

# The main part of an Office document by its type, and what it must be said to be.
MAIN_PARTS = {
    "docx": f"{ALLOWED['docx'].content_type}.main+xml",
    "xlsx": f"{ALLOWED['xlsx'].content_type}.main+xml",
    "pptx": f"{ALLOWED['pptx'].content_type}.main+xml",
}
MACRO_PARTS = re.compile(
    r"(^|/)(vbaproject[^/]*|vbadata\.xml|activex\d*\.bin|macrosheets/.*)$"
    r"|^(basic|scripts)/.*|\.(docm|xlsm|pptm|dotm|xltm|potm|xlsb)$",
    re.IGNORECASE,
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Control characters that text has no use for.
NOT_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
# Starts that another program would take for something else than a table.
NOT_A_TABLE = re.compile(
    r"\s*(<[!?/a-z%]|%pdf|%!ps|gif8[79]a|\{\\rtf|#!|mime-version:|from:\s|content-type:|@echo|PK\x03)",
    re.IGNORECASE,
)


def clean_name(name: str) -> str:
    """Return a given name as the text it will be shown as: one line, no path, nothing that
    turns the reading direction round, at most 255 characters. It names no stored file."""
    name = unicodedata.normalize("NFC", name.encode(errors="ignore").decode())
    name = re.split(r"[/\\]", name)[-1]
    kept = (
        " " if character.isspace() else character
        for character in name
        # U+200D joins an emoji's parts; the other format characters hide or reorder text.
        if character.isspace()
        or character == "\u200d"
        or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    name = " ".join("".join(kept).split()).rstrip(". ")
    if name.startswith("."):  # nothing is left of it but its ending
        name = name.lstrip(". ") if "." in name.lstrip(". ") else "file." + name.lstrip(". ")
    name = name or "file"
    if len(name) <= NAME_MAX:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 10:
        return name[:NAME_MAX]
    return stem[: NAME_MAX - len(extension) - 1] + dot + extension


def inspect(file: IO[bytes], name: str) -> Accepted:
    """Return what a file is, or raise Refused with words for the person who offers it.

    The file must be seekable; it is left at its start."""
    return _inspect(file, name, CHECKS)


def inspect_picture(file: IO[bytes], name: str, *, pixels: int) -> Accepted:
    """Return what a picture is, which may have as many pixels; or raise Refused, see `inspect`.

    It can be drawn smaller in four bytes of memory for each of that many pixels."""
    checks: dict[str, Check] = {
        "jpg": partial(_check_picture, pixels=pixels, values=2 * pixels),
        "png": partial(_check_picture, pixels=pixels),
        # To draw one of these smaller takes three times the memory of all its pixels.
        "webp": partial(_check_picture, pixels=pixels // 4),
    }
    ending = clean_name(name).rpartition(".")[2].lower()
    if ALIASES.get(ending, ending) not in checks:
        raise Refused(
            f"‘{clean_name(name)}’ is not a picture we take. Save it as JPEG, PNG or WebP and "
            "upload that."
        )
    return _inspect(file, name, checks)


def _inspect(file: IO[bytes], name: str, checks: dict[str, Check]) -> Accepted:
    name = clean_name(name)
    extension = _extension(name)
    size = file.seek(0, 2)
    file.seek(0)
    if size == 0:
        raise Refused(f"‘{name}’ is empty. Check the file and upload it again.")
    if size > FILE_BYTES_MAX:
        raise too_large(name)
    head = file.read(4096)
    file_type = ALLOWED[extension]
    if not head.startswith(file_type.signature) or (extension == "webp" and head[8:12] != b"WEBP"):
        raise _not_what_it_says(name, extension, head)
    try:
        checks[extension](file, name, extension)
    finally:
        file.seek(0)
    return Accepted(name, extension, file_type.content_type, size)


def inspect_archive(file: IO[bytes], name: str) -> None:
    """Raise Refused for a ZIP file that is damaged, locked or unpacks to far too much."""
    try:
        _check_directory(file, name)
        with zipfile.ZipFile(file) as archive:
            start = archive.start_dir
            _check_entries(archive.infolist(), name, "zip", start_of_directory=start)
    except UNREADABLE as error:
        raise _damaged(name) from error
    finally:
        file.seek(0)


def digest_of(file: File) -> str:
    """Return a file's SHA-256, and leave the file at its start."""
    digest = hashlib.sha256()
    file.seek(0)
    for part in file.chunks():
        digest.update(part)
    file.seek(0)
    return digest.hexdigest()


def too_large(name: str) -> Refused:
    """Return the refusal of a file over the limit."""
    ending = name.rpartition(".")[2].lower()
    how = "Make it smaller, for example by compressing its pictures, or split it, and upload that."
    if ALIASES.get(ending, ending) in {"jpg", "png", "webp"}:
        how = "Save the picture smaller and upload that."
    return Refused(f"‘{name}’ is larger than {FILE_BYTES_MAX // MEGABYTE} MB. {how}", status=413)


def _extension(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    extension = extension.lower()
    extension = ALIASES.get(extension, extension)
    if not dot or not stem:
        raise Refused(
            f"‘{name}’ has no ending that says what it is. Upload a {ALLOWED_WORDS} file."
        )
    if extension in MACRO_EXTENSIONS:
        better = MACRO_EXTENSIONS[extension]
        raise Refused(
            f"‘{name}’ is a kind of file that has macros. Save it as .{better}, without macros, "
            "and upload that."
        )
    if extension in OLD_EXTENSIONS:
        better = OLD_EXTENSIONS[extension]
        raise Refused(f"‘{name}’ is in an old format. Save it as .{better} and upload that.")
    if extension not in ALLOWED:
        raise Refused(f"‘{name}’ is not a type of file we take. Upload a {ALLOWED_WORDS} file.")
    for inner in stem.lower().split(".")[1:]:
        if inner in PROGRAMS:
            raise Refused(
                f"‘{name}’ has the ending of a program, .{inner}, in its name. Rename it and "
                "upload it again."
            )
    return extension


def _not_what_it_says(name: str, extension: str, head: bytes) -> Refused:
    words = ALLOWED[extension].words
    if head.startswith(OLE) and extension in MAIN_PARTS:
        return Refused(
            f"‘{name}’ is protected with a password or is in an old format. Remove the password, "
            f"save it as .{extension} and upload that."
        )
    return Refused(
        f"‘{name}’ ends in .{extension} but is not a {words}. Open it in the program it comes "
        f"from, save it as a {words} and upload that."
    )


def _damaged(name: str) -> Refused:
    return Refused(
        f"‘{name}’ is damaged or incomplete. Open it, save it again and upload the new copy."
    )


# PDF


def _check_pdf(file: IO[bytes], name: str, extension: str) -> None:
    verdict = sandbox.check_pdf(file)
    if verdict == Verdict.PROTECTED:
        raise Refused(
            f"‘{name}’ is protected with a password. Save a copy without protection and upload "
            "that."
        )
    if verdict == Verdict.ACTIVE:
        raise Refused(
            f"‘{name}’ has a script or starts another program. Print it to a new PDF and upload "
            "that."
        )
    if verdict == Verdict.ATTACHED:
        raise Refused(
            f"‘{name}’ has other files attached inside it. Print it to a new PDF, and upload the "
            "attached files on their own."
        )
    if verdict != Verdict.FINE:
        raise Refused(
            f"‘{name}’ is damaged or too complicated to check. Print it to a new PDF and upload "
            "that."
        )


# Pictures


def _check_picture(
    file: IO[bytes],
    name: str,
    extension: str,
    *,
    pixels: int = PIXELS_MAX,
    values: int | None = None,
) -> None:
    if extension == "webp":  # Pillow would set memory aside for the whole picture to learn its size
        _check_pixels(_webp_size(file, name), name, pixels)
    formats = {"jpg": ["JPEG"], "png": ["PNG"], "webp": ["WEBP"]}[extension]
    file.seek(0)
    try:
        with Image.open(file, formats=formats) as image:
            _check_pixels(image.size, name, pixels)
            if values is not None and image.info.get("progressive"):
                _check_values(image, name, values)
            frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
            if frames > 1:
                raise Refused(f"‘{name}’ is an animation. Save one picture of it and upload that.")
            image.verify()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(name, pixels) from error
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, KeyError) as error:
        raise _damaged(name) from error


def _check_pixels(size: tuple[int, int], name: str, pixels: int) -> None:
    if size[0] * size[1] > pixels:
        raise _too_many_pixels(name, pixels)


def _check_values(image: Any, name: str, values: int) -> None:
    """A progressive JPEG is held whole until its last part, two bytes for each value; `layer` says
    how many of those each colour has (ITU T.81, B.2.2)."""
    sides = [(across, down) for _, across, down, _ in image.layer]
    most = max(across for across, _ in sides) * max(down for _, down in sides)
    pixels = values * most // max(1, sum(across * down for across, down in sides))
    if image.width * image.height > pixels:
        raise Refused(
            f"‘{name}’ is a progressive JPEG of more than {pixels // 1_000_000} million pixels. "
            "Save it smaller, or without ‘progressive’, and upload that."
        )


def _too_many_pixels(name: str, pixels: int) -> Refused:
    return Refused(
        f"‘{name}’ has more than {pixels // 1_000_000} million pixels. Save it smaller and "
        "upload that."
    )


def _webp_size(file: IO[bytes], name: str) -> tuple[int, int]:
    """Return width and height from a WebP's header (WebP container specification)."""
    file.seek(12)
    kind, head = file.read(4), file.read(18)
    if len(head) == 18 and kind == b"VP8X":
        width, height = head[8:11], head[11:14]
        return int.from_bytes(width, "little") + 1, int.from_bytes(height, "little") + 1
    if len(head) == 18 and kind == b"VP8L":
        bits = int.from_bytes(head[5:9], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if len(head) == 18 and kind == b"VP8 ":
        width, height = struct.unpack("<HH", head[10:14])
        return width & 0x3FFF, height & 0x3FFF
    raise _damaged(name)


# Tables


def _check_csv(file: IO[bytes], name: str, extension: str) -> None:
    file.seek(0)
    start = file.read(4)
    encodings = ["utf-16"] if start.startswith(UTF16) else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            _check_text(file, name, encoding)
        except UnicodeDecodeError:
            continue
        return
    raise _no_table(name)


def _check_text(file: IO[bytes], name: str, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    is_start = True
    while data := file.read(1 << 16):
        text = decoder.decode(data)
        if NOT_TEXT.search(text) or (is_start and NOT_A_TABLE.match(text)):
            raise _no_table(name)
        is_start = False
    decoder.decode(b"", final=True)


def _no_table(name: str) -> Refused:
    return Refused(
        f"‘{name}’ is not a table in plain text. Save it as CSV (UTF-8) and upload that."
    )


# Office files


def _check_office(file: IO[bytes], name: str, extension: str) -> None:
    _check_directory(file, name)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _check_entries(entries, name, extension, start_of_directory=archive.start_dir)
            names = {entry.filename for entry in entries}
            for entry in entries:
                if _is_xml(archive, entry):
                    _check_prolog(archive, entry, name)
            if extension in MAIN_PARTS:
                _check_ooxml(archive, names, name, extension)
            else:
                _check_odf(archive, names, name, extension)
    except UNREADABLE as error:
        raise _damaged(name) from error


def _check_directory(file: IO[bytes], name: str) -> None:
    """Refuse a directory of too many entries before anything reads it (PKWARE APPNOTE 4.3.16)."""
    size = file.seek(0, 2)
    file.seek(max(0, size - (1 << 16) - 22))
    tail = file.read()
    at = len(tail) - 22
    if tail[at : at + 4] != b"PK\x05\x06":
        at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + 22 > len(tail):
        raise _damaged(name)
    count, length = struct.unpack("<HL", tail[at + 10 : at + 16])
    if tail[max(0, at - 20) : at].startswith(b"PK\x06\x07"):
        raise _too_much(name)
    if count > ENTRIES_MAX or length > DIRECTORY_BYTES_MAX:
        raise _too_much(name)


def _too_much(name: str) -> Refused:
    return Refused(
        f"‘{name}’ unpacks to far more than a document has. Save it as a PDF and upload that."
    )


def _check_entries(
    entries: list[zipfile.ZipInfo], name: str, extension: str, *, start_of_directory: int
) -> None:
    if len(entries) > ENTRIES_MAX or sum(e.file_size for e in entries) > UNPACKED_BYTES_MAX:
        raise _too_much(name)
    if len({e.filename for e in entries}) != len(entries):
        raise _damaged(name)
    free_from = 0
    for entry in sorted(entries, key=lambda e: e.header_offset):
        if entry.header_offset < free_from:
            raise _damaged(name)  # two entries in the same bytes
        name_bytes = len(
            entry.orig_filename.encode("utf-8" if entry.flag_bits & 0x800 else "cp437")
        )
        free_from = entry.header_offset + 30 + name_bytes + entry.compress_size
        if entry.compress_size > entry.file_size + 1024 + entry.file_size // 100:
            raise _damaged(name)  # says it is smaller than it can be
        ratio = entry.file_size / max(1, entry.compress_size)
        if entry.file_size > RATIO_MATTERS_FROM and ratio > RATIO_MAX:
            raise _too_much(name)
        if entry.flag_bits & 0x1:
            raise _locked(name)
        if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise _damaged(name)
        if _leaves_its_folder(entry):
            raise _damaged(name)
        if MACRO_PARTS.search(entry.filename):
            raise _macros(name, extension)
    if free_from > start_of_directory:
        raise _damaged(name)


def _leaves_its_folder(entry: zipfile.ZipInfo) -> bool:
    given = entry.orig_filename
    return (
        stat.S_ISLNK(entry.external_attr >> 16)
        or given.startswith("/")
        or "\\" in given
        or ":" in given
        or "\x00" in given
        or ".." in given.split("/")
    )


def _macros(name: str, extension: str) -> Refused:
    return Refused(f"‘{name}’ has macros. Save it as .{extension} without macros and upload that.")


def _locked(name: str) -> Refused:
    return Refused(
        f"‘{name}’ is protected with a password. Remove the password and upload it again."
    )


def _is_xml(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    with archive.open(entry) as part:  # by its start: the ending may say anything
        start = part.read(64)
    return start.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe\t\r\n ").startswith(b"<")


class _Enough(Exception):
    """Enough of an XML part has been read."""


def _check_prolog(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> None:
    """Refuse a part that declares a document type: entities that multiply, or fetch, live there."""

    def enough(*_: Any) -> None:
        raise _Enough

    _parse(archive, entry, name, on_element=enough, limit=RELATIONS_BYTES_MAX)


def _parse(
    archive: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    name: str,
    *,
    on_element: Callable[[str, dict[str, str]], None],
    limit: int,
) -> None:
    def refuse(*_: Any) -> None:
        raise _damaged(name)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = on_element
    parser.buffer_text = True
    read = 0
    try:
        with archive.open(entry) as part:
            while data := part.read(1 << 16):
                read += len(data)
                if read > limit:
                    raise _too_much(name)
                parser.Parse(data, False)
        parser.Parse(b"", True)
    except _Enough:
        return
    except expat.ExpatError as error:
        raise _damaged(name) from error


def _check_ooxml(archive: zipfile.ZipFile, names: set[str], name: str, extension: str) -> None:
    kinds: list[str] = []
    _parse(
        archive,
        archive.getinfo("[Content_Types].xml"),
        name,
        on_element=lambda _, given: kinds.append(given.get("ContentType", "")),
        limit=RELATIONS_BYTES_MAX,
    )
    if any("macroEnabled" in kind or "vbaProject" in kind for kind in kinds):
        raise _macros(name, extension)
    if MAIN_PARTS[extension] not in kinds or "_rels/.rels" not in names:
        raise _not_what_it_says(name, extension, ZIP)
    for part in sorted(names):
        if part.lower().endswith(".rels"):
            _parse(
                archive,
                archive.getinfo(part),
                name,
                on_element=lambda _, given: _check_relation(given, name),
                limit=RELATIONS_BYTES_MAX,
            )


def _check_relation(given: dict[str, str], name: str) -> None:
    # A link somebody may click is no more than text; everything else that lies outside is fetched
    # when the document is opened (templates, pictures, frames).
    if given.get("TargetMode", "").lower() == "external" and not given.get("Type", "").endswith(
        "/hyperlink"
    ):
        raise _linked(name)


def _linked(name: str) -> Refused:
    return Refused(
        f"‘{name}’ fetches something from elsewhere when it is opened, such as a linked picture "
        "or a template. Save it as a PDF and upload that."
    )


def _check_odf(archive: zipfile.ZipFile, names: set[str], name: str, extension: str) -> None:
    with archive.open("mimetype") as part:
        if part.read(200).decode(errors="replace").strip() != ALLOWED[extension].content_type:
            raise _not_what_it_says(name, extension, ZIP)
    if not {"content.xml", "META-INF/manifest.xml"} <= names:
        raise _damaged(name)

    def on_manifest(element: str, _: dict[str, str]) -> None:
        if element.endswith(" encryption-data"):
            raise _locked(name)

    def on_content(element: str, given: dict[str, str]) -> None:
        kind = element.rpartition(" ")[2]
        if kind in {"script", "event-listener"}:
            raise _macros(name, extension)
        target = given.get("http://www.w3.org/1999/xlink href", "")
        if kind != "a" and (urlsplit(target).scheme or target.startswith(("//", "\\", "../"))):
            raise _linked(name)

    manifest = archive.getinfo("META-INF/manifest.xml")
    _parse(archive, manifest, name, on_element=on_manifest, limit=RELATIONS_BYTES_MAX)
    for part_name in sorted(names):
        if part_name.rpartition("/")[2] in {"content.xml", "styles.xml"}:
            entry = archive.getinfo(part_name)
            _parse(archive, entry, name, on_element=on_content, limit=XML_BYTES_MAX)


CHECKS: dict[str, Check] = {
    "pdf": _check_pdf,
    **dict.fromkeys(["docx", "xlsx", "pptx", "odt", "ods"], _check_office),
    **dict.fromkeys(["jpg", "png", "webp"], _check_picture),
    "csv": _check_csv,
}
