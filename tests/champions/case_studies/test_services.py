"""Case studies from the first word to their withdrawal."""

import datetime
from collections import Counter

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts.models import Message
from accounts.rules import NotAllowed
from champions.case_studies import pictures, services
from champions.case_studies.contents import changes, lay_out, picture_key
from champions.case_studies.models import CaseStudy, PersonShown, Picture, Publication, Revision
from champions.case_studies.rules import Stage, Standing, is_published, standing
from frameworks.rules import EditConflict
from tests import racing
from tests.champions.case_studies.factories import (
    ACTIONS,
    CaseStudyFactory,
    PublicationFactory,
    Story,
    person,
    values,
)
from tests.factories import (
    FrameworkFactory,
    LeadFactory,
    MembershipFactory,
    PartnershipAdminFactory,
    PlaceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
today = timezone.localdate


def mails(kind):
    return set(Message.objects.filter(kind=kind).values_list("recipient", flat=True))


def test_whole_way_tells_whoever_is_next():
    story = Story()

    story.ask().answer()
    publication = story.publish()
    services.withdraw(story.case, by=story.lead, reason="Moved on")

    assert mails("case_study_consent") == {story.lead.email}
    assert mails("case_study_to_edit") == {story.admin.email}
    assert mails("case_study_published") == {story.lead.email}
    assert mails("case_study_withdrawn") == {story.lead.email, story.admin.email}
    assert publication.title == story.case.title


def test_published_is_the_same_question_to_the_rules_and_to_the_database():
    now = timezone.now()
    done = {"consented_at": now, "released_at": now}
    for offset in (-1, 0, 1):
        made = CaseStudyFactory.build()
        user = UserFactory()
        CaseStudyFactory(
            stage=Stage.RELEASED,
            publish_on=today() + offset * DAY,
            consented_by=user,
            released_by=user,
            **done,
        )
        assert made.stage == Stage.DRAFT
    CaseStudyFactory()
    CaseStudyFactory(stage=Stage.WITHDRAWN, withdrawn_at=now, withdrawn_by=UserFactory())

    for day in (today() - DAY, today(), today() + DAY):
        by_rule = {
            case.pk
            for case in CaseStudy.objects.all()
            if is_published(Stage(case.stage), case.publish_on, day)
        }
        assert set(CaseStudy.objects.published(day).values_list("pk", flat=True)) == by_rule
        stands = Counter(
            standing(Stage(case.stage), case.publish_on, day) for case in CaseStudy.objects.all()
        )
        assert CaseStudy.objects.counted(day) == {state: stands[state] for state in Standing}
        assert {
            state: CaseStudy.objects.waiting(state, day).count() for state in Standing
        } == CaseStudy.objects.counted(day)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"summary": ""}, "Write a summary"),
        ({"themes": []}, "at least one theme"),
        ({ACTIONS: ""}, "Write the part"),
        ({"places": []}, "at least one place"),
    ],
)
def test_nobody_is_asked_while_something_is_missing(changed, words):
    story = Story()
    story.write(**changed)

    with pytest.raises(NotAllowed, match=words):
        story.ask()


def test_only_who_belongs_to_the_organisation_is_asked_or_answers():
    story = Story()
    stranger, member = UserFactory(), MembershipFactory(organisation=story.organisation).user

    with pytest.raises(NotAllowed, match="does not belong"):
        services.ask_for_consent(story.case, by=story.lead, approver=stranger)
    story.ask()
    with pytest.raises(NotAllowed, match="person who was asked"):
        services.answer_consent(story.case, by=member, agreed={}, seen={})


def test_what_is_not_agreed_to_is_left_out():
    story = Story()
    story.write(highlights=[("120", "people"), ("7", "dogs")])
    kept, refused = story.picture(), story.picture(colour="red")
    dogs = f"figure:{story.case.highlights.get(value='7').pk}"

    publication = story.ask().answer(no={picture_key(refused.pk), dogs}) and story.publish()

    assert [p["id"] for p in publication.content["pictures"]] == [str(kept.pk)]
    assert publication.content["highlights"] == [{"value": "120", "label": "people"}]


def test_without_the_text_there_is_nothing_to_publish():
    story = Story()

    story.ask().answer(no={"text"})

    assert story.case.stage == Stage.DRAFT
    assert mails("case_study_refused") == {story.lead.email}
    with pytest.raises(NotAllowed, match="has not agreed to its text"):
        story.publish()


def test_what_changed_while_the_approver_read_is_shown_again():
    story = Story().ask()
    items = lay_out(story.case).content.items
    services.take_back(story.case, by=story.lead)
    story.write(summary="Another one.")
    story.ask()

    with pytest.raises(NotAllowed, match="changed since you opened it"):
        services.answer_consent(
            story.case,
            by=story.lead,
            agreed={item.key: True for item in items},
            seen={item.key: item.digest for item in items},
        )


