"""What counts: published, versioned frameworks of themes and criteria."""
