"""Who: people, organisations, memberships, roles, the audit trail and the outbox."""
