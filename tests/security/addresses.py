"""Every address of the portal, who may open it, and what a form sent to it answers."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.urls import get_resolver, reverse
from django.utils import timezone

from tests.security.scene import PEOPLE

# Whose page is looked at, where several people may see one: whoever sees most on it.
SEES_MOST = ("lead", "holder", "contributor", "invited", "admin", "reviewer", "anonymous")

# Who gets what. `ok` is what the address itself answers, `in` the way to the sign-in.
# The organisation's own are contributor, lead and conflicted (a reviewer who belongs to it).
KINDS_TABLE = """
             anon closed stranger invited former contrib lead o_contr o_lead reviewer confl holder admin support
public       ok   ok     ok       ok      ok     ok      ok   ok      ok     ok       ok    ok     ok    ok
booked       in   in     302    302     302    302     ok   302     302    302      302   302    302   302
signed-in    in   in     ok       ok      ok     ok      ok   ok      ok     ok       ok    ok     ok    ok
network      in   in     403    403     ok     ok      ok   ok      ok     ok       ok    ok     ok    403
unbound      in   in     ok       ok      ok     302     302  302     302    ok       302   ok     ok    ok
readers      in   in     404      404     404    ok      ok   404     404    404      ok    404    ok    404
members      in   in     404      404     404    ok      ok   404     404    404      ok    404    403   404
evidence     in   in     404      404     404    ok      ok   404     404    404      ok    404    404   404
begun        in   in     404      404     404    404     ok   404     404    404      404   404    404   404
files        in   in     404      404     404    ok      ok   404     404    ok       ok    ok     ok    404
lead         in   in     404      404     404    403     ok   404     404    404      403   404    403   404
runs         in   in     404      404     404    403     ok   404     404    404      403   404    ok    404
leaving      in   in     404      404     404    ok      409  404     404    404      ok    404    403   404
offered      in   in     404      404     404    ok      404  404     404    404      404   404    404   404
invited      ok   ok     403      ok      403    403     403  403     403    403      403   403    403   403
reviewers    in   in     403      403     ok     403     403  403     403    ok       ok    ok     403   403
reviewed     in   in     403      403     404    403     403  403     403    ok       404   ok     403   403
holder       in   in     403      403     404    403     403  403     403    409      404   ok     403   403
network      in   in     403      403     ok     ok      ok   ok      ok     ok       ok    ok     ok    403
accepts      in   in     403      403     409    ok      409  409     409    409      409   409    409   403
answered     in   in     403      403     404    404     ok   404     404    404      404   404    404   403
asks         in   in     403      403     404    ok      404  404     404    404      404   404    404   403
others       in   in     403      403     ok     404     ok   ok      ok     ok       ok    ok     ok    403
answering    in   in     403      403     ok     ok      404  ok      ok     ok       ok    ok     ok    403
asked        in   in     404      404     404    ok      404  404     404    404      404   404    404   404
admins       in   in     403      403     403    403     403  403     403    403      403   403    ok    403
copied       in   in     404      404     404    ok      404  404     404    404      404   404    404   404
forgettable  in   in     ok       ok      ok     ok      409  ok      409    ok       ok    ok     409   ok
recorded     in   in     404      404     404    404     ok   404     404    404      404   404    ok    404
entrance     ok   ok     302      302     302    302     302  302     302    302      302   302    302   302
"""  # noqa: E501
KINDS: dict[str, dict[str, str]] = {}
for _line in KINDS_TABLE.strip().splitlines()[1:]:
    _kind, *_cells = _line.split()
    KINDS[_kind] = dict(zip(PEOPLE, _cells, strict=True))

# name | kind (or of GET > of POST) | arguments, from the scene or as they are | GET | POST
ADDRESSES_TABLE = """
home                         public                                             200 405
accessibility                public                                             200 405
privacy                      public                                             200 405
healthz                      public                                             200 405
readyz                       public                                             200 405
metrics                      public                                             404 405
robots                       public                                             200 405
sitemap                      public                                             200 405
security_txt                 public                                             200 405
guidance                     public                                             200 405
guidance_page                public       the-award                             200 405
frameworks                   public                                             200 405
framework                    public       cm-award                              200 405
framework_search             public                                             200 405
framework_unmapped           public                                             200 405
framework_schema             public                                             200 405
framework_json               public       cm-award                              200 405
framework_csv                public       cm-award                              200 405
framework_part               public       cm-award SO1                          200 405
blank_application_pdf        public       cm-award                              202 405
register                     public                                             200 405
register_csv                 public                                             200 405
register_json                public                                             200 405
organisation                 public       home_slug                             200 405
organisation_logo            public       with_logo                             200 405
verify                       public                                             200 422
verify_number                public       number                                200 405
verify_number_json           public       number                                200 405
did_json                     public                                             200 405
status_list                  public       0                                     200 405
credential                   public       credential                            200 405
badge                        public       number badge.svg                      200 405
certificate                  public       number                                200 405
kitemark                     public       number                                200 405
charter                      public                                             200 405
charter_version              public       scene                                 200 405
signatories                  public                                             200 405
signatories_csv              public                                             200 405
charter_sign                 signed-in                                          200 405
charter_organisation         readers      home_slug                             200 405
charter_sign_for             lead         home_slug                             200 302
charter_revoke               runs         home_slug                             200 302
charter_copy                 readers      signature                             202 405
practice                     public                                             200 405
announcements                network                                            200 405
announcement                 network      announced                             200 405
announcement_notices         network                                            200 302
announcements_unsubscribe    public       no_announcements                      200 200
manage_announcements         admins                                             200 405
manage_announcement_add      admins                                             200 302
manage_announcement          admins       drafted                               200 405
manage_announcement_edit     admins       drafted                               200 302
manage_announcement_html     admins       drafted                               200 405
manage_announcement_test     admins       drafted                               405 302
manage_announcement_send     admins       drafted                               405 302
manage_announcement_discard  admins       drafted                               405 302
partner_vcfse                public                                             200 405
commitment                   public       home_slug                             200 405
commitment_choose            signed-in                                          200 405
commitment_organisation      readers      home_slug                             200 405
commitment_make              lead         home_slug                             200 302
commitment_report            lead         home_slug 1                           200 302
commitment_revoke            runs         home_slug                             200 302
manage_commitments           admins                                             200 405
manage_commitments_csv       admins                                             200 405
champions                    public                                             200 405
champion                     public       listing                               200 405
champion_photo               public       listing                               200 405
champion_ask                 signed-in    listing                               200 302
listing_mine                 signed-in                                          200 405
listing_edit                 members      home_slug                             200 302
enquiries                    signed-in                                          200 405
enquiry                      asked        enquiry                               200 302
enquiry_report               asked        enquiry                               200 302
questions                    network                                            200 405
question_ask                 network                                            200 302
question                     network      asked_question                        200 302
question_edit                asks         asked_question                        200 302
answer_edit                  answered     asked_question answer                 200 302
answer_accept                accepts      asked_question answer                 405 302
question_report              others       asked_question                        200 302
answer_report                answering    asked_question answer                 200 302
question_notices             network                                            200 302
questions_unsubscribe        public       unsubscribe                           200 200
manage_questions             admins                                             200 405
manage_questions_csv         admins                                             200 405
manage_post_reports          admins                                             200 405
manage_post_report           admins       post_report                           200 302
manage_question_hide         admins       asked_question                        200 302
manage_question_restore      admins       hidden_question                       405 302
manage_answer_hide           admins       answer                                200 302
manage_answer_restore        admins       hidden_answer                         405 302
manage_champions             admins                                             200 405
manage_champions_csv         admins                                             200 405
manage_report                admins       report                                200 302
manage_ban_lift              admins       ban                                   405 302
manage_listing_hide          admins       listing                               200 302
manage_network               admins                                             200 405
events                       public                                             200 405
events_calendar              public                                             200 405
event                        public       event                                 200 405
event_calendar               public       event                                 200 405
events_booked                signed-in                                          200 405
event_book                   network      event                                 200 302
event_give_up                booked>signed-in  event                            200 302
manage_events                admins                                             200 405
manage_events_csv            admins                                             200 405
manage_bookings_csv          admins                                             200 405
manage_event_add             admins                                             200 302
manage_event                 admins       event                                 200 405
manage_event_edit            admins       event                                 200 302
manage_event_publish         admins       event                                 405 302
manage_event_cancel          admins       event                                 200 302
manage_event_attendance      admins       event_under_way                       405 302
manage_event_notes           admins       event                                 405 302
manage_event_csv             admins       event                                 200 405
training                     public                                             200 405
course                       public       unit                                  200 405
training_given               signed-in                                          200 405
course_pass_on               booked>signed-in  unit                             200 302
training_given_remove        recorded     training_given                        200 302
training_certificate         begun        completion                            202 405
resources                    public                                             200 405
resource                     public       resource                              200 405
resource_propose             network                                            200 302
resource_open                public       resource                              302 405
resource_version             recorded     resource 1                            302 405
resource_replace             recorded     resource                              200 302
resource_right               recorded     resource                              405 302
manage_resources             admins                                             200 405
manage_resource_add          admins                                             200 302
manage_resources_csv         admins                                             200 405
manage_resource_edit         admins       resource                              200 302
manage_resource_decide       admins       proposal                              200 302
manage_resource_withdraw     admins       resource                              405 302
manage_training              admins                                             200 405
manage_given_csv             admins                                             200 405
manage_trained_csv           admins                                             200 405
manage_charter               admins                                             200 405
manage_charter_csv           admins                                             200 405
manage_charter_import        admins                                             200 302
network                      public                                             200 405
network_for_you              signed-in                                          200 405
case_studies                 public                                             200 405
case_studies_feed            public                                             200 405
case_studies_json            public                                             200 405
case_study                   public       case_slug                             200 405
case_study_pdf               public       case_slug                             202 405
case_study_read              public       case_slug                             200 405
case_study_picture           public       case_slug public_picture 480          200 405
case_study_card              public       case_slug                             200 405
case_studies_own             signed-in                                          200 405
case_study_start             readers      home_slug                             200 302
case_study_work              readers      case_draft                            200 405
case_study_edit              readers      case_draft                            200 302
case_study_preview           readers      case_draft                            200 405
case_study_revisions         readers      case_draft                            200 405
case_study_ask               readers      case_draft                            200 302
case_study_consent           lead         case_asked                            200 302
case_study_consent_withdraw  readers      case_public                           405 302
case_study_take_back         readers      case_asked                            405 302
case_study_withdraw          readers      case_public                           200 302
case_study_picture_add       readers      case_draft                            200 302
case_study_picture_edit      readers      case_draft case_picture               200 302
case_study_picture_remove    readers      case_draft case_picture               405 302
case_study_picture_person    readers      case_draft case_picture               200 302
case_study_work_picture      readers      case_draft case_picture 480           200 405
case_study_person            readers      case_draft                            200 302
case_study_person_out        readers      case_draft case_person                405 302
manage_case_studies          admins                                             200 405
manage_case_studies_calendar admins                                             200 405
manage_case_studies_import   admins                                             200 422
case_study_publish           admins       case_edited                           200 302
dev_mail                     public                                             200 405
dev_codes                    public                                             200 405
dashboard                    signed-in                                          200 405
your_data                    signed-in                                          200 405
your_data_copy               signed-in                                          405 302
your_data_erase              signed-in>forgettable                               200 302
your_data_keep               signed-in                                          405 302
copy_of_data                 copied       copy                                  200 405
session_extend               signed-in                                          200 405
organisation_find            signed-in                                          200 405
organisation_add             signed-in                                          200 302
organisation_join            signed-in    winner                                200 302
invitation                   invited      token                                 200 302
handover_answer              offered      handover                              200 302
members                      readers      home_slug                             200 405
mark                         readers      home_slug                             200 405
member_leave                 members>leaving  home_slug                         200 302
member_remove                runs         home_slug contributor_membership      200 302
join_request_answer          runs         home_slug join_request                405 302
invite                       runs         home_slug                             405 302
invitation_cancel            runs         home_slug invitation                  405 302
organisation_edit            runs         home_slug                             200 302
handover_offer               lead         home_slug                             200 302
self_assessments             unbound                                            200 405
self_assessment              members      home_slug                             200 405
self_assessment_theme        members      home_slug economic                    200 302
self_assessment_pdf          members      home_slug                             202 405
self_assessment_apply        members      home_slug                             405 302
apply                        members      home_slug                             302 302
application                  readers      application                           200 405
application_theme            readers      application social                    200 405
application_submitted        readers      application                           200 405
application_pdf              readers      application                           202 405
application_check            members>lead application                           200 302
application_withdraw         lead         application                           200 302
claim_add                    members      application EN2                       405 302
claim                        readers      question                              200 405
claim_edit                   members      draft                                 200 302
claim_answer                 members      question                              200 302
claim_remove                 members      draft                                 200 302
claim_withdraw               lead         waiting                               200 302
claim_appeal                 lead         refused                               200 302
award                        readers      held_award                            200 405
check_in                     lead         held_award                            200 302
change                       lead         held_award                            200 302
give_up                      lead         held_award                            200 302
renew                        members      held_award                            200 302
renewal                      members      application                           200 302
withdrawal_reply             lead         held_award                            200 302
withdrawal_appeal            lead         withdrawn_award                       200 302
organisation_history         readers      home_slug                             200 405
evidence_list                members      home_slug                             200 405
evidence_add                 members      home_slug                             200 302
evidence                     evidence     evidence                              200 405
evidence_edit                evidence     evidence                              200 302
evidence_archive             evidence     spare                                 200 302
evidence_files               evidence     evidence                              200 302
evidence_uploads             evidence     evidence                              405 412
upload                       begun        upload                                200 412
upload_finish                begun        upload                                405 409
file                         files        file                                  200 405
file_pages                   files        file                                  200 405
file_preview                 files        file 1                                200 405
file_remove                  evidence     extra_file                            200 302
file_restore                 evidence     removed_file                          405 302
review_queue                 reviewers                                          200 405
review_mine                  reviewers                                          200 405
review                       reviewed     held                                  200 405
review_take                  reviewed     waiting                               405 302
review_release               holder       held                                  405 302
review_decide                reviewed>holder  held                              200 302
review_decided               reviewed     held                                  302 405
review_note                  reviewed     held                                  405 302
review_interest              reviewed     waiting                               200 302
manage                       admins                                             200 405
manage_health                admins                                             200 405
manage_applications          admins                                             200 405
manage_applications_csv      admins                                             200 405
manage_application           admins       application                           200 405
manage_frameworks            admins                                             200 405
manage_framework_upload      admins                                             200 302
manage_framework             admins       marsh-award unpublished 200 405
manage_framework_head        admins       marsh-award unpublished 200 302
manage_framework_version     admins       marsh-award unpublished 200 302
manage_framework_pack        admins       marsh-award unpublished 200 405
manage_framework_differences admins       marsh-award unpublished 200 405
manage_framework_publish     admins       marsh-award unpublished 405 302
manage_framework_retire      admins       cm-award framework_version            405 302
manage_framework_discard     admins       marsh-award unpublished 405 302
manage_framework_add         admins       marsh-award unpublished themes              200 302
manage_framework_entry       admins       marsh-award unpublished criteria P1         200 302
manage_reviews               admins                                             200 405
manage_assign                admins       waiting                               200 302
manage_awards                admins                                             200 405
import_awards                admins                                             200 422
import_organisations         admins                                             200 422
manage_organisation_split    admins       home_slug                             200 302
manage_award                 admins       number                                200 302
manage_organisations         admins                                             200 405
manage_organisation          admins       home_slug                             200 405
manage_organisation_edit     admins       home_slug                             200 302
manage_organisation_merge    admins       other_slug                            200 302
manage_organisation_deactivate  admins    home_slug                             200 302
manage_organisation_reactivate  admins    closed_organisation                   405 302
manage_organisation_lead     admins       home_slug                             200 302
manage_people                admins                                             200 405
manage_person                admins       person                                200 302
manage_person_deactivate     admins       person                                200 302
manage_person_look           admins       person                                405 302
look_end                     signed-in                                          405 302
manage_person_second_factor  admins       reviewer_person                       200 302
manage_person_reactivate     admins       closed_person                         405 302
manage_person_copy           admins       person                                405 302
manage_person_erase          admins       person                                200 302
manage_audit                 admins                                             200 405
manage_audit_csv             admins                                             200 405
address_again                signed-in                                          405 302
manage_address_again         admins       bounced                               405 302
manage_messages              admins                                             200 405
manage_message_again         admins       message                               405 302
"""

# django-allauth's own: sign-in and one's account. Name | GET for nobody | GET for who is signed
# in | where it differs, for who has a second step as well
ACCOUNT_TABLE = """
account_login                         200 302
account_signup                        200 302
account_request_login_code            200 302
account_confirm_login_code            in  302
account_reset_password                200 200
account_reset_password_done           200 200
account_reset_password_from_key       200 200
account_reset_password_from_key_done  200 200
account_inactive                      200 200
account_email_verification_sent       in  302
account_logout                        302 200
account_reauthenticate                in  200
account_email                         in  200
account_change_password               in  200 302
account_set_password                  in  302
usersessions_list                     in  200
sign_on                               404 404
sign_on_callback                      404 404
mfa_index                             in  200
mfa_authenticate                      in  302
mfa_reauthenticate                    in  302 200
mfa_activate_totp                     in  302
mfa_deactivate_totp                   in  404 302
mfa_view_recovery_codes               in  404 302
mfa_generate_recovery_codes           in  302
mfa_download_recovery_codes           in  404 302
mfa_list_webauthn                     in  200
mfa_add_webauthn                      in  302
mfa_reauthenticate_webauthn           in  302
mfa_remove_webauthn                   in  302
mfa_edit_webauthn                     in  302
"""
ACCOUNT = {
    name: (cells[0], cells[1], cells[-1])
    for name, *cells in map(str.split, ACCOUNT_TABLE.strip().splitlines())
}
# What allauth's addresses are asked with that need something.
ACCOUNT_ARGS = {
    "account_reset_password_from_key": {"uidb36": "1", "key": "no-such-key"},
    "mfa_edit_webauthn": {"pk": 999},
    "mfa_remove_webauthn": {"pk": 999},
}


@dataclass(frozen=True)
class Address:
    """One row of the table."""

    name: str
    get_kind: str
    post_kind: str
    args: tuple[str, ...]
    get: int
    post: int

    def url(self, scene: SimpleNamespace) -> str:
        """Return the address in the scene."""
        return reverse(self.name, args=[getattr(scene, arg, arg) for arg in self.args])

    def expected(self, method: str, person: str) -> str:
        """Return what a person gets: a status, or `in`."""
        status = self.post if method == "POST" else self.get
        kind = KINDS[self.post_kind if method == "POST" else self.get_kind]
        if status == 405:
            # The method is refused first of all; only the sign-in comes before it.
            return "in" if kind[person] == "in" else "405"
        return str(status) if kind[person] == "ok" else kind[person]


def _read(line: str) -> Address:
    name, kind, *args, get, post = line.split()
    get_kind, _, post_kind = kind.partition(">")
    return Address(name, get_kind, post_kind or get_kind, tuple(args), int(get), int(post))


ADDRESSES = [_read(line) for line in ADDRESSES_TABLE.strip().splitlines()]


CASE_TEXT = {
    "themes": ["social"],
    "highlights": "120 people",
    "actions": "<p>We <strong>acted</strong>.</p>",
    "measurement": "We counted.",
    "contact": "The team.",
}


def typed(scene: SimpleNamespace) -> dict[str, dict[str, Any]]:
    """Return for each address that takes a form what somebody would fill in."""
    organisation = {
        "description": "What we do",
        "website": "https://home.example",
        "places": [place.pk for place in scene.home.places.all()],
    }
    person = {"name": "A Person", "consented_on": "2026-01-31", "consent_kept": "A form."}
    event = {
        "kind": "workshop",
        "title": "Measuring",
        "description": "How to.",
        "starts_on": "2031-05-01",
        "start": "10:00",
        "end": "12:00",
        "place": "",
        "ends_on": "",
        "version": 1,
    }
    announcement = {"subject": "A meeting", "words": "Come.", "theme": "", "version": 1}
    resource = {
        "title": "A guide",
        "description": "How to.",
        "kind": "guide",
        "audience": "everyone",
        "review_on": "2031-05-01",
    }
    claim = {"version": 1, "explanation": "It does.", "evidence": [str(scene.evidence)]}
    return {
        "organisation_add": {
            "name": "Quite another name",
            "type": scene.home.type_id,
            "places": organisation["places"],
        },
        "organisation_join": {"words": "Please."},
        "handover_answer": {"answer": "accept"},
        "member_remove": {"reason": "Left."},
        "join_request_answer": {"answer": "accept"},
        "invite": {"email": "new@example.org"},
        "organisation_edit": organisation,
        "handover_offer": {"withdraw": "1"},
        "application_check": {f"statement_{n}": "on" for n in (1, 2, 3, 4)},
        "claim_edit": claim,
        "claim_answer": {**claim, "answer": "Twelve."},
        "claim_appeal": {"reason": "Look again."},
        "evidence_add": {"title": "New"},
        "self_assessment_theme": {"version": 1, "level_EC1": "some"},
        "evidence_edit": {"version": 1, "title": "Newer", "what_changed": "Much."},
        "review_decide": {"outcome": "accepted", "feedback": "", "round": 1, "step": "send"},
        "review_note": {"note": "See the figures."},
        "review_interest": {"has_interest": "no"},
        "check_in": {"about": "nothing"},
        "change": {"about": "moved", "words": "To another town."},
        "give_up": {"words": "We close."},
        "renewal": {"words": "Much."},
        "withdrawal_reply": {"words": "It is true."},
        "withdrawal_appeal": {"words": "It was true."},
        "manage_organisation_split": {"name": "Half", "members": [], "awards": ""},
        "manage_award": {"words": "It is not true.", "step": "propose"},
        "manage_assign": {"reviewer": scene.user["holder"].pk},
        "manage_organisation_edit": {
            **organisation,
            "name": "Home again",
            "type": scene.home.type_id,
        },
        "charter_sign_for": {
            "name": "Lead",
            "designation": "Chief",
            "promises": "on",
            "version": "scene",
        },
        "charter_revoke": {"reason": "Left."},
        "announcement_notices": {"wanted": "no"},
        "manage_announcement_add": announcement,
        "manage_announcement_edit": announcement,
        "manage_announcement_send": {"version": 1},
        "commitment_make": {
            "opportunities": "Catering.",
            "baseline_ends_on": scene.baseline_ended,
            "baseline_NT14": "100",
            **{f"target_NT14_{n}": str(100 + n) for n in (1, 2, 3)},
            "actions": ["policy"],
            "promises": "on",
        },
        "commitment_report": {"words": "Much.", "reached_NT14": "5"},
        "commitment_revoke": {"reason": "Closed."},
        "champion_ask": {"subject": "Work", "words": "How?"},
        "listing_edit": {"visibility": "public", "themes": ["social"], "words": "Ask me."},
        "question_ask": {"title": "Why?", "topic": "social"},
        "question": {"words": "So."},
        "question_edit": {"title": "Why then?", "topic": "social"},
        "answer_edit": {"words": "So then."},
        "question_notices": {"frequency": "daily"},
        "question_report": {"words": "It is rude."},
        "answer_report": {"words": "It is rude."},
        "manage_post_report": {"upheld": "yes", "reason": "It is rude."},
        "manage_question_hide": {"reason": "Advertising."},
        "manage_answer_hide": {"reason": "Advertising."},
        "enquiry": {"words": "And then?"},
        "resource_replace": {"link": "https://guide.example/2"},
        "resource_propose": {**resource, "link": "https://guide.example/3"},
        "manage_resource_decide": {"outcome": "decline", "answer": "We have it already."},
        "manage_resource_add": {**resource, "link": "https://guide.example/"},
        "manage_resource_edit": {**resource, "version": 1},
        "course_pass_on": {
            "given_on": str(timezone.localdate()),
            "people_count": "12",
            "to_whom": "Buyers",
        },
        "enquiry_report": {"words": "Advertising."},
        "manage_report": {"upheld": "yes", "reason": "Advertising."},
        "manage_listing_hide": {"reason": "No champion."},
        "manage_charter_import": {
            "load": "1",
            "text": "organisation,signed_on\nWinner,2024-03-27\n",
        },
        "manage_framework_upload": {"kept": "forgotten"},
        "manage_framework_head": {"title": "T", "source": "S", "began_from": scene.draft_digest},
        "manage_framework_version": {"version": "next"},
        "manage_framework_publish": {"on": scene.tomorrow},
        "manage_framework_retire": {"on": scene.tomorrow},
        "manage_framework_add": {
            "code": "air",
            "title": "Air",
            "summary": "Air",
            "source": "A letter",
            "began_from": scene.draft_digest,
        },
        "manage_framework_entry": {
            "code": "P1",
            "title": "Another",
            "meaning": "M",
            "good_evidence": "G",
            "source": "A letter",
            "began_from": scene.draft_digest,
        },
        "case_study_start": {"title": "Ours"},
        "case_study_edit": {"version": 1, "title": "Ours", "summary": "What we did.", **CASE_TEXT},
        "case_study_ask": {"approver": scene.user["lead"].pk},
        "case_study_consent": {
            **{f"agree-{key}": "yes" for key in scene.case_seen},
            **{f"seen-{key}": digest for key, digest in scene.case_seen.items()},
        },
        "case_study_consent_withdraw": {"item": "text"},
        "case_study_withdraw": {"reason": "It is old."},
        "case_study_picture_edit": {
            "alternative": "A garden",
            "caption": "Ours",
            "section": "",
            "shows_people": "yes",
        },
        "case_study_picture_person": person,
        "case_study_person": person,
        "case_study_publish": {"on": ""},
        "manage_event_add": event,
        "manage_event_edit": event,
        "manage_event_cancel": {"reason": "Too few."},
        "manage_event_notes": {"notes": "We met.", "version": 1},
        "manage_organisation_merge": {"into": scene.winner},
        "manage_organisation_deactivate": {"reason": "Closed."},
        "manage_organisation_lead": {"member": scene.contributor_membership, "reason": "Left."},
        "manage_person": {"reviewer": "on"},
        "manage_person_deactivate": {"reason": "Left."},
        "manage_person_second_factor": {"reason": "Lost."},
        "manage_person_erase": {"reason": "Asked by letter."},
    }


def patterns(among: Any = None, before: str = "") -> list[tuple[str, str | None]]:
    """Return every route of the resolver with its name."""
    found = []
    for pattern in get_resolver().url_patterns if among is None else among:
        route = before + (str(pattern.pattern) if before else str(pattern.pattern).lstrip("^"))
        if hasattr(pattern, "url_patterns"):
            found += patterns(pattern.url_patterns, route)
        else:
            found.append((route, pattern.name))
    return found
