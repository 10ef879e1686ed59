"""Loads the demonstration of the network, through the services that people use."""

import datetime
from decimal import Decimal
from typing import Any

import yaml
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import Membership, User
from awards.calendar import today
from awards.lifetime import months_before
from awards.rules import LONDON
from champions.announcements import services as announcements
from champions.announcements.models import Announcement
from champions.case_studies import demo_pictures, drawing, pictures, rich
from champions.case_studies import services as case_studies
from champions.case_studies.choosing import accepted_claims
from champions.case_studies.contents import lay_out
from champions.case_studies.models import CaseStudy, Publication
from champions.charter import importing
from champions.charter import services as charter
from champions.charter.models import CharterVersion, Signature
from champions.commitments import services as commitments
from champions.commitments.models import Commitment
from champions.commitments.sectors import measures_of, sectors
from champions.directory import services as directory
from champions.directory.models import Listing
from champions.events import services as events
from champions.events.models import Booking, Event
from champions.questions import services as questions
from champions.questions.models import Question
from champions.resources import services as resources
from champions.resources.models import Resource
from champions.training import services as training
from champions.training.models import Course, TrainingGiven

DEMO = settings.BASE_DIR / "fixtures" / "demo" / "network.yaml"


class Command(BaseCommand):
    """Load what is not there yet; run it after load_demo, load_charter and load_network."""

    help = __doc__

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Raise CommandError outside development, where nobody signs what they did not."""
        if not settings.DEVELOPMENT:
            raise CommandError("The demonstration is for DEVELOPMENT only.")
        demo = yaml.safe_load(DEMO.read_text())
        people = {user.email: user for user in User.objects.filter(email__endswith="@demo.example")}
        if not Signature.objects.exists():
            load_signatures(demo, people)
        if not Commitment.objects.exists():
            load_commitments(demo, people)
        if not Listing.objects.exists():
            load_champions(demo, people)
        if not Question.objects.exists():
            load_questions(demo, people)
        if not Event.objects.exists():
            load_events(demo, people)
        if not Announcement.objects.exists():
            load_announcements(demo, people)
        if not TrainingGiven.objects.exists():
            load_training(demo, people)
        if not Resource.objects.filter(code="").exists():
            load_resources(demo, people)
        if not CaseStudy.objects.exists():
            load_case_studies(demo, people)


def load_signatures(demo: dict[str, Any], people: dict[str, User]) -> None:
    """Bring in who signed on paper, and let some lead champions sign."""
    admin = next(user for user in people.values() if user.is_partnership_admin)
    done = importing.load(demo["signed_on_paper"], by=admin)
    if done.problems:
        raise CommandError(f"The signatories of the demonstration: {done.problems}")
    version = CharterVersion.objects.in_force(today())
    if version is None:
        raise CommandError("There is no Charter: run load_charter first.")
    for email in demo["signs"]:
        user = people[email]
        charter.sign(
            membership_of(user).organisation,
            by=user,
            charter=version,
            name=user.full_name,
            designation=user.job_title,
        )


def load_commitments(demo: dict[str, Any], people: dict[str, User]) -> None:
    """Commit some organisations to Partner VCFSE, and report on years that are over."""
    for told in demo["commitments"]:
        by, sector = people[told["by"]], sectors()[told["sector"]]
        organisation = membership_of(by).organisation
        figures = {}
        for row in measures_of(sector):
            if row.code in told["figures"]:
                baseline, *targets = map(Decimal, told["figures"][row.code])
                figures[row] = (baseline, targets)
        commitment = commitments.commit(
            organisation,
            by=by,
            sector=sector,
            baseline_ends_on=months_before(today(), told["ended"]),
            opportunities=told["opportunities"],
            actions=told["actions"],
            figures=figures,
        )
        for year, given in zip(commitment.years.all(), told["reports"], strict=False):
            reached = {m: Decimal(given["reached"][m.row.code]) for m in commitment.measures.all()}
            commitments.report(year, by=by, words=given["words"], reached=reached)


def load_champions(demo: dict[str, Any], people: dict[str, User]) -> None:
    """Put champions into the directory and let some ask others."""
    listings = {}
    for told in demo["champions"]:
        user = people[told["person"]]
        listings[user.email] = directory.save_listing(
            membership_of(user).organisation,
            by=user,
            visibility=told["visibility"],
            words=told["words"],
            helps=[(h["theme"], h.get("criterion", "")) for h in told["helps"]],
        )
    for told in demo["asked"]:
        enquiry = directory.ask(
            listings[told["to"]],
            by=people[told["by"]],
            subject=told["subject"],
            words=told["words"],
        )
        if "answer" in told:
            directory.write(enquiry, by=people[told["to"]], words=told["answer"])


def load_questions(demo: dict[str, Any], people: dict[str, User]) -> None:
    """Ask questions, answer them, and accept what helped."""
    for told in demo["questions"]:
        by = people[told["by"]]
        question = questions.ask(
            by=by, title=told["title"], words=told["words"], topic=told["topic"]
        )
        for given in told["answers"]:
            answer = questions.answer(question, by=people[given["by"]], words=given["words"])
            if given.get("accepted"):
                questions.accept(answer, by=by)
            if reported := given.get("reported"):
                questions.report(answer, by=people[reported["by"]], words=reported["words"])


def membership_of(user: User) -> Membership:
    """Return a demonstration person's only membership."""
    return Membership.objects.current().select_related("organisation").get(user=user)


