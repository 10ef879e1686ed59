"""The cache goes on in the database while Redis is away, and so do the limits on guessing."""

import socket
import time

import pytest
from allauth.account.models import EmailAddress
from celery import Celery
from django.conf import settings as django_settings
from django.core.cache import cache, caches

from accounts.breaker import REDIS, Breaker
from accounts.tasks import wake
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _closed():
    REDIS.reset()
    yield
    REDIS.reset()


@pytest.fixture
def hanging():
    """The port of a server that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield server.getsockname()[1]


def on_redis(settings, address):
    told = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
    backend = "svportal.cache.RedisElseDatabase"
    settings.CACHES = {
        **django_settings.CACHES,
        "default": {"BACKEND": backend, "LOCATION": address, "OPTIONS": told},
    }


def do_nothing():
    """A task that is never done."""


def task_for(broker):
    """Return that task, handed over to a broker at this address as the portal does it."""
    other = Celery("other", broker=broker, set_as_current=False)
    other.conf.broker_transport_options = django_settings.CELERY_BROKER_TRANSPORT_OPTIONS
    other.conf.task_publish_retry = django_settings.CELERY_TASK_PUBLISH_RETRY
    return other.task(name="never.done")(do_nothing)


def use_all():
    """Use each method once and return what it answered."""
    return [
        cache.add("a", 1),
        cache.add("a", 2),
        cache.get("a"),
        cache.set("b", [1, 2], 60),
        cache.get("b"),
        cache.incr("a"),
        cache.has_key("a"),
        cache.touch("a", 60),
        cache.get_many(["a", "b"]),
        cache.set_many({"c": 3}),
        cache.get_or_set("d", 4),
        cache.delete("a"),
        cache.delete_many(["b"]),
        cache.get("a"),
        "c" in cache,
    ]


ANSWERS = [
    True, False, 1, None, [1, 2], 2, True, True, {"a": 2, "b": [1, 2]}, [], 4, True, None, None,
    True,
]  # fmt: skip


def test_cache_answers_the_same_while_redis_is_away(settings):
    on_redis(settings, "redis://127.0.0.1:1")

    assert use_all() == ANSWERS
    assert REDIS.is_open
    assert not caches["default"].is_on_redis


@pytest.mark.services
def test_cache_answers_the_same_on_redis(settings):
    on_redis(settings, settings.REDIS_URL)

    cache.clear()
    answers = use_all()
    cache.clear()

    assert answers == ANSWERS
    assert not REDIS.is_open
    assert caches["default"].is_on_redis


def test_a_redis_that_hangs_is_waited_for_once(settings, hanging):
    on_redis(settings, f"redis://127.0.0.1:{hanging}")

    begun = time.monotonic()
    cache.set("a", 1)
    once = time.monotonic() - begun
    for _ in range(20):
        cache.get("a")
    rest = time.monotonic() - begun - once

    assert once < 1.5
    assert rest < 0.5
    assert cache.get("a") == 1


@pytest.mark.parametrize(("guesses", "gets_in"), [(5, True), (11, False)])
def test_guessing_is_limited_while_redis_is_away(client, settings, guesses, gets_in):
    on_redis(settings, "redis://127.0.0.1:1")
    person = UserFactory()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    given = {"login": person.email, "password": "a wrong phrase of words"}

    for _ in range(guesses):
        client.post("/accounts/login/", given)
    client.post("/accounts/login/", {**given, "password": PASSWORD})

    assert REDIS.is_open
    assert ("_auth_user_id" in client.session) == gets_in


def test_breaker_asks_again_when_its_time_is_over():
    now = [100.0]
    breaker = Breaker(15, clock=lambda: now[0])

    breaker.trip()
    seen = [breaker.is_open]
    now[0] = 114.9
    seen.append(breaker.is_open)
    now[0] = 115.0
    seen.append(breaker.is_open)

    assert seen == [True, True, False]


@pytest.mark.parametrize("address", ["redis://127.0.0.1:1", "redis://127.0.0.1:{hanging}"])
def test_a_broker_that_is_away_slows_one_request_only(
    hanging, address, django_capture_on_commit_callbacks
):
    task = task_for(address.format(hanging=hanging))

    taken = []
    for _ in range(5):
        begun = time.monotonic()
        with django_capture_on_commit_callbacks(execute=True):
            wake(task)
        taken.append(time.monotonic() - begun)

    assert REDIS.is_open
    assert taken[0] < 1.5
    assert max(taken[1:]) < 0.1


def test_who_waited_for_the_cache_does_not_wait_for_the_queue(
    settings, hanging, django_capture_on_commit_callbacks
):
    on_redis(settings, f"redis://127.0.0.1:{hanging}")
    task = task_for(f"redis://127.0.0.1:{hanging}")

    cache.get("a")
    begun = time.monotonic()
    with django_capture_on_commit_callbacks(execute=True):
        wake(task)

    assert time.monotonic() - begun < 0.1
