"""The roles people have, in prose and as a list.

- A **contributor** belongs to an organisation: adds evidence and prepares its application.
- A **lead champion** is the one contributor who answers for the organisation: invites and removes
  members, checks and submits the application, answers questions, appeals, withdraws, hands over.
- A **reviewer** is a champion the partnership trusts to decide claims: never those of an
  organisation they belong to or belonged to in the last twelve months.
- A **partnership admin** runs the scheme: organisations, people and roles, assignment of reviews,
  reports. An admin does not decide claims unless also a reviewer.

One person may be a contributor of one organisation and a reviewer of the claims of others.
"""

from django.db import models


class MemberRole(models.TextChoices):
    """A person's role in an organisation."""

    CONTRIBUTOR = "contributor", "Contributor"
    LEAD = "lead", "Lead champion"
