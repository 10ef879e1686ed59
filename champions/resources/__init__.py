"""Tools, templates, guides and links that the network shares."""
