"""Reports of errors to a Sentry, where an operator has one: what failed and where, never whose."""

from typing import Any

import sentry_sdk
from sentry_sdk.types import Event, Hint

# What is left of a report. Requests (addresses carry tokens), people, breadcrumbs (what was logged
# and asked before), variables and the machine's environment are not sent at all.
SENT = frozenset(
    {"event_id", "timestamp", "level", "platform", "exception", "logger", "release", "tags",
     "transaction", "sdk", "type"}
)  # fmt: skip


def report_to(dsn: str, **options: Any) -> None:
    """Send reports to a Sentry from now on; without an address none are sent."""
    if not dsn:
        return
    sentry_sdk.init(
        dsn=dsn,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=0,
        auto_session_tracking=False,
        server_name="portal",
        before_send=without_people,
        **options,
    )


def without_people(event: Event, hint: Hint) -> Event:
    """Return a report with nothing of anybody's in it: the kinds of the errors and the places in
    our code, without the words of the errors, which can repeat what somebody typed."""
    kept: dict[str, Any] = {name: value for name, value in event.items() if name in SENT}
    for error in kept.get("exception", {}).get("values", []):
        error["value"] = ""
    return kept  # type: ignore[return-value]
