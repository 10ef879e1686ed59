"""Every address of the portal, who may open it, and what a form sent to it answers."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.urls import get_resolver, reverse

from tests.security.scene import PEOPLE

# Who gets what. `ok` is what the address itself answers, `in` the way to the sign-in.
# The organisation's own are contributor, lead and conflicted (a reviewer who belongs to it).
KINDS_TABLE = """
             anon closed stranger invited former contrib lead o_contr o_lead reviewer confl holder admin support
public       ok   ok     ok       ok      ok     ok      ok   ok      ok     ok       ok    ok     ok    ok
signed-in    in   in     ok       ok      ok     ok      ok   ok      ok     ok       ok    ok     ok    ok
readers      in   in     404      404     404    ok      ok   404     404    404      ok    404    ok    404
members      in   in     404      404     404    ok      ok   404     404    404      ok    404    403   404
evidence     in   in     404      404     404    ok      ok   404     404    404      ok    404    404   404
files        in   in     404      404     404    ok      ok   404     404    ok       ok    ok     ok    404
lead         in   in     404      404     404    403     ok   404     404    404      403   404    403   404
runs         in   in     404      404     404    403     ok   404     404    404      403   404    ok    404
leaving      in   in     404      404     404    ok      409  404     404    404      ok    404    403   404
offered      in   in     404      404     404    ok      404  404     404    404      404   404    404   404
invited      ok   ok     403      ok      403    403     403  403     403    403      403   403    403   403
reviewers    in   in     403      403     ok     403     403  403     403    ok       ok    ok     403   403
reviewed     in   in     403      403     404    403     403  403     403    ok       404   ok     403   403
holder       in   in     403      403     404    403     403  403     403    409      404   ok     403   403
admins       in   in     403      403     403    403     403  403     403    403      403   403    ok    403
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
security_txt                 public                                             200 405
guidance                     public                                             200 405
guidance_page                public       the-award                             200 405
frameworks                   public                                             200 405
framework                    public       cm-award                              200 405
criterion                    public       cm-award SO1                          200 405
blank_application_pdf        public       cm-award                              202 405
register                     public                                             200 405
register_csv                 public                                             200 405
register_json                public                                             200 405
organisation                 public       home_slug                             200 405
organisation_logo            public       with_logo                             200 405
verify                       public                                             200 405
verify_number                public       number                                200 405
certificate                  public       number                                200 405
kitemark                     public       number                                200 405
charter                      public                                             200 405
network                      public                                             200 405
case_studies                 public                                             200 405
dev_mail                     public                                             200 405
dashboard                    signed-in                                          200 405
session_extend               signed-in                                          200 405
organisation_find            signed-in                                          200 405
organisation_add             signed-in                                          200 302
organisation_join            signed-in    winner                                200 302
invitation                   invited      token                                 200 302
handover_answer              offered      handover                              200 302
members                      readers      home_slug                             200 405
member_leave                 members>leaving  home_slug                         200 302
member_remove                runs         home_slug contributor_membership      200 302
join_request_answer          runs         home_slug join_request                405 302
invite                       runs         home_slug                             405 302
invitation_cancel            runs         home_slug invitation                  405 302
organisation_edit            runs         home_slug                             200 302
handover_offer               lead         home_slug                             200 302
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
evidence_list                members      home_slug                             200 405
evidence_add                 members      home_slug                             200 302
evidence                     evidence     evidence                              200 405
evidence_edit                evidence     evidence                              200 302
evidence_archive             evidence     spare                                 200 302
evidence_files               evidence     evidence                              200 302
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
manage_applications          admins                                             200 405
manage_applications_csv      admins                                             200 405
manage_application           admins       application                           200 405
manage_reviews               admins                                             200 405
manage_assign                admins       waiting                               200 302
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
manage_person_reactivate     admins       closed_person                         405 302
manage_audit                 admins                                             200 405
manage_audit_csv             admins                                             200 405
manage_messages              admins                                             200 405
manage_message_again         admins       message                               405 302
"""

# django-allauth's own: sign-in and one's account. Name | GET for nobody | GET for who is signed in
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
account_change_password               in  200
account_set_password                  in  302
usersessions_list                     in  200
"""
ACCOUNT = {name: cells for name, *cells in map(str.split, ACCOUNT_TABLE.strip().splitlines())}


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


def typed(scene: SimpleNamespace) -> dict[str, dict[str, Any]]:
    """Return for each address that takes a form what somebody would fill in."""
    organisation = {
        "description": "What we do",
        "website": "https://home.example",
        "places": [place.pk for place in scene.home.places.all()],
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
        "evidence_edit": {"version": 1, "title": "Newer", "what_changed": "Much."},
        "review_decide": {"outcome": "accepted", "feedback": "", "round": 1, "step": "send"},
        "review_note": {"note": "See the figures."},
        "review_interest": {"has_interest": "no"},
        "manage_assign": {"reviewer": scene.user["holder"].pk},
        "manage_organisation_edit": {
            **organisation,
            "name": "Home again",
            "type": scene.home.type_id,
        },
        "manage_organisation_merge": {"into": scene.winner},
        "manage_organisation_deactivate": {"reason": "Closed."},
        "manage_organisation_lead": {"member": scene.contributor_membership, "reason": "Left."},
        "manage_person": {"reviewer": "on"},
        "manage_person_deactivate": {"reason": "Left."},
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
