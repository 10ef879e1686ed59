"""The home page, the frame around every page, the pages for what went wrong, and form fields."""

import datetime
import re

import pytest
from django import forms
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from awards.models import Award
from frameworks.models import Framework
from svportal.account_forms import SignInForm
from svportal.views import pages
from tests.clients import Client
from tests.factories import (
    PASSWORD,
    FrameworkFactory,
    OrganisationFactory,
    PartnershipAdminFactory,
    ReviewerFactory,
    UserFactory,
)

PUBLIC = ["/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/nowhere/"]
MENU = re.compile(r'class="nhsuk-header__navigation-link" href="([^"]+)"')


def _sign_in(client: Client, user) -> None:
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")


def _award(holder: str, *, days_ago: int = 0, **fields) -> Award:
    granted = timezone.localdate() - datetime.timedelta(days=days_ago)
    return Award.objects.create(
        number=f"T{Award.objects.count()}",
        organisation=OrganisationFactory(name=holder),
        holder_name=holder,
        framework=Framework.objects.first() or FrameworkFactory(),
        granted_on=granted,
        granted_at=timezone.now(),
        granted_by=User.objects.first() or UserFactory(),
        ends_on=granted + datetime.timedelta(days=5 * 365),
        reasoning={},
        **fields,
    )


# ---- Home


@pytest.mark.django_db
def test_home_without_awards_says_none(client):
    page = client.get("/")

    assert page.status_code == 200
    assert page.context["current_awards"] == 0
    assert list(page.context["newest"]) == []


@pytest.mark.django_db
def test_home_counts_current_awards_only(client):
    today = timezone.localdate()
    _award("Holds it", days_ago=1)
    _award("Held it", days_ago=1, ended_on=today, ended_reason="A theme was lost")

    page = client.get("/")

    assert page.context["current_awards"] == 1
    assert [award.holder_name for award in page.context["newest"]] == ["Holds it"]


@pytest.mark.django_db
def test_home_names_the_newest_awards_first(client):
    for days in range(6):
        _award(f"{days} days", days_ago=days)

    page = client.get("/")

    assert [award.holder_name for award in page.context["newest"]] == [
        "0 days",
        "1 days",
        "2 days",
        "3 days",
    ]


@pytest.mark.django_db
def test_home_costs_the_same_at_1_and_30_awards(client, django_assert_num_queries):
    _award("First")
    with django_assert_num_queries(4):
        client.get("/")
    for number in range(29):
        _award(f"Holder {number}")

    with django_assert_num_queries(4):
        client.get("/")


# ---- The frame


@pytest.mark.django_db
@pytest.mark.parametrize("address", PUBLIC)
def test_page_has_the_frame_every_page_has(client, address):
    page = client.get(address).content.decode()

    assert page.count("<h1") == 1
    assert page.count('<html lang="en-GB">') == 1
    assert page.count('<main class="nhsuk-main-wrapper " id="maincontent">') == 1
    assert page.count('href="#maincontent"') == 1


@pytest.mark.django_db
@pytest.mark.parametrize("address", PUBLIC)
def test_page_has_nothing_inline_and_nothing_of_another_host(client, address):
    page = client.get(address).content.decode()

    assert re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=", page) == []
    assert re.findall(r'(?:src|action)="(?:https?:)?//[^"]*"', page) == []
    assert re.findall(r'<link[^>]+href="(?:https?:)?//[^"]*"', page) == []


@pytest.mark.django_db
def test_menu_of_a_visitor_has_the_public_pages(client):
    page = client.get("/").content.decode()

    assert MENU.findall(page) == [
        "/guidance/",
        "/register/",
        "/verify/",
        "/network/",
        "/case-studies/",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("factory", "own"),
    [
        (UserFactory, ["/dashboard/"]),
        (ReviewerFactory, ["/dashboard/", "/review/"]),
        (PartnershipAdminFactory, ["/dashboard/", "/manage/"]),
    ],
)
def test_menu_begins_with_what_the_person_may_do(client, factory, own):
    _sign_in(client, factory())

    page = client.get("/").content.decode()

    assert MENU.findall(page)[:-5] == own


@pytest.mark.django_db
def test_signed_in_page_says_whose_and_for_how_long(client, settings):
    user = UserFactory()
    _sign_in(client, user)

    page = client.get("/").content.decode()

    assert f'data-user="{user.pk}"' in page
    assert f'data-session-expires-in="{settings.SESSION_IDLE_SECONDS}"' in page


@pytest.mark.django_db
def test_name_that_is_markup_is_shown_as_text(client):
    _sign_in(client, UserFactory(full_name="<script>alert(1)</script>"))

    page = client.get("/").content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


