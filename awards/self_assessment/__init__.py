"""For organisations that are not ready to apply: where they stand, and what to evidence next."""
