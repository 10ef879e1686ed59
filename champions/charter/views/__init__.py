"""Pages of the Charter, by audience."""