def test_organisation_that_changes_its_text_is_asked_again_and_admins_are_told_to_wait():
    story = Story().ask().answer()
    services.take_back(story.case, by=story.lead)
    story.write(summary="Another one.")

    assert lay_out(story.case).agreed == set()
    with pytest.raises(NotAllowed):
        story.publish()


def test_admin_corrects_after_consent_and_the_organisation_is_sent_what_changed():
    story = Story().write(title="Begun").ask().answer()
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=1)):
        story.write(by=story.admin, summary="What they did.")
        story.publish()

    told = Message.objects.get(kind="case_study_published")
    assert "[deleted: we] [added: they]" in told.text
    with pytest.raises(NotAllowed):
        story.write(summary="Ours again.")


def described(picture, *, by, **changed):
    values = {
        "alternative": picture.alternative, "caption": picture.caption,
        "section": picture.section, "shows_people": picture.shows_people,
    }  # fmt: skip
    return pictures.describe(picture, by=by, values=values | changed)


def test_admin_who_corrects_a_caption_tells_the_organisation_and_the_picture_stays():
    story = Story()
    shown = story.picture()
    story.ask().answer()
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=1)):
        described(shown, by=story.admin, caption="In May")
        publication = story.publish()

    told = Message.objects.get(kind="case_study_published")
    assert "Caption of a picture" in told.text
    assert "What a picture shows" not in told.text
    assert "[added: In May]" in told.text
    assert [p["caption"] for p in publication.content["pictures"]] == ["In May"]


def test_what_was_changed_and_left_out_is_not_told_as_published():
    story = Story()
    shown = story.picture(people=["A Person"])
    story.write(highlights=[("120", "people"), ("8", "gardens")]).ask()
    story.answer(no={f"person:{shown.people.get().pk}"})
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=1)):
        described(shown, by=story.admin, caption="In May")
        story.write(by=story.admin, highlights=[("140", "people"), ("8", "gardens")])
        story.publish()

    told = Message.objects.get(kind="case_study_published").text
    assert "[deleted: 120 people" in told
    assert "140" not in told
    assert "In May" not in told


def test_picture_described_before_its_words_were_asked_about_stays_agreed_to():
    story = Story()
    shown = story.picture()
    Picture.objects.filter(pk=shown.pk).update(words_digest="")
    story.ask().answer()

    services.take_back(story.case, by=story.lead)

    assert picture_key(shown.pk) in lay_out(story.case).agreed


def test_organisation_that_changes_a_caption_is_asked_about_the_picture_again():
    story = Story()
    shown = story.picture()
    story.ask().answer()
    services.take_back(story.case, by=story.lead)
    before = lay_out(story.case).agreed

    described(shown, by=story.lead, caption="In May")

    after = lay_out(story.case).agreed
    assert before - after == {picture_key(shown.pk)}


def test_revision_shows_what_changed_in_figures_themes_and_places():
    FrameworkFactory()
    story = Story().write(highlights=[("120", "people")], title="Begun")
    story.write(
        by=story.admin, highlights=[("140", "people")], themes=["economic"],
        places=[PlaceFactory(name="Halton")],
    )  # fmt: skip

    second, first = Revision.objects.order_by("-number")[:2]
    found = {part.title: part.parts for part in changes(first.content, second.content)}
    assert found["Figures that stand out"] == [("-", "120"), ("+", "140"), ("", "people")]
    assert found["Themes"] == [("-", "Social"), ("+", "Economic")]
    assert found["Places"][-1] == ("+", "Halton")
    old = {key: first.content[key] for key in ("title", "summary", "sections")}
    assert changes(old, second.content) == []


def test_nobody_is_published_without_their_consent_on_record():
    story = Story()
    shown = story.picture(shows=True)

    with pytest.raises(NotAllowed, match="Put on record who is to be seen"):
        story.ask()
    record = pictures.record_person(story.case, by=story.lead, picture=shown, values=person())
    PersonShown.objects.filter(pk=record.pk).update(consented_on=None)
    with pytest.raises(NotAllowed, match="has not agreed"):
        story.ask()


def test_consent_that_lapsed_since_it_was_asked_for_stops_publication():
    story = Story()
    shown = story.picture(people=["A Person"])
    story.ask().answer()
    PersonShown.objects.filter(picture=shown).update(consent_kept="")

    with pytest.raises(NotAllowed, match="has not agreed"):
        story.publish()


def test_person_in_a_picture_refused_takes_the_picture_out():
    story = Story()
    shown = story.picture(people=["A Person"])
    key = f"person:{shown.people.get().pk}"

    publication = story.ask().answer(no={key}) and story.publish()

    assert publication.content["pictures"] == []


def test_person_who_takes_their_consent_back_is_gone_at_once(client):
    story = Story()
    shown = story.picture(people=["A Person"])
    publication = story.ask().answer() and story.publish()
    address = reverse("case_study_picture", args=[publication.slug, shown.pk, 480])
    seen = [client.get(address).status_code]

    pictures.take_person_out(shown.people.get(), by=story.lead)

    seen.append(client.get(address).status_code)
    assert seen == [200, 404]
    assert client.get(publication.get_absolute_url()).status_code == 200


