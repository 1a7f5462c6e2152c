"""What happened, and how well: reads the log into documents that people and tools can ask."""
