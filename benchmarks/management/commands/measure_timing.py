"""Measures whether forms that take an address answer as fast for one with an account as without."""

import http.client
import itertools
import random
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from accounts.models import Membership, User
from benchmarks import data, harness

# What is wanted: the medians differ by less, in milliseconds.
DIFFERENCE = 20.0
# Not counted, since the first requests of a worker load what the others find loaded.
WARM_UP = 6
PASSWORD = "a phrase for measuring times"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
ADDRESSES = itertools.count(1)


@dataclass(frozen=True)
class Sender:
    """A browser with a form: the cookies it has, the token it was given, where the form goes."""

    path: str
    cookie: str
    token: str


@dataclass(frozen=True)
class Trial:
    """A form that takes an address: what it answers, what is typed, who sends it the nth time."""

    name: str
    status: int
    typed: Callable[[str], dict[str, str]]
    sender: Callable[[int], Sender]
    known: str = "known"


class Command(BaseCommand):
    """`manage.py measure_timing --tries 200`, for `python -m benchmarks.timing`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tries", type=int, default=200)
        parser.add_argument("--only", default="", help="the forms whose name has this in it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the figures; exit with 1 when one misses what is wanted."""
        tries = options["tries"]
        reviewer, _ = data.prepare()
        data.grow_to(tries + WARM_UP, reviewer)
        people(tries + WARM_UP)
        leads = list(Membership.objects.order_by("pk").select_related("user", "organisation"))
        cookies = [data.sign_in(lead.user) for lead in leads]
        connections.close_all()
        with harness.serve() as server:

            def visitor(path: str) -> Callable[[int], Sender]:
                sender = Sender(path, *opened(server, path))
                return lambda _: sender

            @cache
            def lead(number: int) -> Sender:
                home = f"/organisations/{leads[number].organisation.slug}"
                csrf, token = opened(server, f"{home}/members/", cookies[number])
                return Sender(f"{home}/invite/", f"{cookies[number]}; {csrf}", token)

            sign_in, new = visitor("/accounts/login/"), visitor("/accounts/signup/")
            reset, code = visitor("/accounts/password/reset/"), visitor("/accounts/login/code/")
            trials = (
                Trial("sign in, wrong password", 200, _with_password, sign_in),
                Trial("sign in, account without one", 200, _with_password, sign_in, "without"),
                Trial("ask for a new password", 302, _address, reset),
                Trial("ask for a code to sign in", 302, _address, code),
                Trial("create an account", 302, _details, new),
                Trial("invite", 302, _address, lead),
            )
            chosen = [trial for trial in trials if options["only"] in trial.name]
            good = [measured(server, trial, tries) for trial in chosen]
        raise SystemExit(0 if all(good) else 1)


def _address(to: str) -> dict[str, str]:
    return {"email": to}


def _with_password(to: str) -> dict[str, str]:
    return {"login": to, "password": "not the phrase"}


def _details(to: str) -> dict[str, str]:
    return {"email": to, "full_name": "New Person", "password1": PASSWORD}


def people(count: int) -> None:
    """Make people whose addresses are known: with a password, and without one."""
    password = make_password(PASSWORD)
    for kind, kept in (("known", password), ("without", make_password(None))):
        made = User.objects.bulk_create(
            User(email=f"{kind}{n}@bench.example", full_name=f"Known {n}", password=kept)
            for n in range(count)
        )
        EmailAddress.objects.bulk_create(
            EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in made
        )


def opened(server: harness.Server, path: str, cookie: str = "") -> tuple[str, str]:
    """Open a page with a form; return the cookie of its token, and the token."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
    response = connection.getresponse()
    page = response.read().decode()
    connection.close()
    token = TOKEN.search(page)
    cookies = [line.partition(";")[0] for line in response.headers.get_all("Set-Cookie") or []]
    csrf = [line for line in cookies if line.startswith("csrf=")]
    if token is None or not csrf:
        raise RuntimeError(f"{path} answered {response.status} without a form.")
    return csrf[0], token[1]


def measured(server: harness.Server, trial: Trial, tries: int) -> bool:
    """Send a form for known and unknown addresses in turns; print and judge the medians."""
    times: dict[bool, list[float]] = {True: [], False: []}
    wrong = 0
    chance = random.Random(trial.name)
    for number in range(WARM_UP + tries):
        sender = trial.sender(number)
        for known in chance.sample([True, False], 2):
            word = trial.known if known else re.sub(r"\W+", "-", trial.name)
            seconds, status = sent(server, sender, trial.typed(f"{word}{number}@bench.example"))
            wrong += status != trial.status
            if number >= WARM_UP:
                times[known].append(seconds * 1000)
    known, unknown = statistics.median(times[True]), statistics.median(times[False])
    good = abs(known - unknown) < DIFFERENCE and not wrong
    print(
        f"{trial.name}: {tries} tries each, median {known:.1f} ms known, {unknown:.1f} ms unknown, "
        f"difference {abs(known - unknown):.1f} ms (less than {DIFFERENCE:.0f}), {wrong} answered "
        f"other than {trial.status}{'' if good else ': MISSED'}"
    )
    return good


def sent(server: harness.Server, sender: Sender, form: dict[str, str]) -> tuple[float, int]:
    """Send a form, from an address nobody has sent one from; return seconds and status."""
    number = next(ADDRESSES)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.connect()
    body = urlencode(form | {"csrfmiddlewaretoken": sender.token})
    headers = {
        "Cookie": sender.cookie,
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        "X-Forwarded-Proto": "http",
    }
    begun = time.perf_counter()
    connection.request("POST", sender.path, body, headers)
    response = connection.getresponse()
    response.read()
    seconds = time.perf_counter() - begun
    connection.close()
    return seconds, response.status
