"""One module for each part of the `deskstream` command."""
