"""Router: who takes a ticket, and who waits in which queue."""
