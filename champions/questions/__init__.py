"""Questions and answers between champions."""
