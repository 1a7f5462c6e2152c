"""What the pipeline does a second, what that costs, and how long a ticket takes."""
