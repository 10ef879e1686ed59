"""Work the awards app does outside requests. Each task can run twice without harm."""

from celery import shared_task

from accounts.tasks import wake
from awards import certificates, documents, previews
from awards.models import Application, Award, EvidenceFile
from awards.printer import CannotPrint
from awards.self_assessment import plans
from awards.self_assessment.models import SelfAssessment
from awards.services.links import try_links
from awards.services.scans import scan_waiting
from frameworks.models import Framework


@shared_task(name="awards.tasks.make_previews")
def make_previews(file_id: str) -> int:
    """Draw one file, if it is still there."""
    file = EvidenceFile.objects.kept().filter(pk=file_id).first()
    return previews.make_previews(file) if file else 0


@shared_task(name="awards.tasks.scan_file")
def scan_file(file_id: str) -> int:
    """Scan one file, if it still waits, and draw it."""
    scanned = scan_waiting(only=file_id)
    if scanned:
        wake(make_previews, file_id)
    return len(scanned)


# A scanner has a minute for a file: more than one may take long.
@shared_task(name="awards.tasks.scan_files", time_limit=300)
def scan_files() -> int:
    """Scan whatever waits, and draw it."""
    scanned = scan_waiting()
    # One by one: what waited longer for the scanner than for two days is found by no sweep.
    for file in scanned:
        wake(make_previews, str(file.pk))
    return len(scanned)


@shared_task(name="awards.tasks.make_missing_previews", time_limit=600)
def make_missing_previews() -> int:
    """Draw what has been found clean and has no preview."""
    return previews.make_missing_previews()


@shared_task(name="awards.tasks.make_certificate")
def make_certificate(award_id: int) -> str:
    """Make an award's certificate, or find that it is there; return its SHA-256.

    Where it cannot be drawn there is a note of it (failures.py), and `make_missing` tries again."""
    try:
        return certificates.make_certificate(Award.objects.get(pk=award_id)).sha256
    except CannotPrint as wrong:
        return f"not drawn: {wrong}"


@shared_task(name="awards.tasks.prepare_document")
def prepare_document(framework_id: int, application_id: str | None) -> str:
    """Make the PDF of an application, or of the blank form; return its SHA-256.

    Where it cannot be drawn there is a note of it, which whoever asks again is shown."""
    framework = Framework.objects.get(pk=framework_id)
    application = Application.objects.get(pk=application_id) if application_id else None
    try:
        return documents.prepare(framework, application).sha256
    except CannotPrint as wrong:
        return f"not drawn: {wrong}"


@shared_task(name="awards.tasks.prepare_plan")
def prepare_plan(assessment_id: int, framework_id: int) -> str:
    """Make the PDF of a self-assessment's plan; return its SHA-256."""
    assessment = SelfAssessment.objects.select_related("organisation").get(pk=assessment_id)
    try:
        return plans.prepare(assessment, Framework.objects.get(pk=framework_id)).sha256
    except CannotPrint as wrong:
        return f"not drawn: {wrong}"


@shared_task(name="awards.tasks.make_missing")
def make_missing() -> int:
    """Make the certificates whose own task was lost with its worker; return how many."""
    return certificates.make_missing()


# Addresses of other people's sites: each may take its time.
@shared_task(name="awards.tasks.try_renewal_links", time_limit=240)
def try_renewal_links() -> int:
    """Try the links that renewals build on; return for how many pieces of evidence."""
    return try_links()
