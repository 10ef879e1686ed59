"""What case studies add to the scene of the security tests: one at each stage."""

from champions.case_studies import pictures, services
from champions.case_studies.contents import lay_out
from tests.champions.case_studies.factories import CaseStudyFactory, drawn, jpeg, person


def add_case_studies(scene):
    """The home organisation has a draft, one that waits for its lead, one to edit, one public."""
    lead, admin = scene.user["lead"], scene.user["admin"]
    made = {}
    for name in ("draft", "asked", "edited", "public"):
        case = CaseStudyFactory(organisation=scene.home, created_by=lead, title=f"Our {name} one")
        picture = pictures.add_picture(case, jpeg(size=(600, 400)), by=lead)
        drawn(picture)
        given = {"alternative": "A garden", "caption": "Ours", "section": "", "shows_people": True}
        pictures.describe(picture, by=lead, values=given)
        shown = pictures.record_person(case, by=lead, picture=picture, values=person())
        made[name] = (case, picture, shown)
        if name == "draft":
            continue
        services.ask_for_consent(case, by=lead, approver=lead)
        items = lay_out(case).content.items
        seen = {item.key: item.digest for item in items}
        if name == "asked":
            scene.case_seen = seen
            continue
        services.answer_consent(case, by=lead, agreed=dict.fromkeys(seen, True), seen=seen)
        if name == "public":
            scene.case_slug = services.publish(case, by=admin).slug
    scene.case_draft, scene.case_asked, scene.case_edited, scene.case_public = (
        made[name][0].pk for name in ("draft", "asked", "edited", "public")
    )
    scene.case_picture, scene.case_person = made["draft"][1].pk, made["draft"][2].pk
    scene.public_picture = made["public"][1].pk
