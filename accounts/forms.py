"""What people fill in about themselves and their organisations."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import URLValidator
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict

from accounts import logos
from accounts.models import (
    CHARITY_NUMBER,
    COMPANY_NUMBER,
    ODS_CODE,
    Membership,
    Organisation,
    OrganisationType,
    Place,
    User,
)
from accounts.permissions import AuthedRequest
from accounts.rules import name_key, one_line

NOT_A_WEBSITE = "Enter the website’s address as in the browser, like https://www.example.org"


def kept(request: AuthedRequest) -> dict[str, Any]:
    """Return what was typed before an earlier session ended, for a form to begin with that acts as
    soon as it is bound."""
    return request.kept_form.dict() if request.kept_form else {}


class SignUpDetails(forms.Form):
    """What a new account needs besides an e-mail address and a password."""

    field_order = ["full_name", "job_title", "email", "password1"]

    full_name = forms.CharField(
        label="Full name",
        max_length=150,
        error_messages={"required": "Enter your full name"},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    job_title = forms.CharField(
        label="Job title (optional)",
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )

    def signup(self, request: HttpRequest, user: User) -> None:
        """Keep the details with the new account; the sign-up calls this once it is made."""
        user.full_name = self.cleaned_data["full_name"]
        user.job_title = self.cleaned_data["job_title"]
        user.save(update_fields=["full_name", "job_title"])


class SearchForm(forms.Form):
    """A search box."""

    q = forms.CharField(label="Search", required=False, max_length=100)

    @property
    def words(self) -> str:
        """What to search for; nothing when the box cannot be understood."""
        return one_line(self.cleaned_data.get("q", "")) if self.is_valid() else ""

    def chosen(self, name: str) -> str:
        """Return which choice of a field is asked for; what is not one of them is none."""
        self.is_valid()
        return str(self.cleaned_data.get(name, ""))


class OrganisationSearchForm(SearchForm):
    """The search for one's organisation."""

    q = forms.CharField(
        label="What is your organisation called?",
        help_text="Part of its name is enough.",
        required=False,
        max_length=100,
    )


class OrganisationNameField(forms.CharField):
    """An organisation's name, on one line, with something in it to be known by."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label="Name of the organisation",
            help_text="Its full name, as it should be on a certificate.",
            max_length=200,
            error_messages={
                "required": "Enter the name of the organisation",
                "max_length": "The name must have 200 characters or fewer",
            },
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        name = one_line(super().clean(value))
        if not name_key(name):
            raise ValidationError("The name must have letters or numbers in it")
        return name


# Every number of so many digits fits a 64-bit key.
LONGEST_KEY = 18


def type_field(types: QuerySet[OrganisationType]) -> forms.ModelChoiceField:
    """Return the choice of an organisation's type."""
    return forms.ModelChoiceField(
        types,
        label="What kind of organisation is it?",
        widget=forms.RadioSelect,
        empty_label=None,
        blank=False,
        error_messages={
            "required": "Select what kind of organisation it is",
            "invalid_choice": "Select one of the kinds of organisation in the list",
        },
    )


class PlacesField(forms.ModelMultipleChoiceField):
    """A choice of places. A key with more digits than a database takes is not one of the list;
    Django would ask the database for it and fail."""

    def clean(self, value: Any) -> Any:
        for key in value if isinstance(value, list | tuple) else ():
            if len(str(key)) > LONGEST_KEY:
                raise forms.ValidationError(
                    self.error_messages["invalid_pk_value"], code="invalid_pk_value"
                )
        return super().clean(value)


def places_field() -> PlacesField:
    """Return the choice of the places an organisation works in."""
    return PlacesField(
        Place.objects.all(),
        label="Which places does it work in?",
        help_text="Select all that apply.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Select at least one place",
            "invalid_choice": "Select the places from the list",
            "invalid_pk_value": "Select the places from the list",
        },
    )


class WebsiteField(forms.URLField):
    """A website's address: nothing but the web, which is less than Django's own field lets in."""

    default_validators = [URLValidator(schemes=["http", "https"], message=NOT_A_WEBSITE)]


def website_field() -> WebsiteField:
    """Return the field of an organisation's website."""
    return WebsiteField(
        label="Website (optional)",
        help_text="For example https://www.example.org",
        required=False,
        max_length=300,
        assume_scheme="https",
        error_messages={"invalid": NOT_A_WEBSITE},
    )


