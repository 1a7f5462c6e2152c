"""What went wrong when a stack did not start."""


class StackUnavailable(Exception):  # noqa: N818 -- it says a state of this machine, not a fault of ours
    """This machine lacks something; the text is one sentence with what helps."""


class StartFailed(Exception):  # noqa: N818 -- as above
    """A server died or stayed silent at its start; the text ends with the tail of its log."""
