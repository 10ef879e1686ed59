"""Announcements of the partnership to the network, by e-mail and on its pages."""