class AddOrganisationForm(forms.Form):
    """A new organisation for the register."""

    name = OrganisationNameField()
    type = type_field(OrganisationType.objects.filter(historic=False))
    places = places_field()
    website = website_field()


class IdentifierField(forms.CharField):
    """A public identifier: spaces and case as people write them, kept as its register has it."""

    def to_python(self, value: Any) -> str:
        return "".join((value or "").split()).upper()


class CompanyNumberField(IdentifierField):
    """A company number, which people write without its leading noughts."""

    def to_python(self, value: Any) -> str:
        number = super().to_python(value)
        return number.zfill(8) if number.isdigit() else number


class OrganisationForm(forms.Form):
    """What a lead champion may say of their organisation."""

    description = forms.CharField(
        label="Short public description (optional)",
        help_text="For the organisation’s public page: what it does, and for whom.",
        widget=forms.Textarea,
        max_length=1000,
        required=False,
        error_messages={"max_length": "The description must have 1,000 characters or fewer"},
    )
    website = website_field()
    places = places_field()
    ods_code = IdentifierField(
        label="ODS code (optional)",
        help_text="The code of an NHS organisation, like RBN.",
        required=False,
        validators=[ODS_CODE],
    )
    charity_number = IdentifierField(
        label="Charity number (optional)",
        help_text="Like 1123456. In Scotland it starts with SC.",
        required=False,
        validators=[CHARITY_NUMBER],
    )
    company_number = CompanyNumberField(
        label="Company number (optional)",
        help_text="8 characters, like 01234567.",
        required=False,
        validators=[COMPANY_NUMBER],
    )
    logo = forms.FileField(
        label="Logo (optional)",
        help_text="A PNG, JPEG or WebP picture of 2 MB or less, for the public page.",
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        error_messages={
            "empty": "The logo you chose is an empty file. Choose another.",
            "invalid": "The logo did not arrive. Choose it again.",
        },
    )
    remove_logo = forms.BooleanField(label="Remove the logo that is there", required=False)

    def __init__(
        self,
        data: QueryDict | None = None,
        files: MultiValueDict[str, UploadedFile] | None = None,
        *,
        organisation: Organisation,
    ) -> None:
        self.organisation = organisation
        initial = {
            name: getattr(organisation, name)
            for name in self.base_fields
            if name not in ("places", "logo", "remove_logo")
        }
        initial["places"] = list(organisation.places.all())
        super().__init__(data, files, initial=initial)
        if not organisation.logo:
            del self.fields["remove_logo"]

    def clean_logo(self) -> bytes | None:
        """Return the logo drawn again, or None when none was given."""
        given: UploadedFile | None = self.cleaned_data["logo"]
        if given is None:
            return None
        name = one_line(given.name or "")
        if (given.size or 0) > logos.BYTES_MAX:
            raise ValidationError(
                f"The file ‘{name}’ is larger than 2 MB. Choose a smaller picture for the logo."
            )
        try:
            return logos.drawn_again(given)
        except logos.NotALogo as error:
            raise ValidationError(f"The file ‘{name}’ {error}") from error

    @property
    def changes(self) -> dict[str, Any]:
        """What `services.change_organisation` is to change."""
        return {name: value for name, value in self.cleaned_data.items() if "logo" not in name}


class CorrectOrganisationForm(OrganisationForm):
    """What a partnership admin may correct as well."""

    name = OrganisationNameField()
    type = type_field(OrganisationType.objects.all())

    field_order = ("name", "type")

    def clean_name(self) -> str:
        """Refuse the name of another organisation on the register."""
        name: str = self.cleaned_data["name"]
        others = Organisation.objects.filter(merged_into=None).exclude(pk=self.organisation.pk)
        if others.filter(name_key=name_key(name)).exists():
            raise ValidationError(
                "Another organisation has this name. If the two are one, merge them instead."
            )
        return name


class JoinForm(forms.Form):
    """A request to join an organisation."""

    words = forms.CharField(
        label="A few words to whoever answers (optional)",
        help_text="For example what you do there, so that they know who is asking.",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
        required=False,
        error_messages={"max_length": "Your words must have 500 characters or fewer"},
    )


