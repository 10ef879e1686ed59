"""Ten years of one organisation, day by day: every place that tells of its award tells the same."""

import base64
import datetime
import gzip
import io
import json
import re
from functools import lru_cache
from zoneinfo import ZoneInfo

import pypdf
import pytest
import time_machine
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Message
from accounts.services import appoint_lead, change_organisation
from awards import register
from awards.calendar import today
from awards.certificates import make_certificate
from awards.credentials import status
from awards.credentials.checking import Answer, judge
from awards.credentials.issuing import issue
from awards.glance import for_glance, glance
from awards.models import Award, Reminder
from awards.rules import Outcome
from awards.services import applications, lifetime, notices, renewals
from awards.services.organisations import merge_organisations
from awards.views import public
from frameworks.models import Criterion
from tests import factories
from tests.awards.reviewing import accepted, awarded, decided
from tests.clients import Client

pytestmark = pytest.mark.django_db
LONDON = ZoneInfo("Europe/London")
BEGIN = datetime.date(2026, 2, 27)
# Days between two runs of the daily job: it is away most of the time.
SLEEPS = 4


class TenYears:
    """What happens, by day. Between these days only time passes, and `daily` runs."""

    def __init__(self):
        self.organisation = factories.OrganisationFactory(name="Weaver Trust")
        self.first = factories.LeadFactory(organisation=self.organisation).user
        self.second = factories.MembershipFactory(organisation=self.organisation)
        self.lead = self.first
        self.admin = factories.PartnershipAdminFactory()
        self.days = {
            "2026-03-02": self.grant,
            "2027-03-09": self.check_in,
            "2027-10-01": self.lead_leaves,
            "2027-10-11": self.lead_follows,
            "2028-02-29": self.theme_lost,
            "2028-03-10": self.theme_claimed,
            "2028-03-20": self.theme_regained,
            "2029-06-01": self.rename,
            "2030-09-10": self.renew,
            "2030-09-20": self.renewal_granted,
            "2033-05-03": self.merge,
            "2034-01-10": self.theme_lost,
        }

    def grant(self):
        awarded(organisation=self.organisation, lead=self.first)

    def award(self):
        return Award.objects.current(today()).get(organisation=self.organisation)

    def check_in(self):
        award = self.award()
        lifetime.declare(
            award, by=self.lead, gone=[], about="nothing", words="",
            check_in=lifetime.check_in_of(award),
        )  # fmt: skip

    def lead_leaves(self):
        membership = self.organisation.memberships.get(user=self.first)
        membership.ended_at, membership.ended_by = datetime.datetime.now(datetime.UTC), self.first
        membership.save()

    def lead_follows(self):
        appoint_lead(self.second, by=self.admin, reason="The lead left.")
        self.lead = self.second.user

    def theme_lost(self):
        award = self.award()
        claim = award.application.claims.filter(
            criterion__theme__code="social", status="accepted"
        ).get()
        lifetime.declare(
            award, by=self.lead, gone=[claim], about="nothing", words="The scheme ended."
        )

    def theme_claimed(self):
        application = self.award().application
        criterion = Criterion.objects.of(application.framework).filter(theme__code="social")[1]
        claim = applications.add_claim(application, criterion=criterion, by=self.lead)
        evidence = factories.EvidenceFactory(organisation=self.organisation)
        applications.save_claim(
            claim, by=self.lead, version=1, explanation="It is new.", evidence=[evidence]
        )
        applications.submit(application, by=self.lead, statements=["It is accurate."])

    def theme_regained(self):
        decided(self.award().application.claims.get(status="submitted"), Outcome.ACCEPTED)

    def rename(self):
        change_organisation(self.organisation, by=self.admin, changes={"name": "Weaver & Dane"})

    def renew(self):
        application = renewals.start_renewal(self.award(), by=self.lead)
        renewals.say_what_changed(application, by=self.lead, words="More of it.")
        applications.submit(application, by=self.lead, statements=["It is accurate."])

    def renewal_granted(self):
        accepted(self.organisation.applications.latest("created_at"))

    def merge(self):
        into = factories.OrganisationFactory(name="Cheshire Rivers")
        merge_organisations(self.organisation, into=into, by=self.admin)
        self.organisation = into


