"""Public pictures and PDFs say nothing of where, by whom and with what they were made."""

import io

import pikepdf
import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from PIL import Image

from accounts.logos import drawn_again
from accounts.models import Organisation
from awards.certificates import draw_certificate
from champions.models import Listing
from tests.awards import corpus
from tests.clients import Client
from tests.factories import AwardFactory
from tests.security import scene as scenes
from tests.security.addresses import ADDRESSES

pytestmark = pytest.mark.django_db
# Beside these a picture carries what somebody's camera or program wrote into it.
OF_THE_FORMAT = {"loop", "background", "timestamp", "duration", "dpi", "gamma", "transparency"}
# The only author a document of ours has.
US = settings.PARTNERSHIP["name"]


def said_by_picture(content):
    picture = Image.open(io.BytesIO(content))
    return [*picture.getexif(), *(set(picture.info) - OF_THE_FORMAT)]


def said_by_pdf(content):
    with pikepdf.open(io.BytesIO(content)) as pdf:
        fields = {key: str(value) for key, value in pdf.docinfo.items()}
        with pdf.open_metadata() as metadata:
            fields |= {key: str(value) for key, value in metadata.items()}
        inside = [obj for obj in pdf.objects if isinstance(obj, pikepdf.Stream)]
        pictures = [o.read_raw_bytes() for o in inside if o.get("/Filter") == "/DCTDecode"]
    written = ("author", "creator", "lastmodifiedby", "company")
    named = [
        (key, value)
        for key, value in fields.items()
        if key.lower().endswith(written) and US not in value
    ]
    return named + [word for word in (b"Exif", b"GPS") for p in pictures if word in p]


def test_public_pictures_carry_nothing_of_anybody():
    scene = scenes.build()
    with_place = drawn_again(io.BytesIO(corpus.photograph()))
    Organisation.objects.get(slug=scene.with_logo).logo.save("logo", ContentFile(with_place))
    Listing.objects.get(pk=scene.listing).photo.save("photo", ContentFile(with_place))
    found, wrong = set(), []

    for address in ADDRESSES:
        if address.name not in {"organisation_logo", "champion_photo", "badge"}:
            continue
        answer = Client().get(address.url(scene))
        content, kind = b"".join(answer), answer.get("Content-Type", "").partition(";")[0]
        if answer.status_code != 200 or kind not in {"image/webp", "image/png", "image/jpeg"}:
            continue
        found.add(address.name)
        said = said_by_picture(content)
        wrong += [(address.name, said)] if said else []

    assert wrong == []
    assert found >= {"organisation_logo", "champion_photo"}


def test_certificate_names_the_partnership_and_no_person_or_machine():
    assert said_by_pdf(draw_certificate(AwardFactory())) == []


def test_the_look_sees_what_there_is_to_see():
    assert said_by_picture(corpus.photograph())
