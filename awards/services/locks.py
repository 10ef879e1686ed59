"""Rows that are about to be changed, locked in one order: the application, then its award, then
the claim, then evidence."""

from awards.models import Application, Award, Claim, Evidence


def lock_application(application: Application) -> Application:
    """Return the application as it is now, locked until the transaction ends.

    Locked first and joined afterwards: PostgreSQL would find nothing if the organisation changed
    hands (a merge) while a join waited for the lock."""
    Application.objects.select_for_update().only("pk").get(pk=application.pk)
    return Application.objects.select_related("organisation", "framework", "renews").get(
        pk=application.pk
    )


def lock_award(award: Award) -> Award:
    """Return the award as it is now, locked with its application until the transaction ends."""
    application = None
    if award.application_id:
        application = lock_application(Application(pk=award.application_id))
    Award.objects.select_for_update().only("pk").get(pk=award.pk)
    locked = Award.objects.select_related("organisation", "framework").get(pk=award.pk)
    locked.application = application
    return locked


def lock_claim(claim: Claim) -> Claim:
    """Return the claim as it is now, locked with its application until the transaction ends.

    The application comes first: two decisions on one application wait for each other, so that
    exactly one of them sees the last theme completed."""
    application = lock_application(Application(pk=claim.application_id))
    locked = (
        Claim.objects.select_for_update(of=("self",))
        .select_related("criterion__theme")
        .get(pk=claim.pk)
    )
    locked.application = application
    return locked


def lock_evidence(evidence: Evidence) -> Evidence:
    """Return the evidence as it is now, locked with its organisation's applications.

    What an application is submitted with is so never half of one version and half of the next,
    and no claim can begin to use evidence that is being removed."""
    applications = Application.objects.filter(organisation=evidence.organisation_id)
    list(applications.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    return (
        Evidence.objects.select_for_update(of=("self",))
        .select_related("organisation")
        .get(pk=evidence.pk)
    )
