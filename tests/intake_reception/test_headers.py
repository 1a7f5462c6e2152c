# ruff: noqa: RUF001 - the words are of many languages

import pytest

from services.intake.adapters.rfc822.addresses import addresses
from services.intake.adapters.rfc822.charsets import decode
from services.intake.adapters.rfc822.encoded_words import header_text
from services.intake.adapters.rfc822.headers import read_head
from services.intake.adapters.rfc822.parameters import parameters_of, value_of
from services.intake.domain.message import Person


@pytest.mark.parametrize(
    ("data", "claimed", "text"),
    [
        pytest.param("Grüße".encode(), "utf-8", "Grüße", id="as claimed"),
        pytest.param("Grüße".encode(), "iso-8859-1", "Grüße", id="UTF-8 that claims Latin-1"),
        pytest.param("Grüße".encode("cp1252"), None, "Grüße", id="Western, unclaimed"),
        pytest.param("„Grüße“ – 5 €".encode("cp1252"), "us-ascii", "„Grüße“ – 5 €", id="ASCII lie"),
        pytest.param("привет".encode("koi8-r"), "koi8-r", "привет", id="Cyrillic"),
        pytest.param("你好".encode("gb18030"), "gb2312", "你好", id="wider than claimed"),
        pytest.param("日本".encode("iso2022_jp"), None, "日本", id="escapes, unclaimed"),
        pytest.param("Grüße".encode(), "no-such-charset", "Grüße", id="unknown charset"),
        pytest.param(b"plain", "punycode", "plain", id="a codec that is no charset"),
        pytest.param(b"plain", "zip", "plain", id="a codec that is no text"),
        pytest.param(b"a\x00b\x07c", "utf-8", "abc", id="null and bell"),
        pytest.param("äöüÄÖÜßé".encode() + b"\xff", None, "äöüÄÖÜßé\ufffd", id="a spoiled byte"),
    ],
)
def test_bytes_are_read_whatever_they_claim(data: bytes, claimed: str | None, text: str) -> None:
    assert decode(data, claimed) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?B?R3LDvMOfZQ==?=", "Grüße"),
        ("=?UTF-8?q?Gr=C3=BC=C3=9Fe_aus_Ulm?=", "Grüße aus Ulm"),
        ("=?utf-8?q?Gr=C3?= =?utf-8?q?=BCn?=", "Grün"),
        ("=?utf-8?q?a?= plain =?utf-8?q?b?=", "a plain b"),
        ("=?utf-8?B?R3LDvMOfZQ?=", "Grüße"),
        ("=?utf-8?q?two words?=", "two words"),
        ("=?no-such?q?caf=C3=A9?=", "café"),
        ("=?utf-8?x?broken?=", "=?utf-8?x?broken?="),
        ("=?utf-8?B?VEVTVA=?= =?utf-8?B?w60=?=", "TESTí"),
        ("=?utf-8?Q?never_closed", "never closed"),
        ("=?UTF-8? Q?a_space?=", "a space"),
        ("=?utf-8?q?=3D=3Futf-8=3Fq=3Ftwice=3F=3D?=", "twice"),
        ("=?utf-8?B?nnDusSNdG92w6Fuw6w==?=", "=?utf-8?B?nnDusSNdG92w6Fuw6w==?="),
        ("Gr\xc3\xbc\xc3\x9fe", "Grüße"),
        ("line\r\n break", "line break"),
        ("=?utf-8?q?header=0D=0AX-Injected:_1?=", "header X-Injected: 1"),
    ],
)
def test_header_words(value: str, text: str) -> None:
    assert header_text(value) == text