def load_events(demo: dict[str, Any], people: dict[str, User]) -> None:
    """Plan events some days from now; those that are booked are published first."""
    admin = next(user for user in people.values() if user.is_partnership_admin)
    midnight = timezone.now().astimezone(LONDON).replace(hour=0, minute=0, second=0, microsecond=0)
    for told in demo["events"]:
        starts = (midnight + datetime.timedelta(days=told["in_days"])).replace(hour=told["at"])
        values = {
            "course": None, "place": None, "venue": "", "online_link": "", "seats": None,
            **told["event"], "starts_at": starts, "ends_at": starts + datetime.timedelta(hours=2),
        }  # fmt: skip
        if "unit" in told:
            values["course"] = Course.objects.get(code=told["unit"])
        event = events.plan(by=admin, values=values)
        if told["in_days"] < 0:
            load_attendance(event, [people[email] for email in told["came"]], by=admin)
        elif "booked_by" in told:
            events.publish(event, by=admin)
            for email in told["booked_by"]:
                events.book(event, by=people[email])


def load_announcements(demo: dict[str, Any], people: dict[str, User]) -> None:
    """Announce something to the whole network, and leave something else a draft."""
    admin = next(user for user in people.values() if user.is_partnership_admin)
    for told in demo["announcements"]:
        values = {
            "subject": told["subject"], "words": told["words"],
            "place": None, "type": None, "theme": "",
        }  # fmt: skip
        made = announcements.write(by=admin, values=values)
        if told.get("sent"):
            announcements.send(made, by=admin, version=made.version)


def load_attendance(event: Event, came: list[User], *, by: User) -> None:
    """Record who came to an event that is over, which nobody can publish or book any more."""
    Event.objects.filter(pk=event.pk).update(published_at=event.created_at, published_by=by)
    listed = [
        str(
            Booking.objects.create(
                event=event, person=person, has_place=True, made_at=event.created_at, made_by=person
            ).pk
        )
        for person in came
    ]
    events.record_attendance(event, by=by, listed=listed, came=listed)


def load_training(demo: dict[str, Any], people: dict[str, User]) -> None:
    """Pass units on that were completed."""
    for told in demo["passed_on"]:
        by = people[told["by"]]
        training.record_given(
            Course.objects.get(code=told["unit"]),
            by=by,
            organisation=membership_of(by).organisation,
            given_on=today() - datetime.timedelta(days=told["days_ago"]),
            people_count=told["people"],
            to_whom=told["to_whom"],
        )


def load_resources(demo: dict[str, Any], people: dict[str, User]) -> None:
    """Add resources of the network's own, some of them due."""
    admin = next(user for user in people.values() if user.is_partnership_admin)
    for told in demo["resources"]:
        if proposer := told.get("proposed_by"):
            said = {"theme": "", **told["resource"]}
            resources.propose(by=people[proposer], values=said, link=told["links"][0])
            continue
        unit = told.get("unit")
        values = {
            "theme": "", "for_network": False, **told["resource"],
            "owner": people[told["owner"]], "review_on": today(),
            "course": Course.objects.get(code=unit) if unit else None,
        }  # fmt: skip
        values["review_on"] += datetime.timedelta(days=told["review_in_days"])
        resource = resources.add(by=admin, values=values, link=told["links"][0])
        for link in told["links"][1:]:
            resources.replace(resource, by=admin, link=link, note="For this year")


def load_case_studies(demo: dict[str, Any], people: dict[str, User]) -> None:
    """Write case studies with their pictures, agree to most of them and publish those."""
    admin = next(user for user in people.values() if user.is_partnership_admin)
    for told in demo["case_studies"]:
        by = people[told["by"]]
        case_study = write_case_study(told, by=by)
        for shown in told["pictures"]:
            file = ContentFile(demo_pictures.draw(shown["scene"]), name=f"{shown['scene']}.jpg")
            picture = pictures.add_picture(case_study, file, by=by)
            words = {"alternative": shown["alternative"], "caption": shown["caption"]}
            values = {**words, "section": "", "shows_people": False}
            drawing.draw(pictures.describe(picture, by=by, values=values))
        case_studies.ask_for_consent(case_study, by=by, approver=by)
        ago, ahead = told.get("published_days_ago"), told.get("published_in_days", 0)
        if not (ago or ahead):
            continue
        seen = {item.key: item.digest for item in lay_out(case_study).content.items}
        agreed = dict.fromkeys(seen, True)
        case_studies.answer_consent(case_study, by=by, agreed=agreed, seen=seen)
        on = today() + datetime.timedelta(days=ahead)
        publication = case_studies.publish(case_study, by=admin, on=on)
        if ago:  # nobody can publish for a day that is past
            then = today() - datetime.timedelta(days=ago)
            CaseStudy.objects.filter(pk=case_study.pk).update(publish_on=then)
            Publication.objects.filter(pk=publication.pk).update(first_published_on=then)


def write_case_study(told: dict[str, Any], *, by: User) -> CaseStudy:
    """Begin a case study from accepted claims, and write it."""
    organisation = membership_of(by).organisation
    claims = accepted_claims(organisation).filter(criterion__code__in=told["claims"])
    case_study = case_studies.start(organisation, by=by, title=told["title"], claims=claims)
    values = {
        **case_studies.values_of(case_study),
        "summary": told["summary"],
        "themes": told["themes"],
        "highlights": [(value, label) for value, label in told["highlights"]],
        **{kind: rich.clean(text) for kind, text in told["parts"].items()},
    }
    return case_studies.save(case_study, by=by, version=case_study.version, values=values)