def test_person_named_in_the_text_takes_all_of_it_down():
    story = Story()
    named = pictures.record_person(story.case, by=story.lead, picture=None, values=person())
    story.ask().answer() and story.publish()

    pictures.take_person_out(named, by=story.lead)

    story.case.refresh_from_db()
    assert story.case.stage == Stage.WITHDRAWN


@pytest.mark.parametrize(("what", "stage"), [("text", Stage.WITHDRAWN), ("figure", Stage.RELEASED)])
def test_organisation_takes_consent_back_item_by_item(what, stage):
    story = Story()
    story.write(highlights=[("120", "people")])
    story.ask().answer() and story.publish()
    key = next(i.key for i in lay_out(story.case).content.items if i.key.startswith(what))

    services.withdraw_consent(story.case, by=story.lead, key=key)

    story.case.refresh_from_db()
    assert story.case.stage == stage
    assert (Publication.objects.get().content["highlights"] == []) == (what == "figure")


def test_published_on_a_day_is_public_from_that_day(client):
    story = Story().ask().answer()
    publication = story.publish(on=today() + 3 * DAY)
    answers = []

    for days in (0, 2, 3):
        with time_machine.travel(timezone.now() + days * DAY):
            answers.append(client.get(publication.get_absolute_url()).status_code)

    assert answers == [404, 404, 200]


@pytest.mark.parametrize("days", [-1, 400])
def test_day_must_be_ahead_and_within_a_year(days):
    story = Story().ask().answer()

    with pytest.raises(NotAllowed, match="published"):
        story.publish(on=today() + days * DAY)


def test_what_is_published_stays_until_it_is_published_again(client):
    story = Story().ask().answer()
    publication = story.publish()
    story.write(by=story.admin, title="Corrected")

    before = client.get(publication.get_absolute_url()).text
    story.publish()
    after = client.get(publication.get_absolute_url()).text

    assert ("Corrected" in before, "Corrected" in after) == (False, True)


def test_withdrawn_by_any_member_and_begun_again(client):
    story = Story().ask().answer()
    publication = story.publish()
    member = MembershipFactory(organisation=story.organisation).user

    services.withdraw(story.case, by=member)
    answer = client.get(publication.get_absolute_url()).status_code
    services.take_back(CaseStudy.objects.get(), by=member)

    assert answer == 410
    assert CaseStudy.objects.get().stage == Stage.DRAFT


def test_strangers_can_do_nothing():
    story, stranger = Story(), LeadFactory().user
    typed = values(story.case, title="x")
    refused = [
        lambda: services.start(story.organisation, by=stranger, title="Mine"),
        lambda: services.save(story.case, by=stranger, version=1, values=typed),
        lambda: services.ask_for_consent(story.case, by=stranger, approver=story.lead),
        lambda: services.publish(story.case, by=story.lead),
        lambda: services.withdraw(story.case, by=stranger),
        lambda: services.take_back(story.case, by=stranger),
        lambda: services.withdraw_consent(story.case, by=stranger, key="text"),
    ]

    for call in refused:
        with pytest.raises(NotAllowed):
            call()


def test_one_sitting_is_one_revision_and_another_person_begins_another():
    story = Story()
    other = MembershipFactory(organisation=story.organisation).user
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for title in ("A", "AB", "ABC"):
            story.write(title=title)
        story.write(by=other, title="ABCD")
        story.write(title="E")
        clock.shift(datetime.timedelta(minutes=31))
        story.write(title="F")

    found = Revision.objects.order_by("number")
    assert [r.content["title"] for r in found] == ["ABC", "ABCD", "E", "F"]


def test_second_editor_overwrites_nothing():
    story = Story()
    story.write(title="Theirs")

    with pytest.raises(EditConflict):
        services.save(story.case, by=story.lead, version=1, values=values(story.case, title="Mine"))

    story.case.refresh_from_db()
    assert story.case.title == "Theirs"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", range(5))
def test_consent_withdrawn_while_an_admin_publishes_leaves_it_unpublished(round_):
    story = Story().ask().answer()

    raised = racing.at_once(
        lambda: services.publish(story.case, by=story.admin),
        lambda: services.withdraw_consent(story.case, by=story.lead, key="text"),
    )

    assert raised[1] is None
    assert not CaseStudy.objects.published(today()).exists()


def test_merged_organisation_brings_its_case_studies():
    story, into = Story(), LeadFactory().organisation

    assert services.move(story.organisation, into, PartnershipAdminFactory()) == 1
    assert CaseStudy.objects.get().organisation == into


def test_publication_factory_is_public():
    made = PublicationFactory()

    assert list(Publication.objects.published(today())) == [made]
