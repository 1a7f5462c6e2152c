import pytest

from services.notifier.domain.address import digest_of, is_machine, mail_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ana@example.com", "ana@example.com"),
        (" Ana.Maria+x@Example.COM ", "Ana.Maria+x@example.com"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        ("ana@intranet", "ana@intranet"),
        ("o'neill@example.com", "o'neill@example.com"),
    ],
)
def test_addresses(text: str, address: str) -> None:
    assert mail_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        *("", "ana", "@example.com", "ana@", "a b@example.com", "ana@exa mple.com"),
        *("ana@example.com\r\nBcc: x@y.example", "ana\x00@example.com", "<ana@example.com>"),
        *("ana@example..com", ".ana@example.com", "ana..x@example.com", "ana@-x.example"),
        *("a\u200bna@example.com", "änna@example.com", "+4917012345", "a,b@example.com"),
        *("x" * 65 + "@example.com", "ana@" + "x" * 64 + ".example", '"a"@example.com'),
    ],
)
def test_no_addresses(text: str) -> None:
    assert mail_address(text) is None


@pytest.mark.parametrize(
    "address",
    [
        *("noreply@x.example", "No-Reply@x.example", "donotreply+7@x.example"),
        *("MAILER-DAEMON@x.example", "postmaster@x.example", "bounce-123=ana@x.example"),
    ],
)
def test_machines(address: str) -> None:
    assert is_machine(address)


@pytest.mark.parametrize("address", ["rooty@x.example", "ana@noreply.example", "norep@x.example"])
def test_people(address: str) -> None:
    assert not is_machine(address)


def test_one_digest_for_all_spellings() -> None:
    assert digest_of("Ana@x.example") == digest_of("ana@X.example")
