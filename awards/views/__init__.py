"""Pages of the awards app, by who they are for."""
