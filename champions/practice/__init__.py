"""The practice finder: what has been published of who did what, and where."""
