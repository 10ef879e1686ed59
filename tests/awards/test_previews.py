"""Previews are pictures of ours: right way up, nothing hidden in them, and never an obstacle."""

import io

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from awards import sandboxed
from awards.models import FileState
from awards.previews import PAGES_MAX, make_missing_previews, make_previews
from awards.services.files import add_file
from tests.awards import corpus
from tests.factories import EvidenceFactory, EvidenceFileFactory, MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def file_of(data, content_type):
    return EvidenceFileFactory(data=data, content_type=content_type)


def drawn(file):
    """The bytes of each picture."""
    found = []
    for preview in file.previews.all():
        with preview.image.open("rb") as content:
            found.append(content.read())
    return found


def pictures(file):
    return [Image.open(io.BytesIO(data)) for data in drawn(file)]


def test_make_previews_draws_a_photograph_without_place_or_camera():
    data = corpus.photograph()
    assert b"Telephone" in data
    file = file_of(data, "image/jpeg")

    assert make_previews(file) == 1

    (picture,) = pictures(file)
    assert picture.format == "WEBP"
    assert not picture.getexif()
    assert not {"exif", "xmp", "icc_profile"} & set(picture.info)


def test_make_previews_turns_a_photograph_upright():
    file = file_of(corpus.photograph(), "image/jpeg")

    make_previews(file)

    assert pictures(file)[0].size == (200, 400)


def test_make_previews_loses_what_hides_behind_a_picture():
    file = file_of(corpus.picture("PNG") + b"<?php system(1); ?>", "image/png")

    make_previews(file)

    assert [b"php" in data for data in drawn(file)] == [False]


def test_make_previews_draws_large_pictures_smaller():
    file = file_of(corpus.picture("JPEG", (4000, 1000)), "image/jpeg")

    make_previews(file)

    assert pictures(file)[0].size == (1600, 400)


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "P"), ("PNG", "LA"), ("WEBP", "RGBA")])
def test_make_previews_draws_every_kind_of_picture(kind, mode):
    out = io.BytesIO()
    Image.new(mode, (30, 20)).save(out, kind)
    file = file_of(out.getvalue(), f"image/{kind.lower()}")

    assert make_previews(file) == 1


def test_make_previews_draws_the_first_pages_of_a_pdf():
    file = file_of(corpus.pdf(12), "application/pdf")

    assert make_previews(file) == 10

    assert [p.page for p in file.previews.all()] == list(range(1, 11))
    assert {max(picture.size) for picture in pictures(file)} == {1600}
    assert sandboxed.PAGES == PAGES_MAX


def test_make_previews_twice_is_once():
    file = file_of(corpus.pdf(), "application/pdf")
    make_previews(file)

    assert make_previews(file) == file.previews.count() == 2


@pytest.mark.parametrize("data", [b"%PDF-1.7 rubbish", corpus.EXE, corpus.huge_png()[:500]])
@pytest.mark.parametrize("content_type", ["application/pdf", "image/png"])
def test_make_previews_of_what_cannot_be_drawn_is_none(data, content_type, folder):
    file = file_of(data, content_type)

    assert make_previews(file) == 0

    assert not file.previews.exists()
    assert not (folder / "previews").exists()


def test_make_previews_of_a_table_is_none():
    assert make_previews(EvidenceFileFactory()) == 0


@pytest.mark.parametrize("state", [FileState.PENDING, FileState.INFECTED, FileState.FAILED])
def test_make_previews_opens_only_clean_files(state):
    file = file_of(corpus.pdf(), "application/pdf")
    file.state = state
    file.save()

    assert make_previews(file) == 0


def test_adding_a_file_draws_it_after_the_commit(django_capture_on_commit_callbacks):
    evidence, upload = EvidenceFactory(), ContentFile(corpus.pdf(), name="a.pdf")
    member = MembershipFactory(organisation=evidence.organisation).user

    with django_capture_on_commit_callbacks(execute=True):
        file = add_file(evidence, upload, by=member)
        assert not file.previews.exists()

    assert file.previews.count() == 2


def test_make_missing_previews_draws_what_the_queue_lost():
    missing = file_of(corpus.pdf(), "application/pdf")
    EvidenceFileFactory()

    assert make_missing_previews() == 1

    assert missing.previews.count() == 2
    assert make_missing_previews() == 0
