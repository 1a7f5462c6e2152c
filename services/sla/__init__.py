"""The service that watches whether promises to requesters are kept."""
