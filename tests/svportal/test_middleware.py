"""Headers on every answer, malformed requests, the limits of a session, what was typed."""

import datetime
import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import FileResponse, HttpResponse
from django.test import RequestFactory
from django.urls import get_resolver, include, path
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as fuzz
from hypothesis import strategies as st

from frameworks.rules import NotAllowed
from svportal.wsgi import application
from tests.clients import Client
from tests.factories import PASSWORD, PartnershipAdminFactory, ReviewerFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def typing(request):
    if request.method == "POST":
        return HttpResponse("saved")
    kept = request.kept_form
    return HttpResponse(kept.urlencode() if kept is not None else "empty")


def breaks(request):
    raise RuntimeError("a secret detail")


def refuses(request):
    raise NotAllowed("This claim was decided.")


@login_not_required
def download(request):
    return FileResponse([b"bytes"], as_attachment=True, filename="a.bin")


@login_not_required
def public(request, text="", number=0):
    return HttpResponse(f"{request.GET.urlencode()} {request.POST.urlencode()} {request.FILES}")


@login_not_required
def cached(request):
    return HttpResponse("for all", headers={"Cache-Control": "public, max-age=60"})


urlpatterns = [
    path("typing/", typing),
    path("typing/form/", typing),
    path("typing/form/send/", typing),
    path("breaks/", breaks),
    path("claims/7/", typing),
    path("claims/7/withdraw/", refuses),
    path("download/", download),
    path("public/", public),
    path("public/<str:text>/", public),
    path("public/number/<int:number>/", public),
    path("cached/", cached),
    path("", include("svportal.urls")),
]
handler400 = "svportal.views.pages.bad_request"
handler403 = "svportal.views.pages.forbidden"
handler404 = "svportal.views.pages.not_found"
handler500 = "svportal.views.pages.server_error"

HEADERS = {
    "Content-Security-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Strict-Transport-Security",
}


@pytest.fixture
def signed_in(client):
    user = UserFactory()
    client.force_login(user)
    return user


@pytest.fixture
def over_https(settings):
    settings.SECURE_HSTS_SECONDS = 63_072_000
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_SSL_HOST = "testserver"


def sign_in(client, user, **data):
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    data = {"login": user.email, "password": PASSWORD, **data}
    return client.post("/accounts/login/", data)


@pytest.mark.parametrize(
    ("address", "given", "status"),
    [
        ("/public/", {}, 200),
        ("/typing/", {}, 302),
        ("/accounts/login/", {}, 200),
        ("/no-such-page/", {}, 404),
        ("/breaks/", {}, 500),
        ("/download/", {}, 200),
        ("/static/img/mark.svg", {}, 200),
        ("/public/", {"HTTP_HOST": "evil.example"}, 400),
        ("/static/img/mark.svg", {"HTTP_HOST": "evil.example"}, 400),
        ("/public/?a=%00", {}, 400),
        ("/public/", {"REQUEST_METHOD": "TRACE"}, 405),
        ("/claims/7/withdraw/", {}, 409),
        ("/healthz", {}, 200),
    ],
)
def test_headers_every_kind_of_answer(over_https, address, given, status):
    client = Client(raise_request_exception=False)
    if status in {409, 500}:
        client.force_login(UserFactory())

    response = client.get(address, secure=True, **given)

    assert response.status_code == status
    assert HEADERS - set(response.headers) == set()
    b"".join(response)


def test_headers_plain_http_is_sent_to_the_configured_name(over_https, client):
    response = client.get("/public/", HTTP_HOST="evil.example")

    assert response.status_code == 301
    assert response["Location"] == "https://testserver/public/"
    assert HEADERS - set(response.headers) == {"Strict-Transport-Security"}


def test_server_error_tells_no_details():
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory())

    response = client.get("/breaks/")

    assert response.status_code == 500
    assert b"a secret detail" not in response.content
    assert b"Traceback" not in response.content


def test_cache_signed_in_is_stored_nowhere(client, signed_in):
    assert client.get("/typing/")["Cache-Control"] == "private, no-store"
    assert client.get("/cached/")["Cache-Control"] == "public, max-age=60"


def test_cache_anonymous_is_left_to_the_view(client):
    assert "Cache-Control" not in client.get("/public/")


