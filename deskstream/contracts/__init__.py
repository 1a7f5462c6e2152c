"""What others need to know of the contracts, written from the classes that are the contracts."""
