"""Pages of events, by audience."""