HOSTS = [
    "evil.example",
    "testserver.evil.example",
    "evil.example:80",
    "testserver@evil.example",
    "evil.example#testserver",
    "evil.example/testserver",
    "testserver, evil.example",
    "testserver evil.example",
    "testserver\tevil",
    "..testserver",
    "[::1]",
    "[::1",
    "169.254.169.254",
    "0",
    "",
    " ",
    "testserver:port",
    "testserver:-1",
    "xn--testserver-",
    "tëstserver",
]


@pytest.mark.parametrize("host", HOSTS)
def test_host_that_is_not_ours_is_refused(client, host):
    assert client.get("/public/", HTTP_HOST=host).status_code == 400


@pytest.mark.parametrize("host", HOSTS)
def test_forwarded_host_is_not_read(client, host):
    response = client.get("/typing/", HTTP_X_FORWARDED_HOST=host)

    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/typing/"


@pytest.mark.parametrize(
    ("address", "given"),
    [
        ("/public/a%00b/", {}),
        ("/public/?q=%00", {}),
        ("/public/?%00=q", {}),
        ("/public/?" + "a=1&" * 1001, {}),
        ("/public/", {"HTTP_COOKIE": 'session="\\000\\000\\000\\000\\000\\000\\000\\000"'}),
        ("/typing/", {"HTTP_COOKIE": 'session="\\000\\000\\000\\000\\000\\000\\000\\000"'}),
    ],
)
def test_malformed_address_is_a_plain_400(client, address, given):
    response = client.get(address, **given)

    assert response.status_code == 400
    assert b"We could not understand that request" in response.content


URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"


def part(head, body=b"text"):
    return b"--x\r\n" + head + b"\r\n\r\n" + body + b"\r\n--x--\r\n"


FIELD = b'Content-Disposition: form-data; name="a"'


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"a=%00", URLENCODED),
        (b"%00=a", URLENCODED),
        (b"a=1&" * 1001, URLENCODED),
        (b"a=1", f"{URLENCODED}; charset=utf-16"),
        (b"a=1", f"{URLENCODED}; charset=hex"),
        (part(FIELD), f"{MULTIPART}; charset=hex"),
        (part(FIELD), f"{MULTIPART}; charset=idna"),
        (part(FIELD), f"{MULTIPART}; charset=undefined"),
        (part(FIELD), f"{MULTIPART}; charset=rot13"),
        (part(FIELD), f"{MULTIPART}; charset=no-such-code"),
        (part(FIELD, b"a\x00b"), MULTIPART),
        (b"a=1", "multipart/form-data"),
        (b"a=1", "multipart/form-data; boundary=" + "x" * 300),
        (b"a=1", "multipart/form-data; boundary=\xe9"),
        ((b"--x\r\n" + FIELD + b"\r\n\r\n1\r\n") * 1001 + b"--x--\r\n", MULTIPART),
        ((b"--x\r\n" + FIELD + b'; filename="f"\r\n\r\n1\r\n') * 21 + b"--x--\r\n", MULTIPART),
    ],
)
def test_malformed_form_is_a_plain_400(client, body, kind):
    response = client.generic("POST", "/public/", body, content_type=kind)

    assert response.status_code == 400
    assert b"We could not understand that request" in response.content


@pytest.mark.parametrize("kind", [MULTIPART, URLENCODED])
def test_too_much_text_is_refused_with_its_reason(client, kind):
    body = part(FIELD, b"x" * 3_000_000) if kind == MULTIPART else b"a=" + b"x" * 3_000_000

    page = client.generic("POST", "/public/", body, kind)
    by_itself = client.generic("POST", "/public/", body, kind, headers={"X-Autosave": "1"})

    assert (page.status_code, by_itself.status_code) == (413, 413)
    assert "There is too much text for one page to be sent." in page.text
    assert by_itself.json()["errors"][""][0] in page.text


def test_request_larger_than_an_application_is_refused_unread(client):
    response = client.generic(
        "POST", "/public/", b"", content_type=MULTIPART, CONTENT_LENGTH=str(300 * 1024 * 1024)
    )

    assert response.status_code == 413
    assert b"That is too much at once" in response.content


