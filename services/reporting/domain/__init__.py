"""What is kept of a ticket, which figures it counts in, and how its story is told."""
