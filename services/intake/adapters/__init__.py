"""How each channel's payload reads: pure functions from bytes to messages, a file a channel."""
