"""Who must hear of what happened to a ticket, in which words, and that it reaches them once."""
