"""The tests, by what they look at."""
