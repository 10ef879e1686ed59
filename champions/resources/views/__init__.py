"""Pages of the resources, by audience."""
