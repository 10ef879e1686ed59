"""Takes uploads in as they arrive: what is too large stops being stored the moment it is."""

import contextlib
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, TemporaryFileUploadHandler

from awards.files import FILE_BYTES_MAX, Refused, clean_name, too_large


def no_room(name: str) -> Refused:
    """Return the refusal of a file the portal cannot store at the moment."""
    return Refused(
        f"‘{name}’ could not be stored: the portal has no room at the moment. Nothing else is "
        "lost. Wait an hour and upload it again.",
        status=507,
    )


class IncomingFile(TemporaryUploadedFile):
    """A file on its way in, in a folder of its own: what a crash leaves there can be swept."""

    def __init__(self, name: str, content_type: str, size: int, charset: str | None) -> None:
        folder = Path(settings.INCOMING_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        file = tempfile.NamedTemporaryFile(suffix=".upload", dir=folder)  # noqa: SIM115
        UploadedFile.__init__(self, file, name, content_type, size, charset)


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Writes each uploaded file to the disk, up to the limit of one file.

    A file that goes over it is dropped there, the rest of it is read past, and
    `request.refused_uploads` says so to the view; the other files of the form are kept. Nothing
    of somebody who is not signed in is stored."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        user = getattr(self.request, "user", None)
        if user is not None and not user.is_authenticated:
            raise SkipFile
        FileUploadHandler.new_file(self, *args, **kwargs)
        try:
            self.file = IncomingFile(self.file_name or "", self.content_type or "", 0, None)
        except OSError:
            self._refuse(no_room(self._name))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Store a part of the file, unless that makes it too large."""
        if start + len(raw_data) > FILE_BYTES_MAX:
            self._refuse(too_large(self._name))
        try:
            self.file.write(raw_data)
        except OSError:
            self._close()
            self._refuse(no_room(self._name))

    def file_complete(self, file_size: int) -> UploadedFile | None:
        """Hand the file over, if all of it reached the disk."""
        try:
            return super().file_complete(file_size)
        except OSError:
            self._close()
            refused_uploads(self.request).append(no_room(self._name))
            return None

    @property
    def _name(self) -> str:
        return clean_name(self.file_name or "")

    def _close(self) -> None:
        with contextlib.suppress(OSError):
            self.file.close()

    def _refuse(self, refusal: Refused) -> None:
        refused_uploads(self.request).append(refusal)
        raise SkipFile


def refused_uploads(request: Any) -> list[Refused]:
    """Return the list of what was refused while a request came in."""
    if not hasattr(request, "refused_uploads"):
        request.refused_uploads = []
    refused: list[Refused] = request.refused_uploads
    return refused
