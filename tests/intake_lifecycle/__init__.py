"""Intake's lifecycle: commands in, events out."""
