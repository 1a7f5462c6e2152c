"""The command `deskstream`, and the stacks that the services run on."""
