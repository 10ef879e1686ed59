"""Pages of questions and answers, by audience."""
