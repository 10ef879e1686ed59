"""What is secret is nowhere but where it belongs: not in a log, a mail or a report of an error."""

import logging
import logging.config
import traceback

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse
from django.views.debug import ExceptionReporter

from accounts.models import AuditEvent, Message
from tests.clients import Client, give_factor
from tests.factories import PASSWORD, UserFactory
from tests.security import scene as scenes
from tests.security.addresses import ACCOUNT, ACCOUNT_ARGS, ADDRESSES, typed

pytestmark = pytest.mark.django_db
CANARY = "canary-of-Xq7"
FIELDS = (
    "password", "password1", "password2", "oldpassword", "code", "credential", "token", "key",
)  # fmt: skip
# Free text that somebody is sent on purpose, to those it is for.
SENT_ON_PURPOSE = {
    "organisation_join", "member_remove", "invite", "review_decide", "review_note", "claim_appeal",
    "claim_answer", "manage_organisation_lead", "manage_organisation_deactivate",
}  # fmt: skip


@pytest.fixture
def scene():
    return scenes.build()


@pytest.fixture
def logged():
    """Every line any logger writes, at any level, with its traceback."""
    lines = []

    class Keep(logging.Handler):
        def emit(self, record):
            lines.append(record.getMessage())
            if record.exc_info:
                lines.append("".join(traceback.format_exception(*record.exc_info)))

    handler, root = Keep(level=logging.DEBUG), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    logging.getLogger("django.db.backends").setLevel(logging.INFO)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)
    logging.getLogger("django.db.backends").setLevel(logging.NOTSET)


def everywhere(lines):
    """What logs, mails and the trail hold."""
    mails = Message.objects.values_list("subject", "text", "html")
    events = AuditEvent.objects.values_list("actor", "target", "before", "after")
    return "\n".join([*lines, *map(str, mails), *map(str, events)])


def test_secrets_typed_into_any_account_form_are_written_nowhere(scene, logged):
    sent = {name: f"{CANARY}-{name}" for name in FIELDS}

    for name in ACCOUNT:
        for person in ("anonymous", "lead", "reviewer"):
            client = scenes.client_of(scene.user[person])
            client.raise_request_exception = False
            given = {**sent, "email": "lead@example.org", "login": "lead@example.org"}
            client.post(reverse(name, kwargs=ACCOUNT_ARGS.get(name)), given)

    assert CANARY not in everywhere(logged)


def test_password_and_code_that_are_right_are_written_nowhere(logged):
    user = UserFactory()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    give_factor(user)
    client = Client()

    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})

    assert PASSWORD not in everywhere(logged)
    assert PASSWORD not in str(dict(client.session))


def test_answers_are_in_no_log_and_no_mail(scene, logged):
    forms = typed(scene)

    for address in ADDRESSES:
        if address.post == 405 or address.name in SENT_ON_PURPOSE:
            continue
        answers = ("story", "figures", "explanation", "what_changed", "for_whom", "feedback")
        given = forms.get(address.name, {}) | dict.fromkeys(answers, CANARY)
        for person in ("lead", "holder", "admin", "stranger"):
            client = scenes.client_of(scene.user[person])
            client.raise_request_exception = False
            client.post(address.url(scene), given)

    mails = "\n".join(map(str, Message.objects.values_list("subject", "text", "html")))
    assert CANARY not in mails
    assert CANARY not in "\n".join(logged)


@pytest.mark.parametrize("kind", ["line", "json"])
def test_line_end_in_what_is_typed_cannot_forge_a_line_of_the_log(kind, settings):
    formatters = logging.config.DictConfigurator(settings.LOGGING)
    formatter = formatters.configure_formatter(dict(settings.LOGGING["formatters"][kind]))
    record = logging.LogRecord(
        "django.request", logging.WARNING, "x", 1, "Not Found: %s",
        ("/a\n2026-01-01 WARNING forged \r\x1b[31m\u2028\x85 end",), None,
    )  # fmt: skip
    record.request_id = "1"

    line = formatter.format(record)

    assert len(line.splitlines()) == 1
    assert "\x1b" not in line


def test_report_of_an_error_hides_password_and_code(rf):
    request = rf.post("/x/", dict.fromkeys(FIELDS, CANARY))
    request.sensitive_post_parameters = "__ALL__"

    try:
        raise RuntimeError("broken")
    except RuntimeError as error:
        report = ExceptionReporter(request, type(error), error, error.__traceback__)

    assert CANARY not in report.get_traceback_text()
