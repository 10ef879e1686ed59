"""Formatted text: what is kept, whatever was pasted or forged."""

import re

import pytest

from champions.case_studies import rich

WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal
{margin:0}</style><!--[if gte mso 9]><xml><w:WordDocument><w:View>Normal</w:View></w:WordDocument>
</xml><![endif]--></head><body lang=EN-GB><!--StartFragment--><h1 style='margin-top:12pt'>What we
did<o:p></o:p></h1><p class=MsoNormal><b style='mso-bidi-font-weight:normal'>120</b> people<span
style='mso-spacerun:yes'>  </span>found <i>work</i>.<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;
</o:p></p><table class=MsoTableGrid border=1 style='border-collapse:collapse'><tr><td width=300
style='width:225pt'><p class=MsoNormal>Year</p></td><td colspan=2><p>2025</p></td></tr></table>
<!--EndFragment--></body></html>"""
WRITER = """<p style="line-height: 115%"><font face="Arial"><font size="3">Two <b>years</b></font>
</font></p><ul><li><p>first</p></li></ul><blockquote>said</blockquote>"""


def marks(text):
    return set(re.findall(r"<([a-z0-9]+)", text))


def test_document_from_word_comes_out_clean():
    kept = rich.clean(WORD)

    assert marks(kept) == {"h3", "p", "strong", "em", "table", "tbody", "tr", "td"}
    assert re.findall(r' ([a-z]+)="', kept) == ["colspan"]
    assert "mso" not in kept.lower()
    assert "WordDocument" not in kept
    assert " ".join(rich.plain(kept).split()) == "What we did 120 people found work. Year 2025"


def test_document_from_writer_comes_out_clean():
    kept = rich.clean(WRITER)

    assert marks(kept) == {"p", "strong", "ul", "li", "blockquote"}
    assert re.findall(r' ([a-z]+)="', kept) == []


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<p onclick=alert(1)>x</p>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='java\tscript:alert(1)'>x</a>",
        "<a href='data:text/html,x'>x</a>",
        "<svg><a xlink:href='javascript:x'><text>x</text></a></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<iframe src=//x></iframe><object data=x></object><embed src=x>",
        "<form action=//x><input name=q></form>",
        "<p style='background:url(//x)'>x</p>",
        "<base href=//x><meta http-equiv=refresh content='0;//x'><link rel=stylesheet href=//x>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<template><script>alert(1)</script></template>",
        "<details open ontoggle=alert(1)>x</details>",
        "<![CDATA[<script>alert(1)</script>]]>",
        "<p><!--><script>alert(1)</script>--></p>",
    ],
)
def test_nothing_runs_loads_or_styles(hostile):
    kept = rich.clean(hostile)

    assert marks(kept) <= rich.TAGS
    assert set(re.findall(r"<[^>]* ([a-z-]+)=", kept)) <= {"rel", "href"}
    assert re.findall(r'href="(?!https?:|mailto:|tel:|/)', kept) == []


@pytest.mark.parametrize("text", [WORD, WRITER, "a < b & c", "<div><p>x</p></div>", "one\n\ntwo"])
def test_clean_text_stays_as_it_is(text):
    once = rich.clean(text)

    assert rich.clean(once) == once


def test_plain_text_becomes_paragraphs():
    assert rich.clean("a < b\nc\n\n\nd") == "<p>a &lt; b<br>c</p>\n<p>d</p>"
