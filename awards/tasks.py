"""Work the awards app does outside requests. Each task can run twice without harm."""

from celery import shared_task

from awards import certificates, documents, previews
from awards.models import Application, Award, EvidenceFile
from frameworks.models import Framework


@shared_task(name="awards.tasks.make_previews")
def make_previews(file_id: str) -> int:
    """Draw one file, if it is still there."""
    file = EvidenceFile.objects.kept().filter(pk=file_id).first()
    return previews.make_previews(file) if file else 0


@shared_task(name="awards.tasks.make_certificate")
def make_certificate(award_id: int) -> str:
    """Make an award's certificate, or find that it is there; return its SHA-256."""
    return certificates.make_certificate(Award.objects.get(pk=award_id)).sha256


@shared_task(name="awards.tasks.prepare_document")
def prepare_document(framework_id: int, application_id: str | None) -> str:
    """Make the PDF of an application, or of the blank form; return its SHA-256."""
    framework = Framework.objects.get(pk=framework_id)
    application = Application.objects.get(pk=application_id) if application_id else None
    return documents.prepare(framework, application).sha256
