"""A death at each point of a batch's way, for each stage of each service."""
