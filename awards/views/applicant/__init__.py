"""Pages for whoever applies: evidence, applications and claims."""
