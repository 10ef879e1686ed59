"""Addresses of the self-assessment, all of them its organisation's alone."""

from django.urls import path

from awards.self_assessment import views

urlpatterns = [
    path("", views.self_assessments, name="self_assessments"),
    path("<slug:slug>/", views.self_assessment, name="self_assessment"),
    path("<slug:slug>/plan.pdf", views.self_assessment_pdf, name="self_assessment_pdf"),
    path("<slug:slug>/apply/", views.self_assessment_apply, name="self_assessment_apply"),
    path(
        "<slug:slug>/themes/<slug:code>/",
        views.self_assessment_theme,
        name="self_assessment_theme",
    ),
]
