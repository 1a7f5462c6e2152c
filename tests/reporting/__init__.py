"""Reporting: figures that are counted once, stories, the API and the page."""
