"""Requests no browser sends, over every route and as everybody: never our fault.

The same requests on each run; FUZZ_REQUESTS=10000 sends as many as the bar asks for."""

import os
import random
import sys
import traceback
from collections import Counter
from urllib.parse import quote, quote_from_bytes, urlencode

import pytest
from django.core.signals import got_request_exception
from django.db import transaction
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse

from tests.clients import Client
from tests.security import scene as scenes
from tests.security.addresses import ACCOUNT, ACCOUNT_ARGS, ADDRESSES, typed

pytestmark = [pytest.mark.django_db, pytest.mark.postgres, pytest.mark.slow]

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "800"))
SEED = 2
LONGEST_SECONDS = 10
WHO = ("anonymous", "contributor", "lead", "holder", "admin", "support", "invited")
BY_NAME = {address.name: address for address in ADDRESSES}
URLENCODED = "application/x-www-form-urlencoded"
TYPES = [
    *(URLENCODED, "multipart/form-data", "multipart/form-data; boundary=", MULTIPART_CONTENT),
    *("application/json", "text/xml", "", "a/b/c", "multipart/mixed; boundary=x"),
]

WORDS = [
    "", " ", "\t\r\n", "\x00", "a\x00b", "\x01\x1b[2J", "\x7f\x80\x9f", "\u202ecod.exe", "\ufeff",
    "\ufffe\uffff", "\u2028\u2029", "e\u0301" * 200, "\U0001f9e8" * 300, "ı" * 250, "ß" * 250,
    "ﬀ" * 100, "a" * 151, "a" * 5_000, "a" * 100_000, "-1", "0", "1", "-0", "1.5", "1e309", "NaN",
    "Infinity", "٣", "２", "½", "0x10", "1_000", "+5", "9" * 20, "9" * 400, "-" + "9" * 400,
    "32768",
    "2147483648", "4294967296", "9223372036854775808", "-9223372036854775809", "true", "null",
    "undefined", "[]", "{}", "[1,2]", '{"$ne":1}', "0000-00-00", "9999-12-31", "10000-01-01",
    "0001-01-01", "-0001-01-01", "2024-02-30", "31/02/2024", "1/1/1", "2024-W01", "20240101",
    "24:00", "2024-01-01T00:00:00Z", "00000000-0000-0000-0000-000000000000",
    "{00000000-0000-0000-0000-000000000000}", "urn:uuid:00000000-0000-0000-0000-000000000000",
    "' OR 1=1 --", '"; DROP TABLE x', "%", "_", "\\", "%s%n%x", "{{7*7}}", "{% now %}", "${7*7}",
    "../../../../etc/passwd", "..\\..\\x", "/", "//e.example", "javascript:alert(1)", "http://[::1",
    "https://[", "http://a:b@c:99999/", "x@", "@x", "a@b@c.example", '"a b"@example.org',
    "a@" + "b" * 250 + ".example", "accept", "send", "change", "release", "lead", "accepted",
    "not_accepted", "CM-2600-0010", "O" * 30, "<script>", "\r\nSet-Cookie: a=b", "=1+1",
]  # fmt: skip
BYTES = [
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xc0\xaf",
    b"\x00",
    b"\xf4\x90\x80\x80",
    b"%",
    b"%zz",
    b"%u0041",
]
NAMES = [
    "page",
    "q",
    "state",
    "type",
    "place",
    "theme",
    "held",
    "overdue",
    "appeals",
    "status",
    "framework",
    "on",
    "evidenced",
    "number",
    "next",
    "claim",
    "into",
    "removed",
    "step",
    "then",
    "answer",
    "member",
    "words",
    "version",
    "evidence",
    "places",
    "files",
    "logo",
    "csrfmiddlewaretoken",
    "e",
    "_popup",
    "o",
    "all",
    "p",
    "v",
]
HEADERS = [
    "HTTP_ACCEPT",
    "HTTP_REFERER",
    "HTTP_ORIGIN",
    "HTTP_RANGE",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_HX_REQUEST",
    "HTTP_X_AUTOSAVE",
    "HTTP_X_UPLOAD",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_USER_AGENT",
    "HTTP_X_HTTP_METHOD_OVERRIDE",
    "HTTP_EXPECT",
    "HTTP_COOKIE",
]


