"""Pictures of case studies: whatever comes, drawn again in little memory, nothing but pixels."""

import io
import subprocess
import sys
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase
from django.urls import reverse
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from awards import sandboxed
from awards.files import Refused, clean_name, inspect_picture
from champions.case_studies import drawing, pictures
from champions.case_studies.models import Picture, PictureState
from champions.case_studies.pictures import PIXELS_MAX
from tests.awards import corpus
from tests.champions.case_studies.factories import Story

pytestmark = pytest.mark.django_db
MEGABYTES_MAX = 300
HOSTILE = [(name, make) for name, make, _ in (*corpus.HOSTILE, *corpus.BOMBS)]
# Starts the process that draws from one without other children, and says what it took at most.
PROBE = """
import resource, subprocess, sys
script, folder = sys.argv[1:]
subprocess.run([sys.executable, "-I", script, "draw-sizes", folder], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    return settings.MEDIA_ROOT


def noise(size, kind, mode="RGB", **saved):
    """A picture that no way of packing makes small, drawn quickly."""
    out, small = io.BytesIO(), Image.effect_noise((size[0] // 10, size[1] // 10), 60)
    small.resize(size).convert("RGB").convert(mode).save(out, kind, **saved)
    return out.getvalue()


def stored(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def picture_of(data, name, story=None):
    story = story or Story()
    with TestCase.captureOnCommitCallbacks(execute=True):
        picture = pictures.add_picture(story.case, SimpleUploadedFile(name, data), by=story.lead)
    picture.refresh_from_db()
    return picture


def pixels(picture):
    found = []
    for size in picture.sizes.all():
        with size.image.open("rb") as content:
            found.append(Image.open(io.BytesIO(content.read())).size)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "mode", "size", "saved"),
    [
        ("JPEG", "RGB", (8_000, 6_000), {}),
        ("JPEG", "RGB", (8_000, 6_000), {"progressive": True}),
        ("JPEG", "RGB", (8_000, 6_000), {"progressive": True, "subsampling": 1}),
        ("JPEG", "RGB", (8_000, 4_000), {"progressive": True, "subsampling": 0}),
        ("JPEG", "CMYK", (6_000, 4_000), {"progressive": True}),
        ("JPEG", "CMYK", (8_000, 6_000), {}),
        ("PNG", "RGB", (8_000, 6_000), {"compress_level": 1}),
        ("PNG", "RGBA", (8_000, 6_000), {"compress_level": 1}),
        ("WEBP", "RGB", (4_000, 3_000), {"method": 0}),
    ],
)
def test_largest_photo_is_drawn_in_less_than_300_megabytes(tmp_path, kind, mode, size, saved):
    photo, sizes = tmp_path / "photo", tmp_path / "sizes"
    sizes.mkdir()
    photo.write_bytes(noise(size, kind, mode, **saved))
    if kind != "PNG":  # which is larger than any file may be
        name = {"JPEG": "photo.jpg", "WEBP": "photo.webp"}[kind]
        with photo.open("rb") as content:
            inspect_picture(content, name, pixels=PIXELS_MAX)
            with pytest.raises(Refused, match="million pixels"):
                inspect_picture(content, name, pixels=PIXELS_MAX - 1)
    command = [sys.executable, "-c", PROBE, sandboxed.__file__, str(sizes)]

    with photo.open("rb") as content:
        done = subprocess.run(command, stdin=content, capture_output=True, text=True)

    took = int(done.stdout.removeprefix("fine"))
    assert took < MEGABYTES_MAX
    assert sorted(path.name for path in sizes.iterdir()) == [
        f"{width:05}x{round(width * size[1] / size[0])}.webp" for width in sandboxed.WIDTHS
    ]


def test_photo_is_drawn_after_the_request(django_capture_on_commit_callbacks):
    story, photo = Story(), SimpleUploadedFile("a.jpg", corpus.picture("JPEG", (2000, 1500)))

    with django_capture_on_commit_callbacks(execute=True):
        picture = pictures.add_picture(story.case, photo, by=story.lead)
        assert (picture.state, picture.sizes.count()) == (PictureState.PENDING, 0)

    picture.refresh_from_db()
    assert picture.state == PictureState.READY
    assert [size.width for size in picture.sizes.all()] == list(sandboxed.WIDTHS)


@pytest.mark.parametrize(
    ("name", "make"), HOSTILE, ids=[f"{n}-{h[0]}" for n, h in enumerate(HOSTILE)]
)
def test_whatever_is_no_picture_is_refused_with_its_reason(folder, name, make):
    story, data = Story(), make()
    began = time.process_time()

    with pytest.raises(Refused) as refusal:
        pictures.add_picture(story.case, SimpleUploadedFile(name, data), by=story.lead)

    assert time.process_time() - began < 1
    assert str(refusal.value).startswith(f"‘{clean_name(name)}’ ")
    assert (Picture.objects.count(), stored(folder)) == (0, [])


def cut(kind):
    data = corpus.picture(kind, (600, 400))
    return data[: len(data) // 2]


@pytest.mark.parametrize(
    ("mode", "size", "words"),
    [("RGB", (8_000, 4_001), "more than 32 million"), ("CMYK", (6_000, 4_001), "more than 24 mil")],
)
def test_progressive_photo_that_takes_too_much_is_refused_before_it_is_kept(
    folder, mode, size, words
):
    photo = noise(size, "JPEG", mode, progressive=True, subsampling=0)

    with pytest.raises(Refused, match=f"progressive JPEG of {words}.*without ‘progressive’"):
        picture_of(photo, "thick.jpg")

    assert (Picture.objects.count(), stored(folder)) == (0, [])


def test_broken_picture_is_not_shown_not_kept_and_says_so(folder):
    picture = picture_of(cut("JPEG"), "cut.jpg")

    assert picture.state == PictureState.FAILED
    assert not picture.sizes.exists()
    assert stored(folder) == []


def photographs():
    """Pictures of each kind as telephones and programs make them, with place and camera in them."""
    exif = Image.open(io.BytesIO(corpus.photograph())).getexif()
    words, out = PngInfo(), io.BytesIO()
    words.add_text("Author", "Telephone")
    words.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>Telephone</x:xmpmeta>")
    plain = Image.open(io.BytesIO(corpus.picture("PNG", (400, 200))))
    plain.save(out, "PNG", exif=exif, pnginfo=words, icc_profile=b"Telephone" * 20)
    more = {"exif": exif, "xmp": b"<x:xmpmeta>Telephone</x:xmpmeta>", "icc_profile": b"x" * 200}
    return {
        "a.jpg": corpus.photograph(),
        "b.jpg": corpus.picture("JPEG", (400, 200), comment=b"Telephone", **more),
        "pair.jpg": corpus.telephone_pair(),
        "c.png": out.getvalue(),
        "d.webp": corpus.picture("WEBP", (400, 200), **more),
        "behind.png": corpus.picture("PNG", (400, 200)) + b"Telephone",
    }


@pytest.mark.parametrize("name", photographs())
def test_no_published_size_says_anything_but_its_pixels(client, name):
    story = Story()
    picture = picture_of(photographs()[name], name, story)
    given = {"alternative": "It", "caption": "", "section": "", "shows_people": False}
    pictures.describe(picture, by=story.lead, values=given)
    publication = story.ask().answer() and story.publish()

    sizes = publication.content["pictures"][0]["sizes"]
    for width, _ in sizes:
        at = reverse("case_study_picture", args=[publication.slug, picture.pk, width])
        answer = client.get(at).content
        shown = Image.open(io.BytesIO(answer))
        assert shown.format == "WEBP"
        assert not {"exif", "xmp", "icc_profile", "comment"} & set(shown.info)
        assert (dict(shown.getexif()), b"Telephone" in answer) == ({}, False)
    card = client.get(reverse("case_study_card", args=[publication.slug])).content
    shown = Image.open(io.BytesIO(card))
    assert (shown.format, "exif" in shown.info, b"Telephone" in card) == ("JPEG", False, False)
    assert sizes


def test_what_was_uploaded_is_gone_once_it_is_drawn(folder):
    picture = picture_of(corpus.photograph(), "a.jpg")

    kept = stored(folder)
    assert picture.state == PictureState.READY
    assert [b"Telephone" in path.read_bytes() for path in kept] == [False] * picture.sizes.count()


def test_photograph_stands_upright():
    picture = picture_of(corpus.photograph(), "a.jpg")

    assert pixels(picture) == [(200, 400)]


def test_drawing_twice_is_once():
    picture = picture_of(corpus.picture("JPEG", (1200, 900)), "a.jpg")

    assert drawing.draw(picture) == picture.sizes.count() == 3


def test_draw_missing_draws_what_the_queue_lost_and_leaves_what_cannot_be():
    picture = picture_of(cut("JPEG"), "cut.jpg")
    lost = picture_of(corpus.picture("PNG"), "lost.png")
    assert (picture.state, lost.state) == (PictureState.FAILED, PictureState.READY)

    assert drawing.draw_missing() == 0