# First day, what holds on it (the award by its year; None: none), and how it stands.
STORY = [
    ("2026-02-27", None, None),
    ("2026-03-02", 2026, "current"),
    ("2028-02-29", 2026, "at_risk"),
    ("2028-03-20", 2026, "current"),
    ("2031-03-02", 2031, "current"),
    ("2034-01-10", 2031, "at_risk"),
    ("2034-02-10", None, "lapsed"),
]


def told_on(day):
    """Return what the story says of a day."""
    return [line[1:] for line in STORY if line[0] <= day.isoformat()][-1]


class Issued:
    """What was handed out for one award and never changes: credential, certificate."""

    def __init__(self, award):
        self.award, self.year = award, award.granted_on.year
        credential = json.loads(issue(award).content)
        self.since = datetime.datetime.fromisoformat(credential["validFrom"])
        self.until = datetime.datetime.fromisoformat(credential["validUntil"])
        self.entry = int(credential["credentialStatus"]["statusListIndex"])
        with make_certificate(award).content.open() as file:
            self.pdf = file.read()
        reader = pypdf.PdfReader(io.BytesIO(self.pdf))
        (self.attached,) = (json.loads(c) for (c,) in reader.attachments.values())
        self.printed = [
            datetime.datetime.strptime(f"{words} +0000", "%d %B %Y %z").date()
            for words in re.findall(
                r"(?:Granted on|until the end of)\s+(\d+ \w+ \d{4})", reader.pages[0].extract_text()
            )
        ]
        assert self.attached == credential

    def holds(self, now, revoked):
        """What a reader far from the portal finds, with the status list of that minute."""
        return self.since <= now <= self.until and self.entry not in revoked

    def is_printed(self, now, revoked):
        """What somebody finds who reads the paper and checks the credential in it."""
        first, last = self.printed
        return first <= now.date() <= last and self.entry not in revoked


def revoked_now():
    """The entries that the status list served at this minute says hold no more."""
    listed = json.loads(status.status_list(0))["credentialSubject"]["encodedList"]
    return entries_in(listed)


@lru_cache(maxsize=16)
def entries_in(listed):
    content = gzip.decompress(base64.urlsafe_b64decode(listed[1:] + "=" * (-len(listed[1:]) % 4)))
    assert len(content) * 8 == 131_072
    return {
        8 * n + b for n, byte in enumerate(content) if byte for b in range(8) if byte >> 7 - b & 1
    }


class Trail:
    """How each award stands by nothing but the audit trail, read on as it grows."""

    def __init__(self):
        self.read, self.awards, self.at_risk = 0, {}, set()

    def on(self, day):
        """Return the year of the award that holds by the trail, and how it stands."""
        for event in AuditEvent.objects.filter(id__gt=self.read).order_by("id"):
            self.read = event.pk
            self._take(event)
        for number, (first, last, early) in self.awards.items():
            if first <= day.isoformat() <= last and not (early and early <= day.isoformat()):
                return int(first[:4]), "at_risk" if number in self.at_risk else "current"
        return None, None

    def _take(self, event):
        key, after = event.target_id, event.after
        if event.type == "award.granted":
            self.awards[key] = (after["granted_on"], after["ends_on"], None)
        elif event.type == "award.end_planned":
            self.awards[key] = (*self.awards[key][:2], after["ends_early_on"])
        elif event.type == "award.at_risk":
            self.at_risk.add(key)
        elif event.type == "award.safe":
            self.at_risk.discard(key)
            self.awards[key] = (*self.awards[key][:2], None)


