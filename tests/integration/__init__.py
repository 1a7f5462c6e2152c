"""Real broker, real database: what only they can show."""