# ---- Staying signed in


@pytest.mark.django_db
def test_session_extend_tells_the_seconds_left(client, settings):
    _sign_in(client, UserFactory())

    answer = client.get(reverse("session_extend"))

    assert answer.json() == {"expires_in": settings.SESSION_IDLE_SECONDS}


@pytest.mark.django_db
def test_session_extend_of_nobody_leads_to_the_sign_in(client):
    answer = client.get(reverse("session_extend"))

    assert answer.status_code == 302
    assert answer.url == "/accounts/login/?next=/session/"


# ---- What went wrong


@pytest.mark.django_db
def test_unknown_address_is_a_404_in_the_frame(client):
    answer = client.get("/nowhere/")

    assert answer.status_code == 404
    assert '<h1 class="nhsuk-heading-l">Page not found</h1>' in answer.content.decode()


@pytest.mark.parametrize(
    ("view", "status"), [(pages.bad_request, 400), (pages.forbidden, 403), (pages.not_found, 404)]
)
def test_error_view_answers_with_its_status(view, status):
    request = RequestFactory().get("/x/")

    assert view(request, Exception("secret detail")).status_code == status
    assert b"secret detail" not in view(request, Exception("secret detail")).content


def test_server_error_asks_nothing_of_the_database():
    # Without the django_db mark any query fails this test.
    answer = pages.server_error(RequestFactory().get("/x/"))

    assert answer.status_code == 500
    assert b"The fault is ours" in answer.content


@pytest.mark.django_db
def test_form_without_its_token_is_refused_with_words():
    client = Client(enforce_csrf_checks=True)

    answer = client.post("/accounts/login/", {"login": "a@example.org", "password": PASSWORD})

    assert answer.status_code == 403
    assert "This form was open too long" in answer.content.decode()


# ---- Form fields


class EveryField(forms.Form):
    title = forms.CharField(
        label="Title", help_text="A few words", error_messages={"required": "Enter a title"}
    )
    story = forms.CharField(label="Story", widget=forms.Textarea, max_length=20)
    kind = forms.ChoiceField(
        label="Kind",
        help_text="Choose one",
        choices=[("a", "A"), ("b", "B")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a kind"},
    )
    agreed = forms.BooleanField(label="I agree", error_messages={"required": "Say that you agree"})
    begun = forms.DateField(label="Begun")
    file = forms.FileField(label="File")


def test_field_is_described_by_its_hint_and_its_error():
    html = str(EveryField(data={})["title"].as_field_group())

    assert 'aria-describedby="id_title_helptext id_title_error"' in html
    assert re.findall(r'\sid="([^"]+)"', html) == [
        "id_title_helptext",
        "id_title_error",
        "id_title",
    ]
    assert '<span class="nhsuk-u-visually-hidden">Error: </span>Enter a title' in html
    assert "nhsuk-input--error" in html


def test_group_of_options_is_described_as_a_group():
    html = str(EveryField(data={})["kind"].as_field_group())

    fieldset = re.search(r"<fieldset[^>]*>", html).group()
    assert 'aria-describedby="id_kind_helptext id_kind_error"' in fieldset
    assert html.count("aria-describedby") == 1
    assert "aria-invalid" not in html
    assert re.findall(r'for="([^"]+)"', html) == ["id_kind_0", "id_kind_1"]


def test_long_text_is_counted_and_not_cut_off():
    html = str(EveryField()["story"].as_field_group())

    assert 'data-maxlength="20"' in html
    assert " maxlength=" not in html
    assert 'aria-describedby="id_story-info"' in html


def test_single_checkbox_has_one_label_and_its_error():
    html = str(EveryField(data={})["agreed"].as_field_group())

    assert html.count("<label") == 1
    assert 'aria-describedby="id_agreed_error"' in html
    assert "Say that you agree" in html


def test_date_is_asked_for_as_a_date_and_shown_again_as_typed():
    form = EveryField(initial={"begun": datetime.date(2026, 2, 3)})

    html = str(form["begun"].as_field_group())

    assert 'type="date"' in html
    assert 'value="2026-02-03"' in html


def test_no_field_is_checked_by_the_browser():
    assert " required" not in str(EveryField())


def test_typed_text_is_kept_as_text_when_a_form_is_wrong():
    html = str(EveryField(data={"title": '"><b>x'})["title"].as_field_group())

    assert 'value="&quot;&gt;&lt;b&gt;x"' in html


@pytest.mark.django_db
def test_sign_in_form_says_what_to_do():
    form = SignInForm(data={"login": "no address", "password": ""})

    assert dict(form.errors) == {
        "login": ["Enter an e-mail address in the right form, like name@example.org"],
        "password": ["Enter your password"],
    }
