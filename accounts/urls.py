"""Addresses of the accounts app."""

from django.urls import URLPattern, path

from accounts.views import admin, applicant, data, public

urlpatterns: list[URLPattern] = [
    path("organisations/find/", applicant.organisation_find, name="organisation_find"),
    path("organisations/add/", applicant.organisation_add, name="organisation_add"),
    path("organisations/<slug:slug>/join/", applicant.organisation_join, name="organisation_join"),
    path("organisations/<slug:slug>/edit/", applicant.organisation_edit, name="organisation_edit"),
    path("organisations/<slug:slug>/logo/", public.organisation_logo, name="organisation_logo"),
    path("organisations/<slug:slug>/members/", applicant.members, name="members"),
    path(
        "organisations/<slug:slug>/members/<int:pk>/remove/",
        applicant.member_remove,
        name="member_remove",
    ),
    path(
        "organisations/<slug:slug>/join-requests/<int:pk>/",
        applicant.join_request_answer,
        name="join_request_answer",
    ),
    path("organisations/<slug:slug>/invite/", applicant.invite, name="invite"),
    path(
        "organisations/<slug:slug>/invitations/<int:pk>/cancel/",
        applicant.invitation_cancel,
        name="invitation_cancel",
    ),
    path("organisations/<slug:slug>/handover/", applicant.handover_offer, name="handover_offer"),
    path("organisations/<slug:slug>/leave/", applicant.member_leave, name="member_leave"),
    path("handovers/<int:pk>/", applicant.handover_answer, name="handover_answer"),
    path("invitations/<str:token>/", public.invitation, name="invitation"),
    path("manage/organisations/", admin.manage_organisations, name="manage_organisations"),
    path(
        "manage/organisations/<slug:slug>/", admin.manage_organisation, name="manage_organisation"
    ),
    path(
        "manage/organisations/<slug:slug>/edit/",
        admin.manage_organisation_edit,
        name="manage_organisation_edit",
    ),
    # manage_organisation_merge is in champions/urls.py, which brings the service that moves it all.
    path(
        "manage/organisations/<slug:slug>/deactivate/",
        admin.manage_organisation_deactivate,
        name="manage_organisation_deactivate",
    ),
    path(
        "manage/organisations/<slug:slug>/reactivate/",
        admin.manage_organisation_reactivate,
        name="manage_organisation_reactivate",
    ),
    path(
        "manage/organisations/<slug:slug>/lead/",
        admin.manage_organisation_lead,
        name="manage_organisation_lead",
    ),
    path("manage/people/", admin.manage_people, name="manage_people"),
    path("manage/people/<int:pk>/", admin.manage_person, name="manage_person"),
    path(
        "manage/people/<int:pk>/deactivate/",
        admin.manage_person_deactivate,
        name="manage_person_deactivate",
    ),
    path(
        "manage/people/<int:pk>/reactivate/",
        admin.manage_person_reactivate,
        name="manage_person_reactivate",
    ),
    path(
        "manage/people/<int:pk>/second-step/",
        admin.manage_person_second_factor,
        name="manage_person_second_factor",
    ),
    path("your-data/", data.your_data, name="your_data"),
    path("your-data/copy/", data.your_data_copy, name="your_data_copy"),
    path("your-data/copies/<uuid:pk>/", data.copy_of_data, name="copy_of_data"),
    path("your-data/erase/", data.your_data_erase, name="your_data_erase"),
    path("your-data/keep/", data.your_data_keep, name="your_data_keep"),
    path("manage/people/<int:pk>/copy/", data.manage_person_copy, name="manage_person_copy"),
    path("manage/people/<int:pk>/erase/", data.manage_person_erase, name="manage_person_erase"),
    path("manage/people/<int:pk>/look/", admin.manage_person_look, name="manage_person_look"),
    path("look/end/", admin.look_end, name="look_end"),
    path("manage/audit/", admin.manage_audit, name="manage_audit"),
    path("manage/audit.csv", admin.manage_audit_csv, name="manage_audit_csv"),
    path("address/again/", applicant.address_again, name="address_again"),
    path(
        "manage/addresses/<int:pk>/again/",
        admin.manage_address_again,
        name="manage_address_again",
    ),
    path("manage/messages/", admin.manage_messages, name="manage_messages"),
    path(
        "manage/messages/<uuid:pk>/again/", admin.manage_message_again, name="manage_message_again"
    ),
]
