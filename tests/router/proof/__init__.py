"""Routers that are killed, agents who come and go: is anybody ever wronged."""