KINDS = st.one_of(
    st.sampled_from(
        [URLENCODED, MULTIPART, "application/json", "text/plain", "", "/", "multipart/"]
    ),
    st.text(st.characters(max_codepoint=255, exclude_characters="\0\r\n"), max_size=30).map(
        lambda tail: f"multipart/form-data; boundary={tail}"
    ),
)
BODIES = st.one_of(
    st.binary(max_size=200),
    st.tuples(st.binary(max_size=80), st.binary(max_size=80)).map(lambda two: part(*two)),
    st.binary(max_size=80).map(lambda tail: part(FIELD + b'; filename="' + tail + b'"')),
    st.binary(max_size=60).map(lambda tail: b"a=%" + tail + b"&b=%ff%fe%00"[: len(tail)]),
)
TAILS = st.one_of(
    st.text(st.characters(max_codepoint=255), max_size=20).map(lambda s: s.replace("#", "")),
    st.sampled_from(
        [
            "%00",
            "%ff%fe",
            "%ed%a0%80",
            "..%2f",
            "9" * 400,
            "9" * 5000,
            "-1",
            "%0d%0a",
            "1",
            "a-name",
            "00000000-0000-4000-8000-000000000000",
        ]
    ),
)


def routes(patterns, before=""):
    """Every address of the portal, {} for what varies in it."""
    for pattern in patterns:
        route = before + re.sub(r"<[^>]+>|\(\?P<.*?\)+", "{}", str(pattern.pattern)).strip("^$")
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


@pytest.mark.parametrize(
    "charset",
    ["hex", "undefined", "idna", "utf-16", "utf-8; charset=hex", '"rot13"', "a\0b", "punycode", ""],
)
@pytest.mark.parametrize("kind", [URLENCODED, MULTIPART, "text/plain"])
def test_charset_that_is_no_text_is_a_plain_400(charset, kind):
    request = RequestFactory().generic(
        "POST", "/public/", b"a=1", content_type=kind, QUERY_STRING="q=1"
    )
    answers = []

    body = application(
        {**request.environ, "CONTENT_TYPE": f"{kind}; charset={charset}"},
        lambda status, headers: answers.append(status),
    )

    assert answers == ["400 Bad Request"]
    assert b"We could not understand that request" in b"".join(body)


@pytest.mark.slow
@pytest.mark.postgres
@fuzz(
    max_examples=2000 if connection.vendor == "sqlite" else 300,
    deadline=10_000,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    start=st.deferred(
        lambda: st.sampled_from(sorted(set(routes(get_resolver("svportal.urls").url_patterns))))
    ),
    tail=TAILS,
    query=TAILS,
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]),
    body=BODIES,
    kind=KINDS,
    who=st.booleans(),
)
def test_fuzz_no_malformed_request_is_our_fault(start, tail, query, method, body, kind, who):
    client = Client(raise_request_exception=False)
    if who:
        client.force_login(PartnershipAdminFactory(is_reviewer=True))

    response = client.generic(
        method,
        "/" + start.replace("{}", tail),
        body,
        content_type=kind,
        QUERY_STRING=f"q={query}&page={query}",
    )

    b"".join(response)
    assert response.status_code < 500


def test_refusal_says_what_happened_and_where_it_stands(client, signed_in):
    response = client.get("/claims/7/withdraw/")

    assert response.status_code == 409
    assert "This claim was decided." in response.text
    assert '<a href="/claims/7/">' in response.text


@pytest.mark.parametrize(
    ("make", "minutes"), [(UserFactory, 120), (ReviewerFactory, 30), (PartnershipAdminFactory, 30)]
)
def test_idle_session_ends(client, time_machine, make, minutes):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    client.force_login(make())
    client.get("/typing/")

    time_machine.move_to(start + datetime.timedelta(minutes=minutes, seconds=-1), tick=False)
    before = client.get("/typing/").status_code
    time_machine.move_to(start + datetime.timedelta(minutes=2 * minutes, seconds=-1), tick=False)
    after = client.get("/typing/")

    assert before == 200
    assert after.status_code == 302
    assert after["Location"] == "/accounts/login/?next=/typing/"
    assert client.get("/public/").status_code == 200


