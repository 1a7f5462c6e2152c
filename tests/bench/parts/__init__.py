"""What can be measured: each part gives sections of the report."""
