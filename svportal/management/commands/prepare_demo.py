"""Makes a developer's own machine ready: database, reference data, demo data, static files."""

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

# In one process, since each start of Django costs a second.
COMMANDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("migrate", {"verbosity": 0}),
    ("createcachetable", {"verbosity": 0}),
    ("load_reference", {}),
    ("load_frameworks", {}),
    ("load_charter", {}),
    ("load_network", {}),
    ("load_demo", {}),
    ("load_network_demo", {}),
)


class Command(BaseCommand):
    """`manage.py prepare_demo`, for `bin/run`."""

    help = "Bring the database, the demo data and the static files up to date. Development only."

    # bin/check asks all of Django's own questions; here they would only make the start slower.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError("Demo data belongs on a developer's machine: set DEVELOPMENT=1.")
        for folder in (settings.DATA_DIR, settings.MEDIA_ROOT):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, given in COMMANDS:
            call_command(name, **given)
        self._collect()
        self.stdout.write(f"\nThe portal is at {settings.SITE_URL}/")
        self.stdout.write(f"Its mail, with codes to sign in, is at {settings.SITE_URL}/dev/mail/")

    def _collect(self) -> None:
        """Collect static files unless nothing has changed since the last time."""
        stamp = Path(settings.STATIC_ROOT).with_suffix(".stamp")
        state = hashlib.sha256(
            repr(
                sorted(
                    (str(path), path.stat().st_size, path.stat().st_mtime_ns)
                    for folder in settings.STATICFILES_DIRS
                    for path in Path(folder).rglob("*")
                    if path.is_file()
                )
            ).encode()
            + (settings.BASE_DIR / "requirements/runtime.txt").read_bytes()
        ).hexdigest()
        if not stamp.exists() or stamp.read_text() != state:
            call_command("collectstatic", interactive=False, clear=True, verbosity=0)
            stamp.write_text(state)
