"""An app of the tests alone: their `flush`, which may empty the audit table."""
