"""Pages of the training, by audience."""
