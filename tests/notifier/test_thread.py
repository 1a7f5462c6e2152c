import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifier.domain.thread import LONGEST_THREAD, extended, message_id_of
from tests.notifier.words import body


@pytest.mark.parametrize(
    ("external_id", "message_id"),
    [
        ("<a@b>", "<a@b>"),
        ("a@b", "<a@b>"),
        (" <a@b@c> ", "<a@b@c>"),
        (None, None),
        ("<>", None),
        ("<a b@c>", None),
        ("<a@b>\r\nBcc: x", None),
        ("<a@b><c@d>", None),
        ("<" + "x" * 300 + "@b>", None),
    ],
)
def test_message_id(external_id: str | None, message_id: str | None) -> None:
    assert message_id_of(body(external_id=external_id)) == message_id


def test_other_channels_have_none() -> None:
    assert message_id_of(body(channel="whatsapp", external_id="wamid@x")) is None


@settings(deadline=None)
@given(st.lists(st.integers(0, 60).map(lambda n: f"<{n}@x>"), max_size=80))
def test_a_thread_stays_short_and_keeps_its_root(ids: list[str]) -> None:
    thread: tuple[str, ...] = ()
    for each in ids:
        thread = extended(thread, each)
        assert len(thread) <= LONGEST_THREAD
        assert each in thread
    assert len(set(thread)) == len(thread)
    assert thread[:1] == tuple(ids[:1])
