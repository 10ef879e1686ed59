"""Pages about organisations and people, by who they are for."""
