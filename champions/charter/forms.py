"""What people fill in to sign the Charter, to find who has signed, and to bring signatories in."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from accounts.forms import SearchForm
from accounts.models import OrganisationType, Place
from accounts.rules import NotAllowed
from champions.charter.importing import decoded
from champions.fields import LineField

# What the page takes; larger files are for the command, which is not a browser that waits.
IMPORT_BYTES_MAX = 1024 * 1024


class SignForm(forms.Form):
    """Who signs, and that they have read what they sign."""

    name = LineField(
        label="Your full name",
        max_length=150,
        error_messages={
            "required": "Enter your full name",
            "max_length": "Your name must have 150 characters or fewer",
        },
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    designation = LineField(
        label="Your designation",
        help_text="What you are in the organisation, for example Chief executive.",
        max_length=150,
        error_messages={
            "required": "Enter your designation",
            "max_length": "Your designation must have 150 characters or fewer",
        },
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )
    promises = forms.BooleanField(
        label="I may sign for the organisation, and it makes this promise",
        error_messages={"required": "Confirm that the organisation makes the promise"},
    )
    version = forms.SlugField(widget=forms.HiddenInput)


class SignatoryFilter(SearchForm):
    """Which signatories somebody wants to see."""

    q = forms.CharField(label="Name", required=False, max_length=100)
    place = forms.ModelChoiceField(
        Place.objects.all(), to_field_name="code", empty_label="Any place", required=False
    )
    type = forms.ModelChoiceField(
        OrganisationType.objects.all(),
        to_field_name="code",
        empty_label="Any sector",
        label="Sector",
        required=False,
    )

    @property
    def narrowing(self) -> dict[str, str]:
        """Return what `SignatureQuerySet.narrowed` is to narrow by."""
        words = self.words
        place, type = self.cleaned_data.get("place"), self.cleaned_data.get("type")
        return {
            "words": words,
            "place": place.code if place else "",
            "type": type.code if type else "",
        }


class ManagedSignatoryFilter(SignatoryFilter):
    """Which signatories an admin wants to see."""

    STATES = (
        ("", "All who have signed"),
        ("earlier", "An earlier version"),
        ("no_lead", "No lead"),
    )
    state = forms.ChoiceField(label="Show", choices=STATES, required=False)


class ImportForm(forms.Form):
    """A file of signatories; once it was read, its text comes back to be loaded."""

    file = forms.FileField(
        label="The file",
        help_text="CSV in UTF-8, of 1 MB or less. Larger files: the command import_signatories.",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={
            "required": "Choose the file to read",
            "empty": "The file you chose is empty. Choose another.",
            "invalid": "The file did not arrive. Choose it again.",
        },
    )

    def clean_file(self) -> str:
        """Return the file's text."""
        given: UploadedFile = self.cleaned_data["file"]
        if (given.size or 0) > IMPORT_BYTES_MAX:
            raise ValidationError(
                "The file is larger than 1 MB. Split it, or have it loaded by the command "
                "import_signatories."
            )
        try:
            return decoded(given.read())
        except NotAllowed as error:
            raise ValidationError(str(error)) from error


class LoadForm(forms.Form):
    """The text of a file that was read and is to be loaded as it is."""

    # A browser sends two characters for each end of a line, where the file may have had one.
    text = forms.CharField(strip=False, max_length=2 * IMPORT_BYTES_MAX, widget=forms.HiddenInput)
