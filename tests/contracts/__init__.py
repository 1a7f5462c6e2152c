"""What may be relied on between services, and whether it still holds."""
