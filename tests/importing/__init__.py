"""The import of other help desks' exports."""
