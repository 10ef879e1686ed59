"""Production by default: what stops a start, what the deployment check says, how SQLite is held."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from accounts.models import Place

ROOT = Path(settings.BASE_DIR)
PRODUCTION = {
    "SECRET_KEY": "k" * 10 + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQR",
    "SITE_URL": "https://portal.example",
}


def manage(*args, **variables):
    env = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, **variables}
    return subprocess.run(
        [sys.executable, "manage.py", *args],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set. Make one with:"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must have at least 50 characters"),
        ({"SITE_URL": ""}, "SITE_URL is not set. Give the public address"),
        ({"CLAMD_URL": "/run/clamd.ctl"}, "CLAMD_URL must be like unix:///run/clamav/clamd.ctl"),
        ({"SITE_URL": "http://portal.example"}, "SITE_URL must start with https://"),
        ({"OIDC_ISSUER": "https://login.example"}, "OIDC_CLIENT_ID is not set. It is what"),
        (
            {
                "OIDC_ISSUER": "http://login.example",
                "OIDC_CLIENT_ID": "x",
                "OIDC_CLIENT_SECRET": "y",
            },
            "OIDC_ISSUER must start with https://",
        ),
    ],
)
def test_start_without_what_it_needs_stops_and_says_what_to_do(change, said):
    result = manage("check", **{**PRODUCTION, **change})

    assert result.returncode != 0
    assert said in result.stderr


def test_start_reads_a_secret_from_a_file(tmp_path):
    secret = tmp_path / "secret_key"
    secret.write_text(PRODUCTION["SECRET_KEY"] + "\n")

    shown = manage(
        "shell", "--no-imports", "-c",
        "from django.conf import settings; print(repr(settings.SECRET_KEY))",
        SECRET_KEY_FILE=str(secret), SITE_URL=PRODUCTION["SITE_URL"],
    )  # fmt: skip

    assert shown.stdout.strip() == repr(PRODUCTION["SECRET_KEY"])


def test_web_server_reads_its_workers_and_threads_from_the_file_of_settings(tmp_path):
    file = tmp_path / "settings"
    lines = {**PRODUCTION, "WEB_WORKERS": "3", "WEB_THREADS": "5"}.items()
    file.write_text("".join(f"{name}={value}\n" for name, value in lines))
    code = (
        "import runpy, shutil; c = runpy.run_path('gunicorn.conf.py'); "
        "shutil.rmtree(c['os'].environ['PROMETHEUS_MULTIPROC_DIR']); "
        "print(c['workers'], c['threads'])"
    )

    shown = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env={"PATH": os.environ["PATH"], "ENV_FILE": str(file)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    assert shown.stdout.split() == ["3", "5"], shown.stderr


def test_start_without_its_styles_and_scripts_stops_and_says_what_to_do(tmp_path):
    variables = {**PRODUCTION, "DATA_DIR": str(tmp_path / "a"), "KEYS_DIR": str(tmp_path / "keys")}
    variables["STATIC_ROOT"] = str(tmp_path / "static")
    manage("issue_key", **variables)

    def started():
        return subprocess.run(
            [sys.executable, "-c", "import svportal.wsgi"],
            cwd=ROOT, env={"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, **variables},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    without = started()
    manage("collectstatic", "--noinput", **variables)
    with_them = started()

    assert (without.returncode, with_them.returncode) == (1, 0), with_them.stderr
    assert "Run: manage.py collectstatic --noinput." in without.stderr


def test_deployment_check_is_clean_and_debug_off(tmp_path):
    variables = {**PRODUCTION, "DATA_DIR": str(tmp_path / "a"), "KEYS_DIR": str(tmp_path / "keys")}
    manage("issue_key", **variables)

    result = manage("check", "--deploy", "--fail-level", "WARNING", **variables)

    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("", "KEYS_DIR is not set. Name a folder outside DATA_DIR"),
        ("keys", "There is no key to sign awards with in"),
        ("data/keys", "KEYS_DIR lies inside DATA_DIR, which is backed up."),
    ],
)
def test_start_without_a_key_to_sign_with_stops_and_says_what_to_do(tmp_path, keys, said):
    variables = {**PRODUCTION, "DATA_DIR": str(tmp_path / "data")}
    if keys:
        variables["KEYS_DIR"] = str(tmp_path / keys)
    serve = "import svportal.wsgi"

    asked = manage("check", **variables)
    started = subprocess.run(
        [sys.executable, "-c", serve],
        cwd=ROOT, env={"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, **variables},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    assert (asked.returncode, started.returncode) == (1, 1)
    assert said in asked.stderr
    assert said in started.stderr


def test_development_page_of_mail_is_not_mounted_in_production(tmp_path):
    result = manage(
        "shell", "--no-imports", "-c", "from django.urls import reverse; reverse('dev_mail')",
        DATA_DIR=str(tmp_path), **PRODUCTION,
    )  # fmt: skip

    assert "NoReverseMatch" in result.stderr


def test_production_scans_files_unless_told_not_to_and_development_does_not(tmp_path):
    def scans(**variables):
        shown = manage(
            "shell", "--no-imports", "-c",
            "from django.conf import settings; print(settings.VIRUS_SCAN)",
            DATA_DIR=str(tmp_path), **variables,
        )  # fmt: skip
        return shown.stdout.strip()

    assert scans(**PRODUCTION) == "True"
    assert scans(**PRODUCTION, VIRUS_SCAN="0") == "False"
    assert scans(DEVELOPMENT="1") == "False"


def test_every_variable_is_in_the_example():
    code = "".join(
        path.read_text() for path in (ROOT / "svportal/settings.py", ROOT / "gunicorn.conf.py")
    )
    read = set(re.findall(r'(?:env\.\w+|environ\.get|required|secret)\(\s*"([A-Z0-9_]+)"', code))
    listed = set(re.findall(r"^#?([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert read - listed == set()
    assert listed - read == set()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="about SQLite")
@pytest.mark.django_db(transaction=True)
def test_sqlite_is_held_to_wal_and_immediate():
    with connection.cursor() as cursor:
        journal = cursor.execute("PRAGMA journal_mode").fetchone()[0]
        synchronous = cursor.execute("PRAGMA synchronous").fetchone()[0]

    assert (journal, synchronous) == ("wal", 1)
    assert connection.transaction_mode == "IMMEDIATE"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_concurrent_writers_wait_for_each_other():
    place = Place.objects.create(code="counted", name="Counted", source="A test", position=0)
    failures = []

    def write_fifty_times():
        try:
            for _ in range(50):
                with transaction.atomic():
                    row = Place.objects.select_for_update().get(pk=place.pk)
                    row.position += 1
                    row.save()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write_fifty_times) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    place.refresh_from_db()
    assert failures == []
    assert place.position == 400
