"""What announcements add to the scene of the security tests."""

from champions.announcements import services
from champions.announcements.emails import unsubscribe_url


def add_announcements(scene):
    """One was sent to everybody, another is a draft."""
    admin = scene.user["admin"]
    given = {"words": "Come.", "place": None, "type": None, "theme": ""}
    sent = services.write(by=admin, values={"subject": "A meeting", **given})
    services.send(sent, by=admin, version=1)
    draft = services.write(by=admin, values={"subject": "Another", **given})
    scene.announced, scene.drafted = sent.pk, draft.pk
    scene.no_announcements = unsubscribe_url(scene.user["lead"]).rstrip("/").rpartition("/")[2]
