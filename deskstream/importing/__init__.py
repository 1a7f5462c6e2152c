"""Tickets of an earlier system: exports read, checked, reported and sent in."""
