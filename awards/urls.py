"""Addresses of the awards app."""

from django.urls import URLPattern, path

from accounts.views.admin import manage_organisation_merge
from awards.services.organisations import merge_organisations
from awards.views import admin, files, public, reviewer
from awards.views.applicant import applications, claims, evidence

urlpatterns: list[URLPattern] = [
    path("register/", public.register_page, name="register"),
    path("register.csv", public.register_csv, name="register_csv"),
    path("register.json", public.register_json, name="register_json"),
    path("organisations/<slug:slug>/", public.organisation, name="organisation"),
    path("verify/", public.verify, name="verify"),
    path("verify/<str:number>/", public.verify_number, name="verify_number"),
    path("certificates/<str:number>.pdf", public.certificate, name="certificate"),
    path("kitemark/<str:number>.svg", public.kitemark, name="kitemark"),
    path(
        "frameworks/<slug:code>/application-form.pdf",
        public.blank_application_pdf,
        name="blank_application_pdf",
    ),
    path("organisations/<slug:slug>/apply/", applications.apply, name="apply"),
    path("organisations/<slug:slug>/evidence/", evidence.evidence_list, name="evidence_list"),
    path("organisations/<slug:slug>/evidence/add/", evidence.evidence_add, name="evidence_add"),
    path("evidence/<uuid:pk>/", evidence.evidence, name="evidence"),
    path("evidence/<uuid:pk>/edit/", evidence.evidence_edit, name="evidence_edit"),
    path("evidence/<uuid:pk>/archive/", evidence.evidence_archive, name="evidence_archive"),
    path("applications/<uuid:pk>/", applications.application, name="application"),
    path("applications/<uuid:pk>/check/", applications.application_check, name="application_check"),
    path(
        "applications/<uuid:pk>/submitted/",
        applications.application_submitted,
        name="application_submitted",
    ),
    path(
        "applications/<uuid:pk>/application.pdf",
        applications.application_pdf,
        name="application_pdf",
    ),
    path(
        "applications/<uuid:pk>/withdraw/",
        applications.application_withdraw,
        name="application_withdraw",
    ),
    path(
        "applications/<uuid:pk>/themes/<slug:code>/",
        applications.application_theme,
        name="application_theme",
    ),
    path("applications/<uuid:pk>/claims/add/<slug:code>/", claims.claim_add, name="claim_add"),
    path("claims/<uuid:pk>/", claims.claim, name="claim"),
    path("claims/<uuid:pk>/edit/", claims.claim_edit, name="claim_edit"),
    path("claims/<uuid:pk>/answer/", claims.claim_answer, name="claim_answer"),
    path("claims/<uuid:pk>/withdraw/", claims.claim_withdraw, name="claim_withdraw"),
    path("claims/<uuid:pk>/appeal/", claims.claim_appeal, name="claim_appeal"),
    path("claims/<uuid:pk>/remove/", claims.claim_remove, name="claim_remove"),
    path("evidence/<uuid:pk>/files/", files.evidence_files, name="evidence_files"),
    path("files/<uuid:pk>/", files.file, name="file"),
    path("files/<uuid:pk>/preview/", files.file_pages, name="file_pages"),
    path("files/<uuid:pk>/preview/<int:page>/", files.file_preview, name="file_preview"),
    path("files/<uuid:pk>/remove/", files.file_remove, name="file_remove"),
    path("files/<uuid:pk>/restore/", files.file_restore, name="file_restore"),
    path("review/", reviewer.review_queue, name="review_queue"),
    path("review/mine/", reviewer.review_mine, name="review_mine"),
    path("review/<uuid:pk>/", reviewer.review, name="review"),
    path("review/<uuid:pk>/take/", reviewer.review_take, name="review_take"),
    path("review/<uuid:pk>/release/", reviewer.review_release, name="review_release"),
    path("review/<uuid:pk>/decide/", reviewer.review_decide, name="review_decide"),
    path("review/<uuid:pk>/decided/", reviewer.review_decided, name="review_decided"),
    path("review/<uuid:pk>/note/", reviewer.review_note, name="review_note"),
    path("review/<uuid:pk>/interest/", reviewer.review_interest, name="review_interest"),
    path("manage/", admin.manage, name="manage"),
    path("manage/applications/", admin.manage_applications, name="manage_applications"),
    path("manage/applications.csv", admin.manage_applications_csv, name="manage_applications_csv"),
    path("manage/applications/<uuid:pk>/", admin.manage_application, name="manage_application"),
    path("manage/reviews/", admin.manage_reviews, name="manage_reviews"),
    path("manage/reviews/<uuid:pk>/assign/", admin.manage_assign, name="manage_assign"),
    path(
        "manage/organisations/<slug:slug>/merge/",
        manage_organisation_merge,
        {"merge": merge_organisations},
        name="manage_organisation_merge",
    ),
]
