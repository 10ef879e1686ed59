"""Files are judged by what is in them; every refusal says which, what and what to do."""

import io
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from awards.files import (
    ALLOWED,
    FILE_BYTES_MAX,
    NAME_MAX,
    PIXELS_MAX,
    Refused,
    clean_name,
    inspect,
)
from tests.awards import corpus

HOSTILE_IDS = [f"{n}-{name}" for n, (name, _, _) in enumerate(corpus.HOSTILE)]
BOMB_IDS = [name for name, _, _ in corpus.BOMBS]
ROOT = Path(__file__).resolve().parents[2]
# Offers one file in a process of its own and says what it cost: processor time, so that a busy
# machine does not matter, and memory in megabytes.
PROBE = """
import os, resource, sys
from awards.files import Refused, inspect
def peak():
    mine = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return max(mine, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
before, start, words = peak(), sum(os.times()[:4]), "accepted"
with open(sys.argv[1], "rb") as file:
    try:
        inspect(file, sys.argv[1])
    except Refused as error:
        words = str(error)
print(sum(os.times()[:4]) - start, (peak() - before) / 1024, words)
"""


@pytest.mark.parametrize("name", corpus.GOOD)
def test_inspect_accepts_what_is_what_it_says(name):
    data = corpus.GOOD[name]()

    accepted = inspect(io.BytesIO(data), name)

    extension = name.rpartition(".")[2].lower().replace("jpeg", "jpg")
    assert accepted.name == name
    assert accepted.size == len(data)
    assert accepted.content_type == ALLOWED[extension].content_type


def test_good_files_are_of_all_ten_types():
    kinds = {name.rpartition(".")[2].lower().replace("jpeg", "jpg") for name in corpus.GOOD}

    assert kinds == set(ALLOWED)
    assert len(ALLOWED) == 10


def test_hostile_corpus_has_at_least_sixty_files():
    assert len(corpus.HOSTILE) >= 60


@pytest.mark.parametrize(("name", "make", "words"), corpus.HOSTILE, ids=HOSTILE_IDS)
def test_inspect_refuses_hostile(name, make, words):
    with pytest.raises(Refused) as refusal:
        inspect(io.BytesIO(make()), name)

    message = str(refusal.value)
    assert message.startswith(f"‘{clean_name(name)}’ ")
    assert words in message
    assert re.search(r"[Uu]pload", message)
    assert refusal.value.status == (413 if words == corpus.LARGE else 422)


@pytest.mark.parametrize(("name", "make", "words"), corpus.BOMBS, ids=BOMB_IDS)
def test_inspect_refuses_bombs_quickly_in_little_memory(tmp_path, name, make, words):
    path = tmp_path / name
    path.write_bytes(make())
    assert path.stat().st_size < FILE_BYTES_MAX

    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(path)], capture_output=True, text=True, cwd=ROOT
    )

    seconds, megabytes, message = done.stdout.split(" ", 2)
    assert words in message
    assert float(seconds) < 2
    assert float(megabytes) < 100


def test_inspect_takes_the_largest_file_and_not_a_byte_more():
    largest = b"a" * FILE_BYTES_MAX

    assert inspect(io.BytesIO(largest), "a.csv").size == FILE_BYTES_MAX
    with pytest.raises(Refused):
        inspect(io.BytesIO(largest + b"a"), "a.csv")


def test_inspect_takes_a_picture_of_just_the_limit():
    at_limit = corpus.huge_png(PIXELS_MAX // 5_000, 5_000)

    assert inspect(io.BytesIO(at_limit), "a.png").content_type == "image/png"


def test_inspect_leaves_the_file_at_its_start():
    good, bad = io.BytesIO(corpus.pdf()), io.BytesIO(corpus.EXE)

    inspect(good, "a.pdf")
    with pytest.raises(Refused):
        inspect(bad, "a.csv")

    assert (good.tell(), bad.tell()) == (0, 0)


def test_inspect_is_not_slowed_by_a_large_picture_or_table():
    start = time.process_time()
    inspect(io.BytesIO(b"some,words\n" * 2_000_000), "a.csv")

    assert time.process_time() - start < 2


@pytest.mark.parametrize("name", corpus.NAMES, ids=ascii)
def test_clean_name_is_one_line_of_plain_text(name):
    shown = clean_name(name)

    assert 0 < len(shown) <= NAME_MAX
    assert shown.isprintable() or "\u200d" in shown
    assert not re.search(r"[/\\\u202a-\u202e\u2066-\u2069\u200b\ud800-\udfff]", shown)
    assert clean_name(shown) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../x.csv", "x.csv"),
        ("C:\\Users\\me\\Our report.pdf", "Our report.pdf"),
        ("abc\u202efdp.exe", "abcfdp.exe"),
        ("a\r\nSet-Cookie: x=1.csv", "a Set-Cookie: x=1.csv"),
        ("a" * 300 + ".csv", "a" * 251 + ".csv"),
        ("e\u0301.csv", "é.csv"),
        (".pdf", "file.pdf"),
        ("\u202e.pdf", "file.pdf"),
        ("", "file"),
        ("...", "file"),
        ("x/", "file"),
    ],
)
def test_clean_name_keeps_what_a_person_reads(given, shown):
    assert clean_name(given) == shown


def test_there_are_at_least_forty_names():
    assert len(set(corpus.NAMES)) >= 40
