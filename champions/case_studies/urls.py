"""Addresses of case studies: what is public, and where they are worked on."""

from django.urls import URLPattern, path

from champions.case_studies.views import admin, feeds, public, work

WORK = "network/case-studies/"
ONE = f"{WORK}<uuid:pk>/"
PICTURE = f"{ONE}pictures/<uuid:picture>/"

urlpatterns: list[URLPattern] = [
    path("case-studies/", public.case_studies, name="case_studies"),
    path("case-studies.json", feeds.case_studies_json, name="case_studies_json"),
    path("case-studies/feed/", feeds.case_studies_feed, name="case_studies_feed"),
    path("case-studies/<slug:slug>.pdf", public.case_study_pdf, name="case_study_pdf"),
    path("case-studies/<slug:slug>/card.jpg", public.case_study_card, name="case_study_card"),
    path("case-studies/<slug:slug>/read.svg", public.case_study_read, name="case_study_read"),
    path("case-studies/<slug:slug>/", public.case_study, name="case_study"),
    path(
        "case-studies/<slug:slug>/pictures/<uuid:pk>/<int:width>/",
        public.case_study_picture,
        name="case_study_picture",
    ),
    path(WORK, work.case_studies_own, name="case_studies_own"),
    path(f"{WORK}start/<slug:slug>/", work.case_study_start, name="case_study_start"),
    path(ONE, work.case_study_work, name="case_study_work"),
    path(f"{ONE}edit/", work.case_study_edit, name="case_study_edit"),
    path(f"{ONE}preview/", work.case_study_preview, name="case_study_preview"),
    path(f"{ONE}revisions/", work.case_study_revisions, name="case_study_revisions"),
    path(f"{ONE}ask/", work.case_study_ask, name="case_study_ask"),
    path(f"{ONE}consent/", work.case_study_consent, name="case_study_consent"),
    path(
        f"{ONE}consent/withdraw/",
        work.case_study_consent_withdraw,
        name="case_study_consent_withdraw",
    ),
    path(f"{ONE}take-back/", work.case_study_take_back, name="case_study_take_back"),
    path(f"{ONE}withdraw/", work.case_study_withdraw, name="case_study_withdraw"),
    path(f"{ONE}pictures/", work.case_study_picture_add, name="case_study_picture_add"),
    path(PICTURE, work.case_study_picture_edit, name="case_study_picture_edit"),
    path(f"{PICTURE}remove/", work.case_study_picture_remove, name="case_study_picture_remove"),
    path(f"{PICTURE}people/", work.case_study_person, name="case_study_picture_person"),
    path(f"{PICTURE}<int:width>/", work.case_study_work_picture, name="case_study_work_picture"),
    path(f"{ONE}people/", work.case_study_person, name="case_study_person"),
    path(f"{ONE}people/<int:person>/", work.case_study_person_out, name="case_study_person_out"),
    path("manage/network/case-studies/", admin.manage_case_studies, name="manage_case_studies"),
    path(
        "manage/network/case-studies/calendar/",
        admin.manage_case_studies_calendar,
        name="manage_case_studies_calendar",
    ),
    path(
        "manage/network/case-studies/import/",
        admin.manage_case_studies_import,
        name="manage_case_studies_import",
    ),
    path(
        "manage/network/case-studies/<uuid:pk>/publish/",
        admin.case_study_publish,
        name="case_study_publish",
    ),
]
