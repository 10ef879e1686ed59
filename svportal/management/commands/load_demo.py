"""Loads the demonstration: real published practice, invented people, every state of an application.

Everything goes through the same services people use, so the demonstration is also a proof."""

import datetime
from pathlib import Path
from typing import Any

import yaml
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.core.files import File
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.models import Organisation, OrganisationType, Place, User
from accounts.permissions import is_trusted
from accounts.rules import name_key
from accounts.services import (
    add_organisation,
    answer_join_request,
    ask_to_join,
    change_organisation,
)
from awards.calendar import today
from awards.models import Application, Claim, Evidence
from awards.rules import ClaimStatus, Outcome
from awards.self_assessment.services import save_levels
from awards.services import applications, reviews
from awards.services.evidence import create_evidence
from awards.services.files import add_file
from awards.statements import STATEMENTS
from frameworks.models import Criterion
from frameworks.rules import Unit, read_figure
from frameworks.suggestions import suggested

DEMO = settings.BASE_DIR / "fixtures" / "demo"
EMPTY: dict[str, Any] = {
    "people_count": None,
    "started_on": None,
    "ended_on": None,
    "story": "",
    "figures": "",
    "links": "",
}


class Command(BaseCommand):
    """Load what is not there yet; print who can sign in."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--people", action="store_true", help="Only print who can sign in.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raise CommandError outside development: everybody knows these passwords."""
        if not settings.DEVELOPMENT:
            raise CommandError(
                "The demonstration is for DEVELOPMENT only: its passwords are public."
            )
        demo = yaml.safe_load((DEMO / "demo.yaml").read_text())
        if not options["people"]:
            people = {told["email"]: load_person(told, demo) for told in demo["people"]}
            for place in demo["places"]:
                Place.objects.update_or_create(code=place["code"], defaults=place)
            for told in demo["organisations"]:
                if not Organisation.objects.filter(name_key=name_key(told["name"])).exists():
                    load_story(told, people)
                    self.stdout.write(f"Loaded {told['name']}.")
        self.stdout.write(f"\nSign in with the password: {demo['password']}")
        for person in demo["people"]:
            self.stdout.write(f"  {person['email']:34} {person['shows']}")
        self.stdout.write("Reviewers and admins are asked for a code too:")
        self.stdout.write(f"  it is shown at {settings.SITE_URL}/dev/codes/")


@transaction.atomic
def load_person(told: dict[str, Any], demo: dict[str, Any]) -> User:
    """Return a demonstration person, made if missing, with a verified address and, where their role
    needs it, an authenticator app whose code `/dev/codes/` shows."""
    user = User.objects.filter(email=told["email"]).first()
    if user is None:
        user = User.objects.create_user(
            told["email"],
            demo["password"],
            full_name=told["name"],
            job_title=told["job"],
            is_reviewer=told.get("reviewer", False),
            is_partnership_admin=told.get("partnership_admin", False),
        )
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    if is_trusted(user) and not Authenticator.objects.filter(user=user).exists():
        TOTP.activate(user, demo["second_factor_secret"])
    return user


@transaction.atomic
def load_story(told: dict[str, Any], people: dict[str, User]) -> None:
    """Tell one organisation's story from its joining to where its application stands."""
    lead = people[told["lead"]]
    organisation = add_organisation(
        name=told["name"],
        type=OrganisationType.objects.get(code=told["type"]),
        places=Place.objects.filter(code__in=told["places"]),
        website=told["website"],
        by=lead,
    )
    change_organisation(organisation, by=lead, changes={"description": told["description"]})
    for email in told.get("contributors", []):
        asked = ask_to_join(organisation, by=people[email])
        answer_join_request(asked, accept=True, by=lead)
    evidence = {
        key: load_evidence(organisation, dict(words), lead)
        for key, words in told["evidence"].items()
    }
    application = applications.start_application(organisation, by=lead)
    claims = {
        code: load_claim(application, code, claim, [evidence[e] for e in claim["evidence"]], lead)
        for code, claim in told["claims"].items()
    }
    version = 1
    for said in told.get("self_assessment", []):
        version = load_levels(organisation, said, by=people[said["by"]], version=version)
    if any(claim.get("draft") for claim in told["claims"].values()):
        return
    applications.submit(application, by=lead, statements=STATEMENTS)
    reviewers = [people["reviewer.one@demo.example"], people["reviewer.two@demo.example"]]
    for number, (code, words) in enumerate(told["claims"].items()):
        review(claims[code], words, lead=lead, reviewer=reviewers[number % 2])


