"""Signs credentials, once each, and replaces one that has to be corrected."""

import hashlib
import uuid

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from accounts.models import User
from awards.calendar import today
from awards.credentials import contents, proofs
from awards.credentials.keys import signing_key
from awards.credentials.models import Credential
from awards.models import Award, Certificate
from awards.numbers import next_running
from awards.themes import themes_of

# Each credential has an entry in the status list of its own, given out once.
SEQUENCE = "credential-status"


def issue(award: Award) -> Credential:
    """Return an award's credential, signed and stored if there is none.

    However many ask at once, one is stored. Raises KeyMissing without a key to sign with."""
    stored = current(award)
    if stored is not None:
        return stored
    signing_key()  # said before anything is locked
    with transaction.atomic():
        Award.objects.select_for_update(of=("self",)).get(pk=award.pk)
        return current(award) or _sign(award)


def current(award: Award) -> Credential | None:
    """Return the credential of an award that has not been replaced."""
    return Credential.objects.filter(award=award, replaced_at=None).first()


def issue_missing() -> int:
    """Sign the credentials whose task was lost on its way to the worker; return how many."""
    signed = Credential.objects.filter(replaced_at=None)
    # One that follows another begins on a later day; its holder has the badge ready by then.
    goes_on = Award.objects.filter(Q(ended_on=None) | Q(ended_on__gt=today()))
    awards = goes_on.filter(ends_on__gte=today()).exclude(pk__in=signed.values("award_id"))
    return len([issue(award) for award in awards.select_related("framework", "organisation")])


@transaction.atomic
def reissue(award: Award, *, by: User, reason: str) -> Credential:
    """Sign a new credential in place of an award's present one, which holds no more.

    The certificate carries the credential, so a new one is made of it when it is next asked for.
    """
    Award.objects.select_for_update(of=("self",)).get(pk=award.pk)
    before = current(award)
    if before is not None:
        before.replaced_at, before.replaced_by = timezone.now(), by
        before.replaced_reason = reason
        before.save()
    Certificate.objects.filter(award=award).delete()
    after = _sign(award)
    audit.record(
        "credential.replaced",
        by=by,
        target=award,
        organisation=award.organisation,
        before={"credential": str(before.pk) if before else None},
        after={"credential": str(after.pk), "reason": reason},
    )
    return after


def _sign(award: Award) -> Credential:
    key, now, pk = signing_key(), timezone.now(), uuid.uuid4()
    index = next_running(SEQUENCE) - 1
    public = proofs.public_text(key)
    document = contents.credential(award, themes_of(award), pk=pk, status_index=index)
    text = contents.as_text(proofs.sign(document, contents.proof_options(public, now), key))
    return Credential.objects.create(
        id=pk,
        award=award,
        content=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        key=public,
        status_index=index,
        signed_at=now,
    )
