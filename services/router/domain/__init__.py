"""Pure rules of routing: agents and tickets in, assignments out."""
