"""The documents, in domain words: how they are written, and how they are asked."""
