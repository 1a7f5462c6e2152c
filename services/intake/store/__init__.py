"""The documents of intake, in its own words."""
