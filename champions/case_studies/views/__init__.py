"""Pages of case studies, by audience."""
