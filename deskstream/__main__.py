"""`python -m deskstream` is `deskstream`."""

from deskstream.cli import main

main()
