"""Django's admin, for support: it shows everything of this app and changes nothing.

Roles, memberships, the register and the audit trail are changed by services alone, which lock,
check, record and tell; what could be typed over here would escape all four."""

from typing import Any

from allauth.account import admin as allauth_account
from allauth.mfa import admin as allauth_factors
from allauth.socialaccount import admin as allauth_sign_on
from allauth.usersessions import admin as allauth_sessions
from django.contrib import admin
from django.contrib.auth import admin as django_auth  # noqa: F401  (registers Group)
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import (
    AuditEvent,
    Invitation,
    JoinRequest,
    LeadHandover,
    Membership,
    Message,
    Organisation,
    OrganisationType,
    Place,
    User,
)
from accounts.querysets import AuditEventQuerySet


class ReadOnlyAdmin(admin.ModelAdmin):
    """A model that can be looked at."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    list_display = ("full_name", "email", "is_active", "is_reviewer", "is_partnership_admin")
    list_filter = ("is_active", "is_reviewer", "is_partnership_admin", "is_staff")
    search_fields = ("full_name", "email")
    exclude = ("password",)


@admin.register(Organisation)
class OrganisationAdmin(ReadOnlyAdmin):
    list_display = ("name", "type", "deactivated_at", "merged_into")
    list_select_related = ("type", "merged_into")
    search_fields = ("name", "ods_code", "charity_number", "company_number")
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}


@admin.register(OrganisationType)
class OrganisationTypeAdmin(admin.ModelAdmin):
    """Types are data an admin may change: which are eligible, which are historic."""

    list_display = ("name", "eligible", "historic", "position")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Place)
class PlaceAdmin(admin.ModelAdmin):
    """Places are data an admin may change."""

    list_display = ("name", "position")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ("user", "organisation", "role", "joined_at", "ended_at")
    list_select_related = ("user", "organisation")
    search_fields = ("user__full_name", "user__email", "organisation__name")


@admin.register(JoinRequest)
class JoinRequestAdmin(ReadOnlyAdmin):
    list_display = ("user", "organisation", "asked_at", "accepted")
    list_select_related = ("user", "organisation")


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ("email", "organisation", "sent_at", "accepted_at", "cancelled_at")
    list_select_related = ("organisation",)
    exclude = ("token_digest",)


@admin.register(LeadHandover)
class LeadHandoverAdmin(ReadOnlyAdmin):
    list_display = ("organisation", "to", "offered_at", "accepted")
    list_select_related = ("organisation", "to")


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "type", "actor", "target")
    search_fields = ("type",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent], search_term: str
    ) -> tuple[QuerySet[AuditEvent], bool]:
        """Find people too, whose names stand elsewhere."""
        found, double = super().get_search_results(request, queryset, search_term)
        if search_term and isinstance(queryset, AuditEventQuerySet):
            found |= queryset.by_person(search_term) | queryset.about(search_term)
        return found, double


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ("kind", "recipient", "queued_at", "sent_at", "attempts", "last_error")
    search_fields = ("recipient",)
    # What a mail says may be a link that only its reader may have.
    exclude = ("text", "html")


# An address marked as verified here would be a way into somebody's account, and the key of a
# session is one. Groups give nobody anything: roles are in `roles.py`.
admin.site.unregister(
    [
        allauth_account.EmailAddress,
        allauth_factors.Authenticator,
        allauth_sessions.UserSession,
        allauth_sign_on.SocialAccount,
        allauth_sign_on.SocialApp,
        allauth_sign_on.SocialToken,
        Group,
    ]
)


@admin.register(allauth_factors.Authenticator)
class AuthenticatorAdmin(ReadOnlyAdmin):
    list_display = ("user", "type", "created_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("user__full_name", "user__email")
    exclude = ("data",)


@admin.register(allauth_sign_on.SocialAccount)
class SocialAccountAdmin(ReadOnlyAdmin):
    list_display = ("user", "provider", "date_joined", "last_login")
    list_select_related = ("user",)
    search_fields = ("user__full_name", "user__email")


@admin.register(allauth_account.EmailAddress)
class EmailAddressAdmin(ReadOnlyAdmin):
    list_display = ("email", "user", "primary", "verified")
    list_select_related = ("user",)
    search_fields = ("email", "user__full_name")


@admin.register(allauth_sessions.UserSession)
class UserSessionAdmin(ReadOnlyAdmin):
    list_display = ("user", "created_at", "last_seen_at", "ip")
    list_select_related = ("user",)
    search_fields = ("user__full_name", "user__email")
    exclude = ("session_key", "data")
