"""Answers with a PDF that a worker makes: at once when it is ready, else with a page that waits."""

from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.shortcuts import render

from accounts.tasks import wake
from awards import documents
from awards.models import Application, PreparedDocument
from awards.tasks import prepare_document
from frameworks.models import Framework

# Seconds after which the page that waits asks again.
ASK_AGAIN = 2


def serve(
    request: HttpRequest, framework: Framework, application: Application | None, *, filename: str
) -> HttpResponseBase:
    """Return the PDF of an application, or of the blank form. The caller has permitted it."""
    document = documents.stored(framework, application)
    if document is None:
        wake(prepare_document, framework.pk, str(application.pk) if application else None)
        # Where tasks run at once (no Redis) it is there by now.
        document = documents.stored(framework, application)
    return answer(request, document, filename=filename)


def answer(
    request: HttpRequest, document: PreparedDocument | None, *, filename: str
) -> HttpResponseBase:
    """Return a document that is made, else the page that waits for it; for any app's documents."""
    if document is None:
        response = render(request, "awards/public/preparing.html", status=202)
        response["Refresh"] = str(ASK_AGAIN)
        response["Cache-Control"] = "no-store"
        return response
    return FileResponse(
        document.content.open(),
        content_type="application/pdf",
        filename=filename,
        headers={"ETag": f'"{document.sha256}"', "X-Content-Type-Options": "nosniff"},
    )
