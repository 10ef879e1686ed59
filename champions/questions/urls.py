"""Addresses of questions and answers."""

from django.urls import URLPattern, path

from champions.questions.views import admin, applicant, public

urlpatterns: list[URLPattern] = [
    path("network/questions/", applicant.questions, name="questions"),
    path("network/questions/ask/", applicant.question_ask, name="question_ask"),
    path("network/questions/notices/", applicant.question_notices, name="question_notices"),
    path(
        "network/questions/unsubscribe/<str:token>/",
        public.questions_unsubscribe,
        name="questions_unsubscribe",
    ),
    path("network/questions/<uuid:pk>/", applicant.question, name="question"),
    path("network/questions/<uuid:pk>/edit/", applicant.question_edit, name="question_edit"),
    path(
        "network/questions/<uuid:pk>/answers/<int:answer>/edit/",
        applicant.answer_edit,
        name="answer_edit",
    ),
    path("network/questions/<uuid:pk>/report/", applicant.question_report, name="question_report"),
    path(
        "network/questions/<uuid:pk>/answers/<int:answer>/report/",
        applicant.answer_report,
        name="answer_report",
    ),
    path(
        "network/questions/<uuid:pk>/accept/<int:answer>/",
        applicant.answer_accept,
        name="answer_accept",
    ),
    path("manage/network/questions/", admin.manage_questions, name="manage_questions"),
    path("manage/network/questions.csv", admin.manage_questions_csv, name="manage_questions_csv"),
    path(
        "manage/network/questions/reports/", admin.manage_post_reports, name="manage_post_reports"
    ),
    path(
        "manage/network/questions/reports/<int:pk>/",
        admin.manage_post_report,
        name="manage_post_report",
    ),
    path(
        "manage/network/questions/<uuid:pk>/hide/",
        admin.manage_question_hide,
        name="manage_question_hide",
    ),
    path(
        "manage/network/questions/<uuid:pk>/restore/",
        admin.manage_question_restore,
        name="manage_question_restore",
    ),
    path(
        "manage/network/answers/<int:pk>/hide/", admin.manage_answer_hide, name="manage_answer_hide"
    ),
    path(
        "manage/network/answers/<int:pk>/restore/",
        admin.manage_answer_restore,
        name="manage_answer_restore",
    ),
]
