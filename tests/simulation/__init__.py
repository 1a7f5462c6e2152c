"""The kit's real engine in a world of chance: virtual time, crashes, pauses, cuts; all by seed."""
