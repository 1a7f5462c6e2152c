"""All six services together: stories from the first mail to the last figure."""