class Mails:
    """What somebody believes who reads their mail and nothing else."""

    SAYS = {
        "award_granted": "current", "award_at_risk": "at_risk", "award_safe": "current",
        "award_renewed": "current", "award_ended": "lapsed",
    }  # fmt: skip

    def __init__(self):
        self.believes = None

    def today(self):
        """Return how the award stands by the last mail about it; the clock stands still."""
        of_today = Message.objects.filter(queued_at=timezone.now(), kind__in=self.SAYS)
        for kind in set(of_today.values_list("kind", flat=True)):
            self.believes = self.SAYS[kind]
        return self.believes


def badge_of(award):
    """Return whether the live badge, drawn now, says that an award is valid, and until when."""
    request = RequestFactory().get(reverse("kitemark", args=[award.number]))
    words = re.search(r"<title[^>]*>[^<]*, ([a-z ]+) (\d+ \w+ \d{4})</title>",
                      public.kitemark(request, award.number).content.decode())  # fmt: skip
    return words[1] == "valid until"


def holds_on(organisation, day):
    """Return what every place says of a day: the year of the award that holds, or None, each."""
    found = list(Award.objects.filter(organisation=organisation))
    search = register.read_search({"on": day.isoformat()})
    listed = register.found(search).filter(organisation=organisation)
    return {
        "standing": [a.granted_on.year for a in found if register.standing(a, day).is_current],
        "register": [day.year for day in listed.values_list("granted_on", flat=True)],
    }


@pytest.mark.slow
def test_ten_years_tell_one_story():
    at = datetime.datetime.combine(BEGIN, datetime.time(9), tzinfo=LONDON)
    with time_machine.travel(at, tick=False) as clock:
        story, trail, mails = TenYears(), Trail(), Mails()
        lived, issued = {}, {}
        for n in range(3652):
            day = BEGIN + datetime.timedelta(days=n)
            clock.move_to(datetime.datetime.combine(day, datetime.time(9), tzinfo=LONDON))
            act = story.days.get(day.isoformat())
            # Whether the job runs changes nothing that holds, only when people hear of it.
            if n % SLEEPS == 0 or is_turn(day):
                notices.send_notices()
            if act:
                act()
                for award in Award.objects.exclude(pk__in=issued):
                    issued[award.pk] = Issued(award)

            lived[day] = told_on(day)
            assert_told_daily(story, day, issued.values(), trail, mails)
            if act or is_turn(day) or (day.day == 1 and day.month % 3 == 0):
                assert_told_by_every_page(story, day, issued.values())

        # Looked back on from the last day, each day is told as it was lived.
        for day in list(lived)[::13]:
            expected = [lived[day][0]] if lived[day][0] else []
            assert set(map(tuple, holds_on(story.organisation, day).values())) == {tuple(expected)}
        assert_history(story)


def is_turn(day):
    return day.isoformat() in {line[0] for line in STORY}


def assert_told_daily(story, day, issued, trail, mails):
    """Register, live badge, certificate, credential, mails and audit trail tell of a day the same:
    which award holds (by its year), and, where that is said at all, how it stands."""
    year, stands = told_on(day)
    expected = [year] if year else []
    now, revoked = datetime.datetime.now(LONDON), revoked_now()
    told = holds_on(story.organisation, day) | {
        "badge": [i.year for i in issued if badge_of(i.award)],
        "certificate": [i.year for i in issued if i.is_printed(now, revoked)],
        "credential": [i.year for i in issued if i.holds(now, revoked)],
    }
    assert told == dict.fromkeys(told, expected), day
    assert trail.on(day) == (year, stands if year else None), day
    assert mails.today() == stands, day