@pytest.mark.parametrize(
    ("value", "people"),
    [
        ("ana@x.example", [Person("ana@x.example")]),
        ("Ana Ruiz <ana@x.example>", [Person("ana@x.example", "Ana Ruiz")]),
        ('"Ruiz, Ana" <ana@x.example>', [Person("ana@x.example", "Ruiz, Ana")]),
        ("Ruiz, Ana <ana@x.example>", [Person("ana@x.example", "Ruiz, Ana")]),
        ("ana@x.example (Ana)", [Person("ana@x.example", "Ana")]),
        (
            "a@x.example, B <b@x.example>; c@x.example",
            [Person("a@x.example"), Person("b@x.example", "B"), Person("c@x.example")],
        ),
        ("Team: a@x.example, b@x.example;", [Person("a@x.example"), Person("b@x.example")]),
        ("=?utf-8?q?J=C3=B6rg?= <j@x.example>", [Person("j@x.example", "Jörg")]),
        ("<@relay.example:ana@x.example>", [Person("ana@x.example")]),
        ('"ana@x.example" <ana@x.example>', [Person("ana@x.example")]),
        ("'Ana Ruiz' <ana@x.example>", [Person("ana@x.example", "Ana Ruiz")]),
        (r'"Ana \"A\" Ruiz" <ana@x.example>', [Person("ana@x.example", 'Ana "A" Ruiz')]),
        ("ana@x.example (Ana (at home) R)", [Person("ana@x.example", "Ana (at home) R")]),
        ("ana@x.example>", [Person("ana@x.example")]),
        (
            "Ana <ana@x.example> Bob <bob@x.example>",
            [Person("ana@x.example", "Ana"), Person("bob@x.example", "Bob")],
        ),
        ("Ana <mailto:ana@x.example>", [Person("ana@x.example", "Ana")]),
        ("Ana ana@x.example", [Person("ana@x.example", "Ana")]),
        ("MAILER-DAEMON", [Person("MAILER-DAEMON")]),
        ("<>", []),
        ("", []),
    ],
)
def test_addresses(value: str, people: list[Person]) -> None:
    assert list(addresses(value)) == people


@pytest.mark.parametrize(
    ("header", "parameters"),
    [
        ('text/plain; charset="utf-8"', {"charset": "utf-8"}),
        ("text/plain; charset=utf-8; format=flowed", {"charset": "utf-8", "format": "flowed"}),
        ("a/b; filename*=UTF-8''Gr%C3%BC%C3%9Fe.txt", {"filename": "Grüße.txt"}),
        ("a/b; filename*0=long; filename*1=name.txt", {"filename": "longname.txt"}),
        ("a/b; filename*0*=UTF-8''Gr%C3%BC; filename*1=n.txt", {"filename": "Grün.txt"}),
        ('a/b; name="=?utf-8?q?Gr=C3=BCn.txt?="', {"name": "Grün.txt"}),
        (r'a/b; name="with \"quotes\""', {"name": 'with "quotes"'}),
        ('a/b; name="unclosed', {"name": "unclosed"}),
        ("a/b;;; x", {}),
    ],
)
def test_parameters(header: str, parameters: dict[str, str]) -> None:
    assert parameters_of(header) == parameters


def test_value_without_its_parameters() -> None:
    assert value_of("Text/HTML (rich); charset=x") == "text/html"


@pytest.mark.parametrize(
    ("data", "subject", "body"),
    [
        pytest.param(b"Subject: a\r\n\r\nbody", "a", b"body", id="CRLF"),
        pytest.param(b"Subject: a\n\nbody", "a", b"body", id="LF"),
        pytest.param(b"Subject: a\r\rbody", "a", b"body", id="CR"),
        pytest.param(b"Subject: a\r\n folded\r\n\r\nbody", "a folded", b"body", id="folded"),
        pytest.param(b"Subject: a\nX: b\nbroken fold\nTo: c\n\nbody", "a", b"body", id="bad fold"),
        pytest.param(b"From ana Mon Mar 2\nSubject: a\n\nbody", "a", b"body", id="mbox"),
        pytest.param(b"\n\nSubject: a\n\nbody", "a", b"body", id="blank lines first"),
        pytest.param(
            b"Subject: a\nbody begins here\n\nmore",
            "a",
            b"body begins here\n\nmore",
            id="no blank line",
        ),
        pytest.param(b"\nbody only", "", b"body only", id="no headers"),
        pytest.param(b"Subject: a", "a", b"", id="no body"),
        pytest.param(b"", "", b"", id="nothing"),
    ],
)
def test_head_and_body(data: bytes, subject: str, body: bytes) -> None:
    headers, start = read_head(data)

    assert headers.text("subject") == subject
    assert data[start:] == body
