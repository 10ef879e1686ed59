"""Every address of the portal, app by app."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path

from svportal.sitemaps import robots, sitemap
from svportal.views import dashboard, development, guidance, health, pages

# There is one sign-in, with its limits on guessing; the support admin has none of its own.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", pages.home, name="home"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("manage/health/", health.manage_health, name="manage_health"),
    path(".well-known/security.txt", health.security_txt, name="security_txt"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("privacy/", pages.privacy, name="privacy"),
    path("sitemap.xml", sitemap, name="sitemap"),
    path("robots.txt", robots, name="robots"),
    path("guidance/", guidance.guidance, name="guidance"),
    path("guidance/<slug:slug>/", guidance.guidance_page, name="guidance_page"),
    path("session/", pages.session_extend, name="session_extend"),
    # Not allauth's own list, which has pages of single sign-on that nobody needs here.
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    path("accounts/sign-on/", include("svportal.sign_on.urls")),
    # 'View on site' breaks on keys that are no numbers, and nothing here needs it.
    re_path(r"^support/r/", pages.not_found),
    path("support/", admin.site.urls),
    path("", include("frameworks.urls")),
    path("", include("accounts.urls")),
    path("", include("awards.urls")),
    path("", include("champions.urls")),
]

if settings.DEVELOPMENT:
    urlpatterns += [
        path("dev/mail/", development.dev_mail, name="dev_mail"),
        path("dev/codes/", development.dev_codes, name="dev_codes"),
    ]

handler400 = "svportal.views.pages.bad_request"
handler403 = "svportal.views.pages.forbidden"
handler404 = "svportal.views.pages.not_found"
handler500 = "svportal.views.pages.server_error"
