"""Intake's HTTP door."""
