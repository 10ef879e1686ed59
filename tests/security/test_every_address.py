"""Every address of the resolver as every kind of person: nothing but what the table says."""

import re
import uuid

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.admin import site
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import RequestFactory
from django.urls import reverse

from accounts.permissions import is_trusted
from tests.champions.case_studies.factories import jpeg
from tests.clients import Client
from tests.security import scene as scenes
from tests.security.addresses import ACCOUNT, ACCOUNT_ARGS, ADDRESSES, patterns, typed
from tests.security.scene import PEOPLE

pytestmark = pytest.mark.django_db

# What a GET may write: the session (its last use), and what the cache keeps.
MAY_BE_WRITTEN = ('"django_session"', '"cache"')
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "TRUNCATE")


@pytest.fixture
def scene():
    return scenes.build()


def answer(response):
    """What somebody got: a status, or `in` for the way to the sign-in."""
    if response.status_code == 302 and response["Location"].startswith("/accounts/login/"):
        return "in"
    return str(response.status_code)


def ask(client, method, url, data=None):
    """Send a request as this browser would, and take back whatever it did."""
    copy = Client(raise_request_exception=False)
    copy.cookies = client.cookies.copy()
    writes = []

    def note(execute, sql, params, many, context):
        if sql.startswith(WRITES) and not any(table in sql for table in MAY_BE_WRITTEN):
            writes.append(sql)
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(note):
        response = copy.post(url, data or {}) if method == "POST" else copy.generic(method, url)
        b"".join(response)
        transaction.set_rollback(True)
    return response, writes


def forms(scene):
    filled = typed(scene)
    file = SimpleUploadedFile("figures.csv", b"a,b\n1,2\n", "text/csv")
    return {
        **filled,
        "evidence_files": {"files": [file]},
        "case_study_picture_add": {"picture": jpeg(size=(60, 40))},
    }


def test_table_has_every_address_and_no_other():
    routes = [name for route, name in patterns() if not route.startswith(("accounts/", "support/"))]

    assert sorted(routes) == sorted(address.name for address in ADDRESSES)


def test_get_answers_what_the_table_says_and_writes_nothing(scene):
    clients = scenes.sign_in_everybody(scene)
    wrong = []

    for address in ADDRESSES:
        for person in PEOPLE:
            for method in ("GET", "HEAD"):
                response, writes = ask(clients[person], method, address.url(scene))
                # Nobody has sent anything yet, so nothing can be wrong with it.
                blamed = method == "GET" and b"nhsuk-error-summary" in b"".join(response)
                if answer(response) != address.expected("GET", person) or writes or blamed:
                    wrong.append((method, address.name, person, answer(response), writes))

    assert wrong == []


def test_post_answers_what_the_table_says_and_writes_only_for_whom_it_may(scene):
    clients = scenes.sign_in_everybody(scene)
    wrong = []

    for address in ADDRESSES:
        for person in PEOPLE:
            data = forms(scene).get(address.name)
            response, writes = ask(clients[person], "POST", address.url(scene), data)
            refused = answer(response) in {"in", "403", "404", "405"}
            if answer(response) != address.expected("POST", person) or (refused and writes):
                wrong.append((address.name, person, answer(response), writes))

    assert wrong == []


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "X"])
def test_other_methods_are_refused_everywhere(scene, method):
    clients = scenes.sign_in_everybody(scene)
    wrong = []

    for address in ADDRESSES:
        for person in ("anonymous", "lead", "holder", "admin"):
            response, writes = ask(clients[person], method, address.url(scene))
            if response.status_code != 405 or writes:
                wrong.append((address.name, person, response.status_code, writes))

    assert wrong == []


def may_post(address):
    """Somebody whose form this address takes."""
    return next(p for p in reversed(PEOPLE) if address.expected("POST", p) == str(address.post))


# A mail program sends the first itself (RFC 8058): a signed address does one thing for one.
# Programs send files to the second; it changes nothing and asks nobody who they are.
WITHOUT_TOKEN = {"announcements_unsubscribe", "questions_unsubscribe", "verify"}
ORIGINS = {
    "ours": ({"HTTP_ORIGIN": "http://testserver"}, True),
    "ours, no token": ({"HTTP_ORIGIN": "http://testserver"}, False),
    "no origin, no token": ({}, False),
    "foreign": ({"HTTP_ORIGIN": "https://evil.example"}, True),
    "null": ({"HTTP_ORIGIN": "null"}, True),
    "like ours": ({"HTTP_ORIGIN": "http://testserver.evil.example"}, True),
    "foreign referer": ({"HTTP_REFERER": "https://evil.example/", "secure": True}, True),
    "no referer": ({"secure": True}, True),
}


@pytest.mark.parametrize("sent_from", ORIGINS)
def test_form_is_taken_with_its_token_from_our_own_pages_alone(scene, sent_from):
    headers, with_token = ORIGINS[sent_from]
    taking = [a for a in ADDRESSES if a.post != 405 and a.name not in WITHOUT_TOKEN]
    taken, refused = [], []

    for address in taking:
        client = scenes.client_of(scene.user[may_post(address)], enforce_csrf_checks=True)
        data = dict(forms(scene).get(address.name, {}))
        client.get(reverse("account_reset_password"))
        if with_token:
            data["csrfmiddlewaretoken"] = client.cookies["csrf"].value
        with transaction.atomic():
            status = client.post(address.url(scene), data, **headers).status_code
            transaction.set_rollback(True)
        (taken if status == address.post else refused if status == 403 else []).append(address)

    assert len(taking) > 40
    assert (taken, refused) == ((taking, []) if sent_from == "ours" else ([], taking))


