"""People at their browsers, as plain as can be: pages, forms, cookies and how long it took."""

import http.client
import random
import re
import secrets
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
PASSWORD = "a phrase for trials of faults"
LOST = 0  # the status of a request that got no answer


@dataclass(frozen=True)
class Answer:
    """What came back, and after how many seconds; status LOST where nothing did."""

    status: int
    text: str
    seconds: float
    where: str = ""


class Visitor:
    """A browser with an address of its own and the cookies it was given."""

    def __init__(self, url, cookie="", timeout=60):
        self.netloc = urlsplit(url).netloc
        self.cookies = dict([cookie.split("=", 1)]) if cookie else {}
        self.address = ".".join(str(random.randrange(1, 250)) for _ in range(4))
        self.timeout, self.times = timeout, []

    def ask(self, path, form=None):
        """Ask for a page, or send a form to it; a lost connection is an answer too."""
        headers = {
            "X-Forwarded-For": self.address,
            "X-Forwarded-Proto": "http",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Connection": "close",
        }
        body = None
        if form is not None:
            body = urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        begun = time.monotonic()
        try:
            connection = http.client.HTTPConnection(self.netloc, timeout=self.timeout)
            connection.request("GET" if body is None else "POST", path, body, headers)
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
            connection.close()
        except (OSError, http.client.HTTPException) as error:
            return Answer(LOST, type(error).__name__, time.monotonic() - begun)
        for value in response.headers.get_all("Set-Cookie") or []:
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        where = response.headers.get("Location", "")
        self.times.append(time.monotonic() - begun)
        return Answer(response.status, text, self.times[-1], where)

    def upload(self, path, name, content, seconds=0.0):
        """Upload one file to a page, as slowly as is said; a lost connection is an answer too."""
        token = TOKEN.search(self.ask(path).text)
        mark = secrets.token_hex(12)
        body = (
            (
                f'--{mark}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n'
                f"{token[1] if token else ''}\r\n"
                f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
                "Content-Type: text/csv\r\n\r\n"
            ).encode()
            + content
            + f"\r\n--{mark}--\r\n".encode()
        )
        part = len(body) // 50 + 1
        begun = time.monotonic()
        connection = http.client.HTTPConnection(self.netloc, timeout=self.timeout)
        try:
            connection.putrequest("POST", path)
            connection.putheader("Content-Type", f"multipart/form-data; boundary={mark}")
            connection.putheader("Content-Length", str(len(body)))
            connection.putheader("Cookie", "; ".join(f"{k}={v}" for k, v in self.cookies.items()))
            connection.putheader("X-Forwarded-For", self.address)
            connection.endheaders()
            for at in range(0, len(body), part):
                connection.send(body[at : at + part])
                time.sleep(seconds / 50)
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            return Answer(LOST, type(error).__name__, time.monotonic() - begun)
        finally:
            connection.close()
        where = response.headers.get("Location", "")
        return Answer(response.status, text, time.monotonic() - begun, where)

    def add_evidence(self, slug, title):
        """Begin a piece of evidence; return the address of the page of its files."""
        added = self.fill(f"/organisations/{slug}/evidence/add/", title=title, version="0")
        return added.where.removesuffix("edit/").rstrip("/") + "/files/"

    def fill(self, path, **form):
        """Open a page and send the form on it; the time is that of both."""
        page = self.ask(path)
        found = TOKEN.search(page.text)
        if page.status != 200 or not found:
            return page
        sent = self.ask(path, {"csrfmiddlewaretoken": found[1], **form})
        return Answer(sent.status, sent.text, page.seconds + sent.seconds, sent.where)

    def sign_in(self, email, password):
        """Sign in; 302 when it went well."""
        return self.fill("/accounts/login/", login=email, password=password)


def table(megabytes):
    """Return the bytes of a table that is like no other."""
    row = f"2025-04-01,Halton,{secrets.token_hex(8)},people who found work\r\n".encode()
    return b"day,place,number,what\r\n" + row * int(megabytes * (1 << 20) // len(row))


def together(calls):
    """Make the calls at one instant, each in a thread; return what each returned."""
    barrier, said = threading.Barrier(len(calls)), [None] * len(calls)

    def run(number, call):
        barrier.wait(30)
        said[number] = call()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return said


class Traffic:
    """The same act again and again, so many a second, until the block ends."""

    def __init__(self, act, per_second, threads=8):
        self.act, self.pause = act, threads / per_second
        self.answers, self._over = [], threading.Event()
        self._threads = [threading.Thread(target=self._go, args=(n,)) for n in range(threads)]

    def _go(self, number):
        count = 0
        while not self._over.is_set():
            begun = time.monotonic()
            self.answers.append((begun, *self.act(f"{number}-{count}")))
            count += 1
            self._over.wait(max(0.0, self.pause - (time.monotonic() - begun)))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self._over.set()
        for thread in self._threads:
            thread.join(90)


def percentile(seconds, share):
    """Return what that share of them took at most."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
