"""Formatted text: what of it is kept, and how plain text becomes it.

One list says what may be in it, for what the editor sends, what is pasted past it and what a
forged request brings alike. Nothing of it can run, load anything or change how the page looks."""

import html
import re

import nh3

TAGS = {
    "p", "br", "strong", "em", "h3", "h4", "ul", "ol", "li", "blockquote", "a",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
# Kept by the sanitiser for what they mean, then called by our own names: the page's own headings
# are above h3.
RENAMED = {
    "h1": "h3", "h2": "h3", "h5": "h4", "h6": "h4", "b": "strong", "i": "em", "div": "p",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
}
SCHEMES = {"http", "https", "mailto", "tel"}
# Their words are no text: they go with what they enclose.
WITHOUT_CONTENT = {"script", "style", "title", "xml", "svg", "math", "noscript", "template"}
SPAN = re.compile(r"[1-9][0-9]?")
EMPTY = re.compile(r"<(p|h3|h4|li|blockquote|strong|em|a)(?: [^>]*)?>(?:\s|&nbsp;|<br>)*</\1>")
BLOCK = re.compile(r"<(?:p|h[1-6]|ul|ol|blockquote|table|div|br)\b", re.IGNORECASE)
MARK = re.compile(r"</?[a-z][^>]*>", re.IGNORECASE)
# Word puts whole documents of its own between conditional comments.
CONDITIONAL = re.compile(r"<!--.*?-->|<!\[.*?\]>", re.DOTALL)

_CLEANER = nh3.Cleaner(
    tags=TAGS | set(RENAMED),
    clean_content_tags=WITHOUT_CONTENT,
    attributes=ATTRIBUTES,
    attribute_filter=lambda tag, name, value: _attribute(tag, name, value),
    strip_comments=True,
    link_rel="nofollow noopener",
    url_schemes=SCHEMES,
)


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name in {"colspan", "rowspan"}:
        return value if SPAN.fullmatch(value) and value != "1" else None
    if name == "scope":
        return value if value in {"col", "row"} else None
    if name == "href":
        # A link to a page of ours or elsewhere, not to a place in the document it came from.
        return value.strip() if not value.strip().startswith(("#", "//")) else None
    return value


def clean(text: str) -> str:
    """Return formatted text with nothing in it but what the list above has.

    Text without any formatting becomes paragraphs; cleaning what is clean changes nothing."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    if not MARK.search(text):
        return paragraphs(html.unescape(text))
    cleaned = _CLEANER.clean(CONDITIONAL.sub("", text))
    for given, ours in RENAMED.items():  # safe: what comes out of the cleaner is well formed
        cleaned = re.sub(rf"<(/?){given}>", rf"<\1{ours}>", cleaned)
    cleaned = _CLEANER.clean(cleaned)  # what was a <div> may now have stood inside a paragraph
    before = ""
    while before != cleaned:  # what is empty may be inside what becomes empty
        before, cleaned = cleaned, EMPTY.sub("", cleaned)
    if not BLOCK.search(cleaned):
        cleaned = f"<p>{cleaned.strip()}</p>" if cleaned.strip() else ""
    return re.sub(r"\n\s*\n+", "\n", cleaned).strip()


def paragraphs(text: str) -> str:
    """Return plain text as formatted text: a blank line begins a paragraph."""
    parts = (part.strip() for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")))
    return "\n".join(
        "<p>" + "<br>".join(html.escape(line, quote=False) for line in part.split("\n")) + "</p>"
        for part in parts
        if part
    )


def plain(text: str) -> str:
    """Return formatted text as its words, a line a block."""
    lined = re.sub(r"</(p|h3|h4|li|tr|blockquote)>|<br>", "\n", text)
    lined = re.sub(r"</(td|th)>", " ", lined)
    words = html.unescape(re.sub(r"<[^>]+>", "", lined))
    return "\n".join(line.strip() for line in words.split("\n") if line.strip())
