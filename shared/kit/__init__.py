"""The kit: exactly-once effects in one place, so that services only decide."""
