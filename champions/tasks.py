"""Work the champions app does outside requests. Each task can run twice without harm."""

from celery import shared_task

from awards.printer import CannotPrint
from champions.announcements.delivering import deliver
from champions.case_studies import documents as case_studies
from champions.case_studies import drawing
from champions.case_studies.models import Picture, Publication
from champions.charter import documents
from champions.charter.models import Signature
from champions.events.models import Booking
from champions.questions import telling
from champions.training import documents as training


@shared_task(name="champions.tasks.prepare_signature")
def prepare_signature(signature_id: str) -> str:
    """Make the PDF of a signature under the Charter; return its SHA-256."""
    signature = Signature.objects.select_related("charter").get(pk=signature_id)
    try:
        return documents.prepare(signature).sha256
    except CannotPrint as wrong:  # there is a note of it, which whoever asks again is shown
        return f"not drawn: {wrong}"


@shared_task(name="champions.tasks.prepare_training_certificate")
def prepare_training_certificate(booking_id: str) -> str:
    """Make the certificate of somebody who completed a unit; return its SHA-256."""
    completions = Booking.objects.completions().select_related("event__course", "person")
    try:
        return training.prepare(completions.get(pk=booking_id)).sha256
    except CannotPrint as wrong:  # as above
        return f"not drawn: {wrong}"


@shared_task(name="champions.tasks.prepare_case_study")
def prepare_case_study(publication_id: int) -> str:
    """Make the PDF of a published case study; return its SHA-256."""
    publications = Publication.objects.select_related("case_study__organisation__type")
    try:
        return case_studies.prepare(publications.get(pk=publication_id)).sha256
    except CannotPrint as wrong:  # as above
        return f"not drawn: {wrong}"


@shared_task(name="champions.tasks.tell_of_questions")
def tell_of_questions() -> int:
    """Tell those who wish to know at once of the questions nobody was told of."""
    return telling.tell_of_questions()


@shared_task(name="champions.tasks.deliver_announcements")
def deliver_announcements() -> int:
    """Put the mails of announcements that were sent into the outbox."""
    return deliver()


@shared_task(name="champions.tasks.draw_picture")
def draw_picture(picture_id: str) -> int:
    """Draw a picture of a case study at the widths it is shown at, if it is still there."""
    picture = Picture.objects.kept().filter(pk=picture_id).first()
    return drawing.draw(picture) if picture else 0
