"""Whatever the world sends becomes a ticket, and every ticket has one writer."""
