"""Each channel's adapter: what its vendor sends, and what is no message."""
