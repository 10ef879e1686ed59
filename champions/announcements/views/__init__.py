"""Pages of announcements, by audience."""