def test_session_ends_twelve_hours_after_sign_in_however_busy(client, time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    client.force_login(UserFactory())

    answers = []
    for hour in range(13):
        time_machine.move_to(start + datetime.timedelta(hours=hour), tick=False)
        answers.append(client.get("/typing/").status_code)

    assert answers == [200] * 12 + [302]


def test_session_is_written_once_a_minute_at_most(client, signed_in, time_machine):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    client.get("/typing/")

    def expiry(seconds):
        time_machine.move_to(start + datetime.timedelta(seconds=seconds), tick=False)
        client.get("/typing/")
        return Session.objects.get().expire_date

    first, last, next_minute = expiry(1), expiry(59), expiry(61)

    assert first == last
    assert next_minute > last


def test_session_says_how_long_it_lasts(client, signed_in):
    response = client.get("/typing/")

    assert response.wsgi_request.session_expires_in == 2 * 60 * 60


def test_session_of_a_deactivated_person_is_over_at_once(client, signed_in):
    assert client.get("/typing/").status_code == 200

    signed_in.is_active = False
    signed_in.save()

    assert client.get("/typing/").status_code == 302


def test_session_copied_cookie_dies_with_the_sign_out(client, signed_in):
    copy = Client()
    copy.cookies = client.cookies.copy()

    client.post("/accounts/logout/")

    assert copy.get("/typing/").status_code == 302


def test_sign_in_changes_the_session_id(client, time_machine):
    client.force_login(UserFactory())
    client.get("/typing/")
    time_machine.move_to(timezone.now() + datetime.timedelta(hours=3))
    client.post("/typing/", {"story": "What we did"})
    before = client.cookies["session"].value

    sign_in(client, UserFactory())

    assert client.cookies["session"].value != before


def test_typed_text_waits_for_the_sign_in_and_is_given_once(client, time_machine):
    user = UserFactory()
    client.force_login(user)
    client.get("/typing/form/?theme=economic")
    time_machine.move_to(timezone.now() + datetime.timedelta(hours=3))

    answer = client.post(
        "/typing/form/send/",
        {"story": "What we did", "password": "no", "csrfmiddlewaretoken": "no"},
        HTTP_REFERER="http://testserver/typing/form/?theme=economic",
    )
    following = client.get(answer["Location"])
    signed_in = sign_in(client, user, next="/typing/form/?theme=economic")

    assert answer["Location"] == "/accounts/login/?next=/typing/form/%3Ftheme%3Deconomic"
    assert following.status_code == 200
    assert signed_in["Location"] == "/typing/form/?theme=economic"
    assert client.get("/typing/").text == "empty"
    assert client.get(signed_in["Location"]).text == "story=What+we+did"
    assert client.get(signed_in["Location"]).text == "empty"


def test_typed_text_is_not_given_to_somebody_else(client, time_machine):
    client.force_login(UserFactory())
    client.get("/typing/")
    time_machine.move_to(timezone.now() + datetime.timedelta(hours=3))
    client.post("/typing/", {"story": "What we did"})

    sign_in(client, UserFactory())

    assert client.get("/typing/").text == "empty"


@pytest.mark.parametrize(
    "referer", ["http://evil.example/typing/form/", "//evil.example", "javascript:alert(1)", "\\e"]
)
def test_typed_text_leads_back_only_to_our_own_pages(client, referer):
    answer = client.post("/typing/", {"story": "x"}, HTTP_REFERER=referer)

    assert answer["Location"] == "/accounts/login/?next=/typing/"


def test_typed_text_outlasts_a_session_whose_row_has_run_out(client, time_machine):
    user = UserFactory()
    client.force_login(user)
    client.get("/typing/")
    time_machine.move_to(timezone.now() + datetime.timedelta(hours=13))

    client.post("/typing/", {"story": "What we did"})
    sign_in(client, user)

    assert client.get("/typing/").text == "story=What+we+did"


def test_typed_text_of_nobody_in_particular_is_not_kept(client):
    client.force_login(UserFactory())
    stale = client.cookies["session"].value
    client.post("/accounts/logout/")
    client.cookies["session"] = stale

    client.post("/typing/", {"story": "What we did"})

    assert "kept_form" not in client.session


def test_typed_text_too_long_is_not_kept(client, time_machine):
    client.force_login(UserFactory())
    client.get("/typing/")
    time_machine.move_to(timezone.now() + datetime.timedelta(hours=3))

    client.post("/typing/", {"story": "x" * 210_000})

    assert "kept_form" not in client.session


def test_typed_text_is_not_kept_for_public_pages(client):
    client.post("/public/", {"story": "x"})

    assert "session" not in client.cookies
