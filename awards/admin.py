"""Django's admin, for support: it shows everything of this app and changes nothing.

A status moves by a service alone, which locks, checks, records and tells; no field of it can be
typed here."""

from django.contrib import admin

from accounts.admin import ReadOnlyAdmin
from awards.models import (
    Appeal,
    Application,
    Award,
    Certificate,
    Claim,
    Decision,
    Declaration,
    Evidence,
    EvidenceFile,
    Interest,
    ReviewNote,
    Round,
)


@admin.register(Application)
class ApplicationAdmin(ReadOnlyAdmin):
    list_display = ("reference", "organisation", "status", "submitted_at", "touched_at")
    list_filter = ("status",)
    list_select_related = ("organisation",)
    search_fields = ("reference", "organisation__name")


@admin.register(Claim)
class ClaimAdmin(ReadOnlyAdmin):
    list_display = ("application", "criterion", "status", "due_on", "held_by")
    list_filter = ("status",)
    list_select_related = ("application__organisation", "criterion", "held_by")
    search_fields = ("application__reference", "application__organisation__name")


@admin.register(Round)
class RoundAdmin(ReadOnlyAdmin):
    list_display = ("claim", "number", "submitted_at", "submitted_by")
    list_select_related = ("claim__application", "claim__criterion", "submitted_by")
    search_fields = ("claim__application__reference",)


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ("round", "outcome", "decided_at", "decided_by")
    list_filter = ("outcome",)
    list_select_related = ("round__claim__application", "round__claim__criterion", "decided_by")
    search_fields = ("round__claim__application__reference",)


@admin.register(Evidence)
class EvidenceAdmin(ReadOnlyAdmin):
    list_display = ("title", "organisation", "version", "updated_at", "archived_at")
    list_select_related = ("organisation",)
    search_fields = ("title", "organisation__name")


@admin.register(EvidenceFile)
class EvidenceFileAdmin(ReadOnlyAdmin):
    list_display = ("name", "state", "size", "uploaded_at", "removed_at")
    list_filter = ("state",)
    search_fields = ("name", "sha256")
    # A private file is opened through its own page, which asks who is asking.
    exclude = ("content",)


@admin.register(Award)
class AwardAdmin(ReadOnlyAdmin):
    list_display = ("number", "holder_name", "granted_on", "ends_on", "ended_on")
    search_fields = ("number", "holder_name")


@admin.register(Interest)
class InterestAdmin(ReadOnlyAdmin):
    list_display = ("declared_by", "organisation", "has_interest", "declared_at")
    list_select_related = ("declared_by", "organisation")
    search_fields = ("organisation__name", "declared_by__full_name")


@admin.register(Appeal)
class AppealAdmin(ReadOnlyAdmin):
    list_display = ("claim", "made_at", "made_by")
    list_select_related = ("claim__application", "claim__criterion", "made_by")


@admin.register(Declaration)
class DeclarationAdmin(ReadOnlyAdmin):
    list_display = ("application", "declared_at", "declared_by")
    list_select_related = ("application__organisation", "declared_by")


@admin.register(Certificate)
class CertificateAdmin(ReadOnlyAdmin):
    list_display = ("award", "made_at", "sha256")
    list_select_related = ("award",)
    exclude = ("content",)


@admin.register(ReviewNote)
class ReviewNoteAdmin(ReadOnlyAdmin):
    list_display = ("claim", "written_by", "written_at")
    list_select_related = ("claim__application", "claim__criterion", "written_by")