def assert_told_by_every_page(story, day, issued):
    """What people and programs open agrees too: verify page, its data, files dropped on it, the
    register's page and file, the holder's page, the history."""
    year, stands = told_on(day)
    client = Client()
    client.force_login(story.lead)
    listed = client.get(reverse("register_json")).getvalue().decode()
    page = client.get(reverse("register")).content.decode()
    for one in issued:
        number, valid = one.award.number, one.year == year
        answer = client.get(reverse("verify_number_json", args=[number])).json()["answer"]
        shown = client.get(reverse("verify_number", args=[number])).content.decode()
        assert {
            "data": answer == "valid",
            "page": "This award is genuine and valid" in shown,
            "file": judge(one.pdf, day).answer is Answer.VALID,
            "register": number in page,
            "register's file": number in listed,
        } == dict.fromkeys(("data", "page", "file", "register", "register's file"), valid), day
    latest = Award.objects.filter(organisation=story.organisation, granted_on__lte=day)
    shown = glance(for_glance(latest).order_by("granted_on").last(), day) if latest else None
    assert (shown and shown.status) == stands, day


def assert_history(story):
    _, second = Award.objects.order_by("granted_on")
    assert (second.granted_on, second.ends_on) == (
        datetime.date(2031, 3, 2),
        datetime.date(2036, 3, 1),
    )
    sent = list(Reminder.objects.values_list("name", flat=True))
    assert {name: sent.count(name) for name in sent} == {
        # The first was answered, within a week; the fifth year of each award has none.
        "check-in-0-days": 6,
        "check-in-30-days": 5,
        "no-lead": 1,
        "end-12-months": 1,
        "end-6-months": 1,
        "ended": 2,
        "risk-ending": 1,
    }
    told = list(
        AuditEvent.objects.filter(target_type="awards.award")
        .order_by("id")
        .values_list("type", flat=True)
    )
    assert [kind for kind in told if kind not in {"award.reminded", "award.end_planned"}] == [
        "award.granted",
        "award.check_in",
        "award.change",
        "award.at_risk",
        "award.safe",
        "award.granted",
        "award.ended",
        "award.change",
        "award.at_risk",
        "award.ended",
    ]
    mails = dict.fromkeys(("award_granted", "award_renewed", "award_ended"), 0)
    for kind in mails:
        mails[kind] = Message.objects.filter(kind=kind).values("subject").distinct().count()
    assert mails == {"award_granted": 1, "award_renewed": 1, "award_ended": 1}


# The clock (R11)
GRANTED = ["2028-02-29", "2027-03-01", "2027-07-01", "2027-10-31", "2027-12-31"]
PLACES = (
    "register", "register of the day", "register's file", "verify page", "badge", "credential",
    "certificate", "holder's page",
)  # fmt: skip


@pytest.mark.parametrize("zone", ["UTC", "Europe/London", "Australia/Sydney"])
@pytest.mark.parametrize("granted", GRANTED)
def test_every_place_agrees_ten_minutes_before_and_after_the_end(granted, zone):
    with time_machine.travel(f"{granted}T12:00:00+00:00", tick=False):
        issued = Issued(factories.AwardFactory())
    award = issued.award
    midnight = datetime.datetime.combine(
        award.ends_on + datetime.timedelta(days=1), datetime.time(), tzinfo=LONDON
    )
    said = {}
    for minutes in (-10, 10):
        # A time with a zone sets the server's own as well.
        moment = (midnight + datetime.timedelta(minutes=minutes)).astimezone(ZoneInfo(zone))
        with time_machine.travel(moment, tick=False):
            said[minutes] = dict(zip(PLACES, says_valid(issued), strict=True))

    assert said == {-10: dict.fromkeys(PLACES, True), 10: dict.fromkeys(PLACES, False)}


def says_valid(issued):
    """Return what each place says now of an award: does it hold?"""
    client, number, now = Client(), issued.award.number, datetime.datetime.now(LONDON)
    of_today = {"on": now.date().isoformat()}
    yield number in client.get(reverse("register")).content.decode()
    yield number in client.get(reverse("register"), of_today).content.decode()
    yield number in client.get(reverse("register_json")).getvalue().decode()
    yield client.get(reverse("verify_number_json", args=[number])).json()["answer"] == "valid"
    yield badge_of(issued.award)
    yield issued.holds(now, revoked_now())
    yield issued.is_printed(now, revoked_now())
    yield glance(for_glance(Award.objects.all()).get(), today()).holds
