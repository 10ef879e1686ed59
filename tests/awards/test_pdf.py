"""PDFs: tagged, the same bytes twice, and nothing in them that is not ours to show."""

import datetime
import hashlib
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path

import pikepdf
import pypdf
import pytest
import time_machine
from django.conf import settings
from django.template.loader import get_template
from weasyprint import HTML

from awards.pdf import render_pdf
from awards.printing import StaticFilesOnly

MADE_AT = datetime.datetime(2026, 7, 1, 9, 30, tzinfo=datetime.UTC)
CONTENT = {
    "framework": {"title": "Award framework", "version": "v1"},
    "themes": [],
    "statements": ["What we say is true."],
    "partnership": settings.PARTNERSHIP,
}
ONE_RENDER = """
import datetime, hashlib, django
django.setup()
from tests.awards.test_pdf import render
print(hashlib.sha256(render()).hexdigest())
"""


def render() -> bytes:
    return render_pdf("awards/pdf/application.html", CONTENT, title="A form", made_at=MADE_AT)


def test_render_pdf_is_tagged_and_says_what_it_is():
    with pikepdf.open(BytesIO(render())) as pdf:
        assert str(pdf.Root.Lang) == "en-GB"
        assert bool(pdf.Root.MarkInfo.Marked) is True
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle) is True
        assert "/StructTreeRoot" in pdf.Root
        with pdf.open_metadata() as about:
            assert about["pdfuaid:part"] == "1"
            assert about["dc:title"] == "A form"
        assert str(pdf.docinfo.Title) == "A form"
        assert str(pdf.docinfo.CreationDate).startswith("D:20260701093000")


def test_render_pdf_uses_our_font():
    with pikepdf.open(BytesIO(render())) as pdf:
        fonts = {str(font.BaseFont) for font in pdf.pages[0].Resources.Font.values()}

    assert fonts
    assert all("Public" in font for font in fonts)


def test_render_pdf_gives_the_same_bytes_years_later_and_in_another_process():
    here = hashlib.sha256(render()).hexdigest()
    with time_machine.travel(datetime.datetime(2031, 2, 3, 4, 5, tzinfo=datetime.UTC)):
        later = hashlib.sha256(render()).hexdigest()
    done = subprocess.run(
        [sys.executable, "-c", ONE_RENDER],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "TZ": "Australia/Sydney",
             "PYTHONHASHSEED": "7"},
        cwd=settings.BASE_DIR, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert later == here
    assert done.stdout.strip() == here


@pytest.fixture
def listener():
    """A server on this machine that counts who asks it."""
    asked = []

    class Counting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Counting)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    server.asked = asked
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def hostile(address: str) -> list[str]:
    """Every way a document has to fetch something."""
    return [
        f'<img src="{address}" alt="x">',
        f'<link rel="stylesheet" href="{address}">',
        f'<link rel="attachment" href="{address}">',
        f'<a rel="attachment" href="{address}">x</a>',
        f'<object data="{address}">x</object>',
        f'<embed src="{address}">',
        f'<style>@import "{address}";</style>',
        f"<style>@import url({address});</style>",
        f'<style>@font-face {{ font-family: f; src: url("{address}") }}</style>',
        "<style>p { font-family: f }</style>",
        f'<style>p {{ background: url("{address}") }}</style>',
        f'<style>p::before {{ content: url("{address}") }}</style>',
        f'<style>ul {{ list-style-image: url("{address}") }}</style><ul><li>x</ul>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="{address}"/>'
        f'<use href="{address}#a"/></svg>',
        f'<base href="{address}"><img src="x" alt="x">',
        f"<img alt=x src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'>"
        f"<image href='{address}'/></svg>\">",
    ]


def test_a_hostile_document_reaches_no_server_and_no_file(listener, tmp_path):
    canary = tmp_path / "canary.css"
    canary.write_text("CANARY-7f3a")
    port = listener.server_address[1]
    addresses = [
        canary.as_uri(),
        str(canary),
        f"file://localhost{canary}",
        f"static:..{canary}",
        f"static:{canary}",
        f"static://{canary}",
        "static:../svportal/settings.css",
        f"http://127.0.0.1:{port}/x.css",
        f"//127.0.0.1:{port}/x.css",
        f"HTTP://localhost:{port}/x.css",
        f"ftp://127.0.0.1:{port}/x.css",
        "http://169.254.169.254/latest/meta-data/",
    ]
    for address in addresses:
        page = "<html lang=en><title>x</title><p>words" + "".join(hostile(address))
        pdf = HTML(string=page, url_fetcher=StaticFilesOnly(settings.STATICFILES_DIRS)).write_pdf(
            pdf_variant="pdf/ua-1", uncompressed_pdf=True
        )

        assert b"CANARY" not in pdf
        with pikepdf.open(BytesIO(pdf)) as opened:
            assert not opened.attachments
            streams = [o.read_bytes() for o in opened.objects if isinstance(o, pikepdf.Stream)]
        assert not any(b"CANARY" in stream for stream in streams)

    assert listener.asked == []


@pytest.mark.parametrize(
    "url", ["static:img/mark.svg", "static:fonts/public-sans-latin-wght-normal.woff2"]
)
def test_the_fetcher_serves_what_documents_use(url):
    assert StaticFilesOnly(settings.STATICFILES_DIRS).fetch(url).read()


@pytest.mark.parametrize(
    "url",
    ["static:../manage.py", "static:img/../../manage.py", "static:/etc/passwd", "static:img",
     "static:js/portal.js", "static:img/none.svg", "data:text/css,p{}", "picture:2", "http://example.org/a.svg"],
)  # fmt: skip
def test_the_fetcher_refuses_everything_else(url):
    with pytest.raises(ValueError, match=r"static f"):
        StaticFilesOnly(settings.STATICFILES_DIRS).fetch(url)


def test_the_fetcher_serves_the_pictures_that_came_with_a_document():
    fetcher = StaticFilesOnly([])
    fetcher.pictures = {"1": "AAEC"}

    assert fetcher.fetch("picture:1").read() == b"\x00\x01\x02"


def test_what_people_typed_is_text_in_a_pdf(tmp_path):
    canary = tmp_path / "canary.css"
    canary.write_text("CANARY-7f3a")
    typed = f'</p><link rel="attachment" href="{canary.as_uri()}"><script>alert(1)</script>'

    pdf = render_pdf(
        "awards/pdf/application.html",
        {**CONTENT, "reference": "A-1", "organisation": typed, "status": "Draft", "type": typed},
        title=typed,
        made_at=MADE_AT,
    )

    text = "".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages)
    assert "<script>alert(1)</script>" in text.replace("\n", "")
    with pikepdf.open(BytesIO(pdf)) as opened:
        assert not opened.attachments


def test_templates_name_no_other_host():
    folder = Path(get_template("awards/pdf/base.html").origin.name).parent
    sources = "".join(file.read_text() for file in sorted(folder.iterdir()))

    assert "http" not in sources
    assert "//" not in sources
