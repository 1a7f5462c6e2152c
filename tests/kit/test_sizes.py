"""What a record counts for, by which batches are cut and outgoing records measured."""

import pytest

from shared.kit.records import Headers, Publication


@pytest.mark.parametrize(
    ("key", "value", "headers", "size"),
    [
        (None, None, (), 0),
        (b"key", b"value", (), 8),
        (b"key", b"value", (("name", b"text"),), 16),
        (b"key", None, (("name", None), ("empty", b"")), 12),
    ],
)
def test_a_size_is_that_of_key_value_and_headers(
    key: bytes | None, value: bytes | None, headers: Headers, size: int
) -> None:
    """A header counts with its name also where it has no value: names are a sender's too."""
    assert Publication("ticket.events", key, value, headers).size == size
