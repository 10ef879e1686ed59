"""What people do with evidence, applications, claims and awards: one verb, one transaction."""
