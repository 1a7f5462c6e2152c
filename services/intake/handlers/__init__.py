"""One handler a stage: messages become commands, commands become events."""
