"""Timers of sla on a real broker and database: how many, how late, how fast after an outage."""
