"""Pure decisions of the notifier: events and what is known in, letters and reasons out."""
