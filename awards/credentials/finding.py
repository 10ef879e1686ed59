"""Has a file somebody sent looked through for a credential, by a process of its own.

As with evidence (`awards/sandbox.py`), the process has an empty environment, little memory and
little time: a file that takes a library over finds nothing there."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("sandboxed.py")
# Seconds on the clock, for a machine that is busy; the script limits its processor time itself.
SECONDS = 20

# Why nothing could be checked, in words that say what to do.
PROBLEMS = {
    "unknown kind": (
        "This is not a kind of file that carries a credential. Choose a certificate (PDF), a badge "
        "file (SVG or PNG) or a credential (JSON)."
    ),
    "no credential": (
        "There is no credential in this file. A photograph, a scan or a screenshot has none, and "
        "some programs remove it when they save a file again. Check the award by its number."
    ),
    "broken": (
        "This file is damaged or cut short and cannot be read. Download it once more from where "
        "it came from, or check the award by its number."
    ),
    "protected": (
        "This PDF is protected with a password and cannot be read. Check the award by its number."
    ),
    "encoding": (
        "The text of this credential is not in UTF-8, so it is not as it was signed. Download it "
        "once more, or check the award by its number."
    ),
    "not json": (
        "The credential in this file is cut short or is no JSON. Download it once more, or check "
        "the award by its number."
    ),
    "too long": (
        "What is in this file is far longer than any credential of ours. Check the award by its "
        "number."
    ),
}


@dataclass(frozen=True)
class Found:
    """What was found: a problem (its words), or a credential and whether its proof holds."""

    kind: str
    problem: str = ""
    credential: dict[str, Any] = field(default_factory=dict)
    is_proven: bool = False


def find(content: bytes, keys: Mapping[str, str]) -> Found:
    """Look for a credential in a file and check its proof with public keys by their address."""
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-I", str(SCRIPT), json.dumps(keys)],
            input=content,
            capture_output=True,
            timeout=SECONDS,
            env={},
            check=False,
        )
        told = json.loads(done.stdout) if done.returncode == 0 else {}
    except (subprocess.TimeoutExpired, ValueError):
        told = {}
    problem = told.get("problem", "") if told else "broken"
    return Found(
        kind=told.get("kind", "unknown"),
        problem=PROBLEMS[problem] if problem else "",
        credential=told.get("credential", {}),
        is_proven=told.get("proof") == "valid",
    )
