"""Each check of bin/check can fail: a fault is planted in a copy and the check sees it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.slow

ROOT = Path(settings.BASE_DIR)
COPIED = (
    "accounts", "awards", "bin", "champions", "docs", "fixtures", "frameworks", "svportal",
    "requirements", "static", "templates", "Dockerfile", "docker-compose.yml", "manage.py",
    "package.json", "package-lock.json", "pyproject.toml", ".env.example",
)  # fmt: skip


@pytest.fixture
def copy(tmp_path):
    """A copy of the tree that shares nothing with it but the installed packages."""
    leave = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=leave)
        elif source.exists():
            shutil.copy(source, tmp_path / name)
    (tmp_path / "build/static").mkdir(parents=True)
    return tmp_path


def check(folder, name):
    return subprocess.run(
        ["bin/check", name],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "CHECK_BIN": str(Path(sys.executable).parent),
            "CHECK_WITHOUT_SETUP": "1",
        },
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def append(path, text):
    path.write_text(path.read_text() + text)


def replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


DROPS_A_COLUMN = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "{last}")]
    operations = [migrations.RemoveField("user", "job_title")]
"""


def drop_a_column(folder):
    last = max(path.stem for path in folder.glob("0*.py"))
    (folder / "9999_planted.py").write_text(DROPS_A_COLUMN.format(last=last))


def report_a_weakness(folder):
    """Put before npm one that knows of a weakness: the real one may reach no advisory service."""
    npm = folder / ".node/bin/npm"
    npm.parent.mkdir(parents=True)
    npm.write_text('#!/bin/sh\necho \'{"vulnerabilities": {"sass": {"severity": "high"}}}\'\n')
    npm.chmod(0o755)


# name: how to plant the fault, and what the check says of it
FAULTS = {
    "ruff": (
        lambda copy: append(copy / "accounts/rules.py", "\nimport os\n"),
        "F401",
    ),
    "format": (
        lambda copy: append(copy / "accounts/rules.py", "\nNAMES = ('a',   'b')\n"),
        "would be reformatted",
    ),
    "types": (
        lambda copy: append(copy / "accounts/rules.py", '\nNUMBER: int = "one"\n'),
        "Incompatible types in assignment",
    ),
    "imports": (
        lambda copy: append(copy / "frameworks/rules.py", "\nimport svportal.forms\n"),
        "frameworks.rules -> svportal.forms",
    ),
    "templates": (
        lambda copy: append(copy / "templates/base.html", "<img src=\"x\">\n"),
        "H013",
    ),
    "migrations": (
        lambda copy: replace(
            copy / "accounts/models.py", "job_title = models", "planted = models"
        ),
        "planted",
    ),
    "upgrades": (
        lambda copy: drop_a_column(copy / "accounts/migrations"),
        "DROPPING columns",
    ),
    "deploy": (
        lambda copy: append(copy / "svportal/settings.py", "\nSECURE_HSTS_SECONDS = 0\n"),
        "security.W004",
    ),
    "docs": (
        lambda copy: [append(page, "\nPlanted.\n") for page in (copy / "docs").rglob("*.md")],
        "",
    ),
    "advisories": (report_a_weakness, "sass: high"),
    "sbom": (
        lambda copy: replace(
            copy / "package.json", '"dependencies": {', '"dependencies": {"planted": "1.0.0",'
        ),
        "planted@1.0.0",
    ),
    "compose": (
        lambda copy: replace(copy / "docker-compose.yml", "read_only: true", "readonly: true"),
        "unknown key: readonly",
    ),
}  # fmt: skip


def test_every_check_has_a_planted_fault():
    lines = (ROOT / "bin/check").read_text().splitlines()

    assert [line.split()[1] for line in lines if line.startswith("check ")] == list(FAULTS)


# Migrations are looked at in the SQL of PostgreSQL, which takes a server.
NAMES = [
    pytest.param(name, marks=[pytest.mark.services] if name == "upgrades" else [])
    for name in FAULTS
]


@pytest.mark.parametrize("name", NAMES)
def test_check_passes_and_sees_a_planted_fault(copy, name):
    plant, said = FAULTS[name]
    before = check(copy, name)

    plant(copy)
    after = check(copy, name)

    # What could not be asked is said below the line.
    assert (before.returncode, before.stdout.partition("\n")[0]) == (0, f"ok      {name}")
    assert after.returncode == 1
    assert after.stdout.startswith(f"FAILED  {name}\n")
    assert said in after.stdout
