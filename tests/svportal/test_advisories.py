"""A weakness fails the check; a service out of reach is said aloud and is not called fine."""

import json
import runpy

import pytest
from django.conf import settings

told = runpy.run_path(str(settings.BASE_DIR / "bin" / "check-advisories"))

FINE = {"name": "django", "version": "5.2", "vulns": []}
WEAK = {
    "name": "pillow",
    "version": "9.0",
    "vulns": [{"id": "PYSEC-2023-1", "fix_versions": ["10.0"], "aliases": [], "description": "x"}],
}
UNKNOWN = {"name": "vine", "skip_reason": "Dependency not found on PyPI and could not be audited"}
NPM_DOWN = {"message": "405 Method Not Allowed", "statusCode": 405, "error": {"summary": ""}}


@pytest.mark.parametrize(
    ("packages", "found"),
    [
        ([FINE], []),
        ([FINE, WEAK], ["pillow 9.0: PYSEC-2023-1, fixed in 10.0"]),
        ([WEAK, UNKNOWN], ["pillow 9.0: PYSEC-2023-1, fixed in 10.0"]),
        ([FINE, UNKNOWN], None),
        ([UNKNOWN], None),
        ([], None),
    ],
)
def test_pip_audit_is_read(packages, found):
    assert told["pip_findings"](json.dumps({"dependencies": packages})) == found


@pytest.mark.parametrize("said", ["", "Connection refused", "[]", "{}"])
def test_no_answer_is_not_reached(said):
    assert told["pip_findings"](said) is None
    assert told["npm_findings"](said) is None


def test_npm_audit_is_read():
    found = {"a": {"severity": "high"}, "b": {"severity": "low"}, "c": {"severity": "critical"}}

    assert told["npm_findings"](json.dumps({"vulnerabilities": found})) == [
        "a: high",
        "c: critical",
    ]
    assert told["npm_findings"](json.dumps({"vulnerabilities": {}})) == []
    assert told["npm_findings"](json.dumps(NPM_DOWN)) is None


def test_verdict_fails_on_findings_alone_and_says_what_was_not_reached():
    verdict = told["verdict"]

    assert verdict("npm audit", []) == (True, "npm audit: no known weakness")
    assert verdict("npm audit", ["a: high"]) == (False, "npm audit: a: high")
    passes, said = verdict("npm audit", None)
    assert passes
    assert said.startswith("NOT REACHED: npm audit")


def test_command_that_is_not_there_says_nothing():
    assert told["said_by"](["no-such-command"]) == ""
