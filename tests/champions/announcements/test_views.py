"""The pages of announcements."""

import re

import pytest
from django.urls import reverse

from accounts.models import Message
from champions.announcements import delivering, emails, services
from champions.announcements.models import Announcement, NoAnnouncements, Recipient
from tests.clients import Client
from tests.factories import (
    FrameworkFactory,
    MembershipFactory,
    PartnershipAdminFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

TYPED = {"subject": "A meeting", "words": "Come.\n\nAll of you.", "theme": "", "version": 1}


@pytest.fixture
def person():
    return PartnershipAdminFactory()


@pytest.fixture
def admin(client, person):
    FrameworkFactory()
    client.force_login(person)
    client.get(reverse("manage"))
    return client


def write(person, n=0):
    values = {"subject": f"No. {n}", "words": "Come.", "place": None, "type": None, "theme": ""}
    return services.write(by=person, values=values)


def sent(person, n=0):
    announcement = write(person, n)
    Announcement.objects.filter(pk=announcement.pk).update(
        sent_at=announcement.created_at, sent_by=person
    )
    return announcement


def act(client, name, announcement, **data):
    return client.post(reverse(f"manage_announcement_{name}", args=[announcement.pk]), data)


@pytest.mark.parametrize("rows", [1, 30])
def test_lists_cost_the_same_at_every_length(admin, person, rows, django_assert_num_queries):
    for n in range(rows):
        write(person, n)
        one = sent(person, rows + n)
    for _ in range(rows):
        Recipient.objects.create(announcement=one, person=UserFactory())
    admin.get(reverse("announcements"))

    with django_assert_num_queries(6):
        managed = admin.get(reverse("manage_announcements"))
    with django_assert_num_queries(6):
        shown = admin.get(reverse("manage_announcement", args=[one.pk]))
    with django_assert_num_queries(5):
        listed = admin.get(reverse("announcements"))

    assert [len(page.context["page"].rows) for page in (managed, shown, listed)] == (
        [min(rows, 25)] * 3
    )


def test_admin_writes_looks_tries_out_and_sends(admin, person, django_capture_on_commit_callbacks):
    member = MembershipFactory().user
    place = member.memberships.get().organisation.places.get()
    made = admin.post(reverse("manage_announcement_add"), {**TYPED, "place": place.code})
    announcement = Announcement.objects.get()
    page = admin.get(made["Location"]).text
    act(admin, "test", announcement)
    tried = [m.recipient for m in Message.objects.all()]
    with django_capture_on_commit_callbacks(execute=True):
        done = admin.post(
            reverse("manage_announcement_send", args=[announcement.pk]), {"version": 1}, follow=True
        )
    client = Client()
    client.force_login(member)
    read = client.get(announcement.get_absolute_url()).text
    home = client.get(reverse("network_for_you")).text

    assert "<strong>1</strong> person gets it." in page
    assert "Send to 1 person" in page
    assert tried == [person.email]
    assert "Sent to 1 person." in done.text
    assert Message.objects.get(kind="announcement").recipient == member.email
    assert "All of you." in read
    assert announcement.subject in home


def test_preview_is_the_mail_and_its_html_needs_no_exception_for_styles(admin, person):
    announcement = write(person)
    words = emails.preview(announcement, to=person)

    page = admin.get(reverse("manage_announcement", args=[announcement.pk])).context["mail"]
    html = admin.get(reverse("manage_announcement_html", args=[announcement.pk]))

    assert page == words
    policy = html["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([^']+)'", policy)[1]
    assert (f'<style nonce="{nonce}">' in html.text, "unsafe" in policy) == (True, False)
    assert 'style="' not in html.text
    # The same words, each with the styles it had.
    styles = dict(re.findall(r"\.s(\d+) \{(.*?)\}", html.text))
    as_sent = re.sub(r' class="s(\d+)"', lambda f: f' style="{styles[f[1]]}"', html.text)
    assert re.sub(r"<style.*?</style>", "", as_sent, flags=re.S) == words.html


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"subject": ""}, "Enter a subject"),
        ({"subject": "x" * 151}, "The subject must have 150 characters or fewer"),
        ({"words": ""}, "Enter what you want to tell"),
        ({"place": "nowhere"}, "Select one of the places in the list"),
        ({"type": "nothing"}, "Select one of the sectors in the list"),
        ({"theme": "magic"}, "Select one of the themes in the list"),
    ],
)
def test_form_says_how_to_put_it_right(admin, changes, words):
    response = admin.post(reverse("manage_announcement_add"), {**TYPED, **changes})

    assert response.status_code == 422
    assert words in response.text
    assert Announcement.objects.count() == 0


