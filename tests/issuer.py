"""A real OpenID Connect issuer in the test process, and a browser's way through it."""

import threading
import warnings
from contextlib import contextmanager
from urllib.parse import urlsplit

import flask
import requests
from werkzeug.serving import make_server

with warnings.catch_warnings():
    # Of its own libraries, which it uses in the way of before.
    warnings.simplefilter("ignore")
    import oidc_provider_mock


class Issuer:
    """The issuer: who it knows, and what it answers when it is told to misbehave."""

    def __init__(self):
        self.app = oidc_provider_mock.app()
        self.url, self.asked, self.instead = "", [], {}
        self.app.before_request(self._note)
        self.app.after_request(self._misbehave)

    def _note(self):
        self.asked.append((flask.request.path, dict(flask.request.values)))

    def _misbehave(self, response):
        path = self.asked[-1][0]
        if path in self.instead:
            status, body = self.instead[path]
            response.status_code = status
            response.set_data(body)
        return response

    def knows(self, subject, **claims):
        """Have it know a person by these claims; any of them is in the id token."""
        requests.put(f"{self.url}/users/{subject}", json=claims, timeout=5).raise_for_status()

    def let_in(self, page, subject):
        """Do at its sign-in what a person does; return the address it sends the browser back to."""
        answer = requests.post(page, data={"sub": subject}, allow_redirects=False, timeout=5)
        return answer.headers["Location"]

    def refuse(self, page):
        """Say no on its page."""
        answer = requests.post(page, data={"action": "deny"}, allow_redirects=False, timeout=5)
        return answer.headers["Location"]


@contextmanager
def running():
    """Run an issuer until the block ends."""
    issuer = Issuer()
    server = make_server("localhost", 0, issuer.app, threaded=True)
    issuer.url = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.1,))
    thread.start()
    yield issuer
    server.shutdown()
    thread.join()
    server.server_close()


def local(address):
    """Return the path and query of an address, as a test client takes it."""
    return urlsplit(address)._replace(scheme="", netloc="").geturl()
