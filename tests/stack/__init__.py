"""The stacks that everything else runs on."""
