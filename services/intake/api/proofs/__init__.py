"""How each vendor proves that a webhook is its own: one file a scheme, pure functions of bytes."""
