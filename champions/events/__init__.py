"""Meetings, workshops and training sessions of the network, and who has booked them."""
