"""The demo: the whole pipeline on this machine, with customers and agents that are played."""
