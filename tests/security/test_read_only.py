"""No GET writes, asked of the database itself: it is made read-only while every page is opened."""

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.utils import timezone

from tests.security import scene as scenes
from tests.security.addresses import ADDRESSES
from tests.security.scene import PEOPLE

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def scene():
    return scenes.build()


@pytest.fixture
def without_marks(settings):
    """What a visit may write: the session's last use and the cache. Both go elsewhere here."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    cache.clear()


def set_read_only(on):
    """Let the database itself refuse what would change it, until the transaction ends."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            if on:
                cursor.execute("SET TRANSACTION READ ONLY")
        else:
            cursor.execute(f"PRAGMA query_only = {'ON' if on else 'OFF'}")


def refuses_to_write():
    try:
        with transaction.atomic():
            Session.objects.create(
                session_key="x" * 32, session_data="", expire_date=timezone.now()
            )
    except DatabaseError:
        return True
    return False


def test_every_page_opens_on_a_database_that_refuses_to_write(without_marks, scene):
    clients = scenes.sign_in_everybody(scene)
    for client in clients.values():
        client.get("/accessibility/")
    wrong = []

    with transaction.atomic():
        set_read_only(True)
        held = refuses_to_write()
        for address in ADDRESSES:
            for person in PEOPLE:
                client = clients[person]
                client.raise_request_exception = False
                response = client.get(address.url(scene))
                b"".join(response)
                got = str(response.status_code)
                if got == "302" and response["Location"].startswith("/accounts/login/"):
                    got = "in"
                if got != address.expected("GET", person):
                    wrong.append((address.name, person, got))
        transaction.set_rollback(True)
    set_read_only(False)

    assert held
    assert wrong == []