def test_second_editor_keeps_what_they_typed(admin, person):
    announcement = write(person)
    url = reverse("manage_announcement_edit", args=[announcement.pk])
    admin.post(url, {**TYPED, "subject": "Theirs"})

    response = admin.post(url, {**TYPED, "subject": "Mine"})
    saved = admin.post(url, {**response.context["form"].data})

    assert response.status_code == 409
    assert "Theirs" in response.text
    assert 'value="Mine"' in response.text
    assert (saved.status_code, Announcement.objects.get().subject) == (302, "Mine")


def test_sending_what_was_changed_or_sent_meanwhile_says_so(admin, person):
    announcement = write(person)
    admin.post(reverse("manage_announcement_edit", args=[announcement.pk]), TYPED)

    changed = act(admin, "send", announcement, version=1)
    unread = act(admin, "send", announcement)
    act(admin, "send", announcement, version=2)
    again = act(admin, "send", announcement, version=2)

    assert [r.status_code for r in (changed, unread, again)] == [409] * 3
    assert "Look at it again first" in changed.text
    assert "Nothing was sent again" in again.text
    assert Recipient.objects.count() == 1


def test_draft_is_discarded(admin, person):
    announcement = write(person)
    act(admin, "discard", announcement)

    assert Announcement.objects.count() == 0


def test_sent_page_says_what_became_of_each_mail(admin, person):
    announcement = write(person)
    services.send(announcement, by=person, version=1)
    url = reverse("manage_announcement", args=[announcement.pk])

    waits = admin.get(url).text
    delivering.deliver()
    queued = admin.get(url).text

    assert "Waits for its turn" in waits
    assert "In the outbox" in queued


def test_draft_is_no_page_of_the_network(admin, person):
    assert admin.get(write(person).get_absolute_url()).status_code == 404


def test_stranger_reads_no_announcements(client, person):
    client.force_login(UserFactory())

    assert client.get(reverse("announcements")).status_code == 403
    assert client.get(sent(person).get_absolute_url()).status_code == 403


def test_champion_chooses_whether_they_come_by_mail(client):
    member = MembershipFactory().user
    client.force_login(member)
    url = reverse("announcement_notices")

    wrong = client.post(url, {"wanted": "?"})
    client.post(url, {"wanted": "no"})
    without = NoAnnouncements.objects.filter(user=member).exists()
    client.post(url, {"wanted": "yes"})

    assert (wrong.status_code, "Select yes or no" in wrong.text) == (422, True)
    assert (without, NoAnnouncements.objects.exists()) == (True, False)


def test_unsubscribe_asks_first_and_needs_neither_sign_in_nor_token():
    member = MembershipFactory().user
    url = emails.unsubscribe_url(member).partition("testserver")[2]
    mail_program = Client(enforce_csrf_checks=True)

    asked = mail_program.get(url)
    between = NoAnnouncements.objects.exists()
    done = mail_program.post(url, {"List-Unsubscribe": "One-Click"})

    assert "No more announcements by e-mail?" in asked.text
    assert (between, done.status_code) == (False, 200)
    assert NoAnnouncements.objects.get().user == member
    assert mail_program.post(f"{url.rstrip('/')}x/").status_code == 404
