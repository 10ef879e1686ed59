"""The drill of restoring: what a restored portal has to be able to do, tried on a copy."""

import contextlib
import hashlib
import random
import secrets
from collections.abc import Iterator
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Organisation, User
from accounts.roles import MemberRole
from awards.calendar import today
from awards.credentials.checking import judge
from awards.credentials.models import Credential
from awards.models import Application, Award, Evidence, EvidenceFile, FileState
from awards.trail import differences

ALWAYS = (
    "dashboard", "home", "register", "register_json", "verify", "guidance", "frameworks",
    "case_studies", "charter", "network", "privacy", "accessibility", "register_csv",
    "organisation_find", "security_txt", "account_email", "usersessions_list", "healthz",
    "account_change_password", "organisation_add",
)  # fmt: skip
OF_EACH = 3


class DrillFailed(Exception):
    """The restored portal does not do what it should; the words say what."""


def try_out(pages: int) -> list[str]:
    """Sign in to the restored portal and open pages; return the addresses that were opened.

    Raises DrillFailed at the first that does not answer. Writes to the database of the settings:
    never call it on the portal itself."""
    check_badges()
    found = differences()
    if found:
        raise DrillFailed("The audit trail tells otherwise:\n" + "\n".join(found))
    # What a drill is about is the data: static files are of the release, and mail goes nowhere.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        STORAGES={**settings.STORAGES, "staticfiles": plain},
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
    ):
        client = _signed_in()
        chosen = list(dict.fromkeys([*_sampled(), *map(reverse, ALWAYS)]))[:pages]
        for address in chosen:
            _open(client, address)
        for file in _some(EvidenceFile.objects.filter(pk__in=_files())):
            content = _open(client, reverse("file", args=[file.pk]))
            if hashlib.sha256(content).hexdigest() != file.sha256:
                raise DrillFailed(f"{file.pk} is not the file that was uploaded.")
    return chosen


def check_badges() -> None:
    """Raise DrillFailed unless what holders downloaded before is believed afterwards."""
    for credential in _some(Credential.objects.filter(replaced_at=None)):
        verdict = judge(credential.content.encode(), today())
        if not verdict.is_genuine:
            raise DrillFailed(f"The badge of {credential.award} is {verdict.answer}.")


def _signed_in() -> Client:
    """Return a browser in which a new member of some organisations has signed in by password."""
    password = secrets.token_urlsafe(24)
    email = f"drill-{secrets.token_hex(4)}@drill.invalid"
    person = User.objects.create_user(email, password, full_name="Drill")
    EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
    for organisation in _organisations():
        Membership.objects.create(
            organisation=organisation,
            user=person,
            role=MemberRole.CONTRIBUTOR,
            joined_at=timezone.now(),
            joined_by=person,
        )
    client = Client(SERVER_NAME=settings.SITE_HOST, headers={"host": settings.SITE_HOST})
    client.raise_request_exception = False
    answer = client.post(
        reverse("account_login"), {"login": email, "password": password}, secure=settings.HTTPS
    )
    if answer.status_code != 302 or "_auth_user_id" not in client.session:
        raise DrillFailed(f"Nobody can sign in: {answer.status_code}.")
    return client


def _open(client: Client, address: str) -> bytes:
    answer = client.get(address, secure=settings.HTTPS)
    with contextlib.closing(answer):
        if answer.status_code != 200:
            raise DrillFailed(f"{address} answers {answer.status_code}.")
        return bytes(answer.getvalue())


def _organisations() -> list[Organisation]:
    return _some(Organisation.objects.active())


def _sampled() -> Iterator[str]:
    """Return addresses of what the backup holds, some of each kind."""
    mine = Organisation.objects.filter(memberships__user__email__endswith="@drill.invalid")
    for award in _some(Award.objects.all()):
        yield reverse("verify_number", args=[award.number])
        yield reverse("kitemark", args=[award.number])
    for award in _some(Award.objects.filter(certificate__isnull=False)):
        yield reverse("certificate", args=[award.number])
    for organisation in _organisations():
        yield reverse("organisation", args=[organisation.slug])
    for model in (Application, Evidence):
        for row in _some(model._default_manager.filter(organisation__in=mine)):
            yield row.get_absolute_url()


def _files() -> list[Any]:
    mine = Organisation.objects.filter(memberships__user__email__endswith="@drill.invalid")
    files = EvidenceFile.objects.filter(evidence__organisation__in=mine, state=FileState.CLEAN)
    return list(files.filter(removed_at=None).values_list("pk", flat=True))


def _some(found: Any) -> list[Any]:
    """Return a few of what was found, others in each drill."""
    keys = list(found.order_by().values_list("pk", flat=True))
    chosen = random.sample(keys, min(OF_EACH, len(keys)))
    return list(found.filter(pk__in=chosen))
