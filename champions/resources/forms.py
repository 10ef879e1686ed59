"""What is filled in to add, to replace and to find resources."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from accounts.forms import SearchForm
from accounts.models import User
from awards.files import ACCEPT, ALLOWED_WORDS
from awards.forms import Typed, Version
from champions.fields import LineField
from champions.resources.models import Resource
from champions.resources.rules import AUDIENCE_WORDS, KIND_WORDS
from champions.topics import Topics, topics
from champions.training.models import Course

KINDS = [(kind.value, words) for kind, words in KIND_WORDS.items()]
AUDIENCES = [(audience.value, words) for audience, words in AUDIENCE_WORDS.items()]


class ContentFields(forms.Form):
    """A link or a file: one of the two."""

    link = forms.URLField(
        label="Link",
        help_text="Fill this in, or choose a file below.",
        max_length=500,
        required=False,
        assume_scheme="https",
        error_messages={
            "invalid": "Enter the whole link, like https://www.example.org/guide",
            "max_length": "The link must have 500 characters or fewer",
        },
    )
    file = forms.FileField(
        label="File",
        help_text=f"{ALLOWED_WORDS}, 25 MB at most. It is checked for viruses first.",
        required=False,
        widget=forms.FileInput(attrs={"accept": ACCEPT, "class": "nhsuk-file-upload__input"}),
        error_messages={
            "empty": "The file is empty. Check it and choose it again",
            "max_length": "Give the file a shorter name and choose it again",
        },
    )

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if "link" in self.errors or "file" in self.errors:
            return typed
        if bool(typed.get("link")) == bool(typed.get("file")):
            both = bool(typed.get("link"))
            self.add_error(
                "link", "Enter a link or choose a file, not both" if both else
                "Enter a link or choose a file",
            )  # fmt: skip
        return typed

    @property
    def content(self) -> dict[str, Any]:
        """Return what the services take: the link, or the file."""
        upload: UploadedFile | None = self.cleaned_data.get("file")
        return {"link": self.cleaned_data.get("link", ""), "upload": upload}


class SaidFields(forms.Form):
    """What anybody says of a resource."""

    title = LineField(
        label="Title",
        max_length=150,
        error_messages={
            "required": "Enter a title",
            "max_length": "The title must have 150 characters or fewer",
        },
    )
    description = Typed(
        label="What is it, and what is it good for?",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Enter what it is and what it is good for"},
    )
    kind = forms.ChoiceField(
        label="What kind of resource is it?",
        choices=KINDS,
        widget=forms.RadioSelect,
        error_messages={"required": "Select what kind of resource it is"},
    )
    theme = forms.ChoiceField(label="Which theme is it about?", required=False)
    audience = forms.ChoiceField(label="For whom is it?", choices=AUDIENCES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        themes: Any = self.fields["theme"]
        themes.choices = [("", "All of them"), *topics().themes.items()]


class DetailFields(SaidFields):
    """All that is said of a resource."""

    course = forms.ModelChoiceField(
        Course.objects.all(),
        label="Is it material of a unit of the training? (optional)",
        empty_label="None",
        required=False,
        to_field_name="code",
    )
    for_network = forms.BooleanField(label="Only people of the network may open it", required=False)
    owner = forms.EmailField(
        label="Who keeps it up to date? (optional)",
        help_text="The e-mail address of somebody on the portal. They are asked when it is due. "
        "Without an owner the partnership admins are.",
        required=False,
        error_messages={"invalid": "Enter the owner’s e-mail address, like name@example.org"},
    )
    review_on = forms.DateField(
        label="When should somebody look whether it is still right?",
        widget=forms.DateInput,
        error_messages={
            "required": "Enter the day on which it should be looked at",
            "invalid": "Enter the day on which it should be looked at, like 2027-03-31",
        },
    )

    def clean_owner(self) -> User | None:
        """Return who has this address."""
        email = self.cleaned_data["owner"]
        if not email:
            return None
        found = User.objects.filter(email__iexact=email, is_active=True).first()
        if found is None:
            raise forms.ValidationError("Nobody on the portal has this address")
        return found


class AddForm(DetailFields, ContentFields):
    """A new resource."""

    field_order = ["title", "description", "link", "file"]


class ProposeForm(SaidFields, ContentFields):
    """What a champion proposes to the network."""

    field_order = ["title", "description", "link", "file"]


class DecideForm(forms.Form):
    """What is decided on a proposal, and what whoever made it is told."""

    outcome = forms.ChoiceField(
        label="What do you decide?",
        choices=[("accept", "Accept it: it is offered to everyone"), ("decline", "Decline it")],
        widget=forms.RadioSelect,
        error_messages={"required": "Select what you decide", "invalid_choice": "Select one"},
    )
    answer = Typed(
        label="What do you want to tell whoever proposed it?",
        help_text="They are sent your words as they are. If you decline it, say why.",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("outcome") == "decline" and not typed.get("answer"):
            self.add_error("answer", "Say why it is declined")
        return typed


class EditForm(DetailFields):
    """A resource that is there already."""

    version = Version()

    @staticmethod
    def initial_of(resource: Resource) -> dict[str, Any]:
        """Return what the form shows of it."""
        return {
            **{name: getattr(resource, name) for name in EditForm.base_fields},
            "course": resource.course.code if resource.course else None,
            "owner": resource.owner.email if resource.owner else "",
        }


class ReplaceForm(ContentFields):
    """What takes the place of what there is."""

    note = LineField(
        label="What is new? (optional)",
        max_length=300,
        required=False,
        error_messages={"max_length": "What is new must have 300 characters or fewer"},
    )


class ResourceFilter(SearchForm):
    """Which resources somebody wants to see."""

    q = forms.CharField(label="Words", required=False, max_length=100)
    kind = forms.ChoiceField(choices=[("", "Any kind"), *KINDS], required=False)
    theme = forms.ChoiceField(required=False)
    audience = forms.ChoiceField(label="For", choices=[("", "Anyone"), *AUDIENCES], required=False)
    order = forms.ChoiceField(
        label="In order of",
        choices=[("", "Title"), ("used", "Most used"), ("new", "Newest")],
        required=False,
    )

    def __init__(self, *args: Any, known: Topics, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        themes: Any = self.fields["theme"]
        themes.choices = [("", "Any theme"), *known.themes.items()]

    @property
    def narrowing(self) -> dict[str, str]:
        """Return what `ResourceQuerySet.narrowed` is to narrow by."""
        names = ("kind", "theme", "audience")
        return {"words": self.words, **{name: self.chosen(name) for name in names}}

    @property
    def ordering(self) -> list[str]:
        """Return the order that is asked for."""
        orders = {"used": ["-uses", "title", "id"], "new": ["-added_on", "title", "id"]}
        return orders.get(self.chosen("order"), ["title", "id"])


class ManagedFilter(ResourceFilter):
    """The same for admins, who also see what is due and what was withdrawn."""

    state = forms.ChoiceField(
        choices=[
            ("", "Offered"),
            ("due", "To be looked at"),
            ("late", "Out of date, waiting for you"),
            ("withdrawn", "Withdrawn"),
            ("proposed", "Proposed, to decide"),
            ("declined", "Declined"),
        ],
        required=False,
    )
