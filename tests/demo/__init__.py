"""The demo: its people, its books, its way to start and end."""