class Sender:
    """Makes one malformed request after the other from what a person could rightly send."""

    def __init__(self, scene):
        self.scene = scene
        self.dice = random.Random(SEED)
        self.typed = typed(scene)
        self.places = [(a.name, [getattr(scene, arg, arg) for arg in a.args]) for a in ADDRESSES]
        self.places += [(name, []) for name in ACCOUNT if name not in ACCOUNT_ARGS]
        self.places += [("account_reset_password_from_key", ["1", "set-password"])]
        self.places += [("admin:accounts_organisation_changelist", []), ("admin:login", [])]

    def word(self):
        return self.dice.choice(WORDS)

    def path(self, name, args):
        """An address of the route; now and then with something else where its id belongs."""
        path = reverse(name, args=args)
        if args and self.dice.random() < 0.15:
            old = quote(str(self.dice.choice(args)))
            path = path.replace(
                old, self.dice.choice([quote(self.word()[:2_000], safe=""), self.bytes()])
            )
        return path + self.dice.choice(["", "", "", "?", "?" + self.query()])

    def bytes(self):
        return quote_from_bytes(self.dice.choice(BYTES))

    def query(self):
        pairs = [
            (self.dice.choice(NAMES), self.word()[:4_000]) for _ in range(self.dice.randint(1, 4))
        ]
        return urlencode(pairs) + self.dice.choice(
            ["", "", f"&q={self.bytes()}", "&=&&=", "&%00=1", "&q[]=1"]
        )

    def fields(self, name):
        """What the form asks for, with one thing or more of it wrong."""
        fields = dict(self.typed.get(name, {}))
        for _ in range(self.dice.randint(1, 3)):
            key = self.dice.choice(
                [*fields] * (20 // max(1, len(fields))) + [*NAMES, self.word()[:50]]
            )
            wrong = self.dice.random()
            if wrong < 0.6:
                fields[key] = self.word()
            elif wrong < 0.75:
                fields[key] = [self.word()[:1_000] for _ in range(self.dice.randint(2, 5))]
            elif wrong < 0.85:
                fields.pop(key, None)
            else:
                fields[f"{key}[]"] = fields[f"{key}[a]"] = self.word()[:1_000]
        if self.dice.random() < 0.02:
            fields |= {f"field{n}": "1" for n in range(1_001)}
        return fields

    def body(self, name):
        """A body and its type."""
        fields = self.fields(name)
        kind = self.dice.random()
        if kind < 0.45:
            return urlencode(fields, doseq=True).encode(), URLENCODED
        if kind < 0.65:
            return encode_multipart(BOUNDARY, fields), MULTIPART_CONTENT
        if kind < 0.8:
            return self.broken(encode_multipart(BOUNDARY, fields)), MULTIPART_CONTENT
        if kind < 0.85:
            return self.with_file(), MULTIPART_CONTENT
        if kind < 0.9:
            return b"a=" + self.dice.choice(BYTES) + b"&" + self.dice.choice(
                BYTES
            ) + b"=1", URLENCODED
        raw = self.dice.randbytes(self.dice.randint(0, 300))
        return raw, self.dice.choice(TYPES)

    def broken(self, body):
        """A multipart body that lost its end, its middle, or some of its bytes."""
        at = self.dice.randrange(max(1, len(body)))
        return self.dice.choice(
            [body[:at], body[at:], body[:at] + self.dice.choice(BYTES) + body[at:],
             body.replace(b"\r\n", b"\n"), body.replace(b'name="', b'name='), body + body,
             body.replace(b"form-data", b"form-data; filename*=utf-8''%ff%00"),
             body.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n", 1)]
        )  # fmt: skip

    def with_file(self):
        named = self.word()[:300].replace('"', "").replace("\r", "").replace("\n", "")
        field = self.dice.choice(["files", "logo"])
        head = f'Content-Disposition: form-data; name="{field}"; filename="{named}"'
        lines = [
            f"--{BOUNDARY}".encode(),
            head.encode("utf-8", "replace"),
            b"Content-Type: image/png",
            b"",
            self.dice.randbytes(200),
            f"--{BOUNDARY}--".encode(),
            b"",
        ]
        return b"\r\n".join(lines)

    def headers(self):
        if self.dice.random() < 0.6:
            return {}
        # A server hands headers on as latin-1, without line ends or NUL.
        said = "".join(c for c in self.word()[:3_000] if c not in "\r\n\x00")
        return {self.dice.choice(HEADERS): said.encode().decode("latin-1")}

    def send(self, clients):
        """Send one request, most often one that would be right but for what is wrong with it."""
        name, args = self.dice.choice(self.places)
        method, who = (
            self.dice.choice(["GET", "POST", "POST", "POST", "HEAD", "PUT"]),
            self.dice.choice(WHO),
        )
        address = BY_NAME.get(name)
        if address and self.dice.random() < 0.85:
            gets = address.post == 405 or (address.get != 405 and self.dice.random() < 0.25)
            method = "GET" if gets else "POST"
            may = [p for p in WHO if address.expected(method, p) in {"200", "202", "302"}]
            who = self.dice.choice(may or WHO)
        path, headers = self.path(name, args), self.headers()
        body, kind = self.body(name) if method in {"POST", "PUT"} else (b"", "")
        client = Client(raise_request_exception=False)
        client.cookies = clients[who].cookies.copy()
        before = _worked()
        with transaction.atomic():
            response = client.generic(method, path, body, content_type=kind, **headers)
            b"".join(response)
            transaction.set_rollback(True)
        return response.status_code, _worked() - before


def _worked():
    """Return the seconds of processor time this process and those it started have used: what else
    the machine does is not the portal's."""
    return sum(os.times()[:4])


def test_malformed_requests_are_never_our_fault():
    scene = scenes.build()
    clients = scenes.sign_in_everybody(scene)
    sender = Sender(scene)
    failures, statuses, slowest = Counter(), Counter(), 0.0

    def note(sender, **kwargs):
        kind, error, trace = sys.exc_info()
        where = [f for f in traceback.extract_tb(trace) if "site-packages" not in f.filename]
        last = where[-1] if where else traceback.extract_tb(trace)[-1]
        failures[f"{kind.__name__}: {str(error)[:120]!r} at {last.filename}:{last.lineno}"] += 1

    got_request_exception.connect(note)
    try:
        for _ in range(REQUESTS):
            status, seconds = sender.send(clients)
            statuses[status] += 1
            slowest = max(slowest, seconds)
    finally:
        got_request_exception.disconnect(note)

    assert failures == Counter()
    assert {status for status in statuses if status >= 500} == set()
    assert slowest < LONGEST_SECONDS
    # The requests are not all refused at the door: forms are reached, some even succeed.
    assert {200, 302, 400, 403, 404, 405, 422} - set(statuses) == set()


def test_nul_is_refused_by_every_address():
    """PostgreSQL cannot hold it, so it must not come as far as a query on any database."""
    scene = scenes.build()
    clients = scenes.sign_in_everybody(scene)
    wrong = []

    for address in ADDRESSES:
        url, fields = address.url(scene), typed(scene).get(address.name, {})
        may = [p for p in WHO if address.expected("GET", p) == str(address.get)] or ["admin"]
        answers = [clients[may[-1]].get(url, {"q": "a\x00b"}).status_code]
        if address.post != 405:
            may = [p for p in WHO if address.expected("POST", p) == str(address.post)]
            nul = [{**fields, name: "a\x00b"} for name in [*fields, "anything"]]
            answers += [clients[may[-1]].post(url, sent).status_code for sent in nul]
            answers.append(clients[may[-1]].post(url, {**fields, "a\x00b": "x"}).status_code)
        if set(answers) != {400}:
            wrong.append((address.name, answers))

    assert wrong == []