class InviteForm(forms.Form):
    """An invitation to join an organisation."""

    email = forms.EmailField(
        label="Their work e-mail address",
        help_text="They get a link that works for 7 days, once, and only for this address.",
        max_length=254,
        error_messages={
            "required": "Enter the e-mail address of the person to invite",
            "invalid": "Enter an e-mail address in the form name@example.org",
            "max_length": "The e-mail address must have 254 characters or fewer",
        },
    )
    as_lead = forms.BooleanField(
        label="Invite them as lead champion",
        help_text="This organisation has none.",
        required=False,
    )

    def __init__(self, *args: Any, may_lead: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_lead:
            del self.fields["as_lead"]


class ReasonForm(forms.Form):
    """Why something is done, for the record."""

    reason = forms.CharField(
        label="Why? (optional)",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
        required=False,
        error_messages={
            "required": "Enter the reason, for the record",
            "max_length": "The reason must have 500 characters or fewer",
        },
    )

    def __init__(self, *args: Any, needed: str = "", hint: str = "", **kwargs: Any) -> None:
        """With `needed` there has to be a reason, and it is what the field is called."""
        super().__init__(*args, **kwargs)
        if needed:
            self.fields["reason"].required = True
            self.fields["reason"].label = needed
        self.fields["reason"].help_text = hint


class AnswerForm(forms.Form):
    """Yes or no, by the button that was pressed."""

    answer = forms.ChoiceField(choices=[("accept", "Accept"), ("decline", "Decline")])

    @property
    def accepts(self) -> bool:
        """Whether the answer is yes."""
        return bool(self.cleaned_data["answer"] == "accept")


class MemberChoiceField(forms.ModelChoiceField):
    """A choice of members, by name and address."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.user} ({obj.user.email})"


class MemberForm(forms.Form):
    """Which member takes the lead."""

    member = MemberChoiceField(
        Membership.objects.none(),
        label="Who takes the lead?",
        widget=forms.RadioSelect,
        empty_label=None,
        blank=False,
        error_messages={
            "required": "Select who takes the lead",
            "invalid_choice": "Select one of the organisation’s members",
        },
    )

    def __init__(self, *args: Any, members: QuerySet[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = members  # type: ignore[attr-defined]


class RolesForm(forms.Form):
    """A person's roles in the scheme."""

    reviewer = forms.BooleanField(
        label="Reviewer",
        help_text="Decides claims, never those of their own organisations.",
        required=False,
    )
    partnership_admin = forms.BooleanField(
        label="Partnership admin",
        help_text="Runs the scheme: organisations, people, reviews and reports.",
        required=False,
    )


class OrganisationFilter(SearchForm):
    """Which organisations an admin wants to see."""

    STATES = (
        ("", "On the portal"),
        ("no_lead", "Without a lead champion"),
        ("deactivated", "Deactivated"),
        ("merged", "Merged"),
        ("all", "All"),
    )
    q = forms.CharField(label="Name", required=False, max_length=100)
    state = forms.ChoiceField(label="Show", choices=STATES, required=False)
    type = forms.ModelChoiceField(
        OrganisationType.objects.all(), to_field_name="code", empty_label="Any type", required=False
    )
    place = forms.ModelChoiceField(
        Place.objects.all(), to_field_name="code", empty_label="Any place", required=False
    )


class PersonFilter(SearchForm):
    """Which people an admin wants to see."""

    ROLES = (
        ("", "Everyone"),
        ("reviewer", "Reviewers"),
        ("admin", "Partnership admins"),
        ("lead", "Lead champions"),
        ("closed", "Closed accounts"),
    )
    q = forms.CharField(label="Name or e-mail address", required=False, max_length=100)
    role = forms.ChoiceField(label="Show", choices=ROLES, required=False)


class AuditFilter(forms.Form):
    """Which events of the audit trail an admin wants to see."""

    type = forms.CharField(
        label="What happened",
        help_text="How the event’s name begins, like organisation or claim.",
        required=False,
        max_length=60,
    )
    person = forms.CharField(label="Who did it", required=False, max_length=100)
    organisation = forms.CharField(label="Organisation", required=False, max_length=200)
    target = forms.CharField(label="To what", required=False, max_length=100)
    since = forms.DateField(
        label="From",
        required=False,
        error_messages={"invalid": "Enter the day it begins as a date, like 27/3/2026"},
    )
    until = forms.DateField(
        label="To",
        required=False,
        error_messages={"invalid": "Enter the day it ends as a date, like 27/3/2026"},
    )


class MessageFilter(SearchForm):
    """Which mails an admin wants to see."""

    STATES = (
        ("", "All"),
        ("failing", "Could not be sent"),
        ("waiting", "Waiting"),
        ("sent", "Sent"),
    )
    q = forms.CharField(label="Recipient", required=False, max_length=100)
    state = forms.ChoiceField(label="Show", choices=STATES, required=False)