@pytest.mark.parametrize("person", ["lead", "holder", "admin"])
def test_unknown_ids_are_not_found(scene, person):
    client = scenes.client_of(scene.user[person])
    unknown = {str: "no-such-thing", int: 999_999, type(scene.file): uuid.UUID(int=7)}
    wrong = []

    for address in ADDRESSES:
        kinds = {"slug": str, "str": str, "int": int, "uuid": type(scene.file)}
        route = {name: route for route, name in patterns()}[address.name]
        converters = re.findall(r"<(\w+):", route)
        for place, converter in enumerate(converters):
            args = [getattr(scene, arg, arg) for arg in address.args]
            args[place] = unknown[kinds[converter]]
            for method in ("GET", "POST"):
                data = forms(scene).get(address.name)
                response, writes = ask(client, method, reverse(address.name, args=args), data)
                if response.status_code not in {403, 404, 405} or writes:
                    wrong.append((method, address.name, place, response.status_code, writes))

    assert wrong == []


def test_account_pages_are_open_to_whom_they_are_for_and_a_get_writes_nothing(scene):
    clients = scenes.sign_in_everybody(scene)
    names = [name for route, name in patterns() if route.startswith("accounts/")]
    wrong = []

    for name in names:
        url = reverse(name, kwargs=ACCOUNT_ARGS.get(name))
        for person in PEOPLE:
            user = None if person == "closed" else scene.user[person]
            expected = ACCOUNT[name][0 if user is None else 2 if is_trusted(user) else 1]
            response, writes = ask(clients[person], "GET", url)
            posted, written = ask(clients[person], "POST", url)
            private = expected == "in" and answer(posted) not in {"in", "405"}
            if answer(response) != expected or writes or private or posted.status_code >= 500:
                wrong.append((name, person, answer(response), answer(posted), writes, written))

    assert wrong == []
    assert sorted(names) == sorted(ACCOUNT)


def support_urls():
    """Every address of Django's admin, with something in place of what varies."""
    for route, _ in patterns():
        if route.startswith("support/"):
            url = re.sub(r"\^\(\?P<app_label>(\w+).*", r"\1/", route)
            url = re.sub(r"<path:object_id>|<(int|path):content_type_id>", "1", url)
            yield "/" + url.replace("(?P<url>.*)$", "anything").replace("^r/", "r/1/1/")


def test_support_admin_is_for_support_alone_and_changes_only_places_and_types(scene):
    clients = scenes.sign_in_everybody(scene)
    wrong, written = [], set()

    for url in support_urls():
        for person in PEOPLE:
            for method in ("GET", "POST"):
                response, writes = ask(clients[person], method, url)
                status = response.status_code
                if url.startswith("/support/r/"):
                    fine = status == 404
                elif person == "support":
                    fine = status < 500 and not (method == "GET" and writes)
                elif url == "/support/login/" and person not in {"anonymous", "closed"}:
                    fine = status == 403
                else:
                    fine = status == 302 and not writes
                if not fine:
                    wrong.append((url, person, method, status, writes))
                written |= {sql for sql in writes if person == "support"}

    assert wrong == []
    assert written == set()


def test_support_admin_has_no_sign_in_of_its_own(client, scene):
    answer = client.get("/support/", follow=True)
    guess = client.post("/support/login/", {"username": "support@example.org", "password": "x"})

    assert answer.redirect_chain[-1][0] == "/accounts/login/?next=%2Fsupport%2F"
    assert guess.status_code == 302
    assert guess["Location"].startswith("/accounts/login/")


def test_support_admin_changes_no_status_role_address_or_session(scene):
    editable = {
        model._meta.label
        for model, options in site._registry.items()
        if options.has_change_permission(_request_of(scene.user["support"]))
        or options.has_add_permission(_request_of(scene.user["support"]))
        or options.has_delete_permission(_request_of(scene.user["support"]))
    }

    assert editable == {"accounts.Place", "accounts.OrganisationType"}


def _request_of(user):
    request = RequestFactory().get("/support/")
    request.user = user
    return request


@pytest.mark.parametrize("model", ["accounts/message", "usersessions/usersession", "accounts/user"])
def test_support_admin_shows_no_secret(scene, model):
    client = scenes.client_of(scene.user["support"])
    # Each signed-in browser has a session whose key is a way in.
    other = scenes.client_of(scene.user["lead"])
    session = UserSession.objects.create(
        user=scene.user["lead"], ip="127.0.0.1", session_key=other.cookies["session"].value
    )
    pk = {
        "accounts/message": scene.message,
        "usersessions/usersession": session.pk,
        "accounts/user": scene.user["lead"].pk,
    }[model]

    page = client.get(f"/support/{model}/{pk}/change/").text
    found = client.get(f"/support/{model}/?q=example")

    assert found.status_code == 200
    assert session.session_key not in page + found.text
    assert scene.user["lead"].password not in page
    assert "Words of a mail" not in page