def load_evidence(organisation: Organisation, words: dict[str, Any], lead: User) -> Evidence:
    """Add one piece of evidence with its files."""
    files = words.pop("files", [])
    values = {**EMPTY, **words, "places": organisation.places.all()}
    evidence = create_evidence(organisation, by=lead, values=values)
    for name in files:
        with Path(DEMO / "files" / name).open("rb") as content:
            add_file(evidence, File(content, name=name), by=lead)
    return evidence


def load_claim(
    application: Application,
    code: str,
    words: dict[str, Any],
    evidence: list[Evidence],
    lead: User,
) -> Claim:
    """Claim one criterion with its evidence."""
    criterion = Criterion.objects.of(application.framework).get(code=code)
    claim = applications.add_claim(application, criterion=criterion, by=lead)
    return applications.save_claim(
        claim,
        by=lead,
        version=claim.version,
        explanation=words["explanation"],
        evidence=evidence,
        reported=load_reported(claim, words.get("reports", {})),
    )


def load_reported(claim: Claim, told: dict[str, str]) -> list[applications.Reported]:
    """Return what a claim reports of what is suggested for it: rows by address with their figures;
    without one it is only named."""
    places = claim.application.organisation.places.values_list("code", flat=True)
    offered = {
        r.address: r for r in suggested(claim.criterion.address, places=places, today=today())
    }
    return [
        (offered[address], read_figure(Unit(offered[address].unit), figure) if figure else None)
        for address, figure in told.items()
    ]


def load_levels(organisation: Organisation, said: dict[str, Any], *, by: User, version: int) -> int:
    """Let a member say how far the organisation is with some criteria, some days ago; return the
    version of the self-assessment that made."""
    assessment = save_levels(organisation, by=by, version=version, levels=said["levels"])
    then = today() - datetime.timedelta(days=said["days_ago"])
    assessment.days.filter(day=today()).update(day=then)
    return assessment.version


def review(claim: Claim, words: dict[str, Any], *, lead: User, reviewer: User) -> None:
    """Let a reviewer ask, the lead answer and the reviewer decide, as far as the story goes."""
    if "question" in words:
        decide(claim, reviewer, Outcome.MORE_INFORMATION, words["question"])
    if "answer" in words:
        claim = Claim.objects.get(pk=claim.pk)
        applications.save_claim(
            claim,
            by=lead,
            version=claim.version,
            explanation=claim.explanation,
            evidence=list(claim.evidence.all()),
            answer=words["answer"],
        )
        applications.answer(claim, by=lead)
    if "decision" in words:
        decide(claim, reviewer, Outcome(words["decision"]), words.get("feedback", ""))


def decide(claim: Claim, reviewer: User, outcome: Outcome, feedback: str) -> None:
    """Take the claim, declare no interest, decide."""
    claim = Claim.objects.get(pk=claim.pk)
    if claim.status != ClaimStatus.SUBMITTED:
        raise CommandError(f"{claim} cannot be decided.")
    reviews.declare_interest(claim.application.organisation, by=reviewer, has_interest=False)
    claim = reviews.take(claim, by=reviewer)
    reviews.decide(
        claim, by=reviewer, outcome=outcome, feedback=feedback, round_number=claim.rounds.count()
    )
