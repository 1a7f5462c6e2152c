"""What is read of parts as they are really written: names, charsets, text; all samples are ours."""

# ruff: noqa: E501 - a sample is a line

import base64

import pytest

from services.intake.adapters.rfc822.parts import STRETCH
from services.intake.domain.message import IncomingMessage
from tests.intake_reception.mails import multipart, read

TEXT = ("Content-Type: text/plain", "Hi")
PDF = ("Content-Type: application/pdf; name=a.pdf", "%PDF")
PICTURE = "Content-Type: image/png; name=i.png\r\nContent-ID: <i@x>"
SHOWING = ("Content-Type: text/html", '<p>Hi <img src="cid:i@x"></p>')
NAMES = [
    (
        'Content-Type: application/pdf; name="a b.pdf"\r\nContent-Disposition: attachment; filename="a b.pdf"',
        "a b.pdf",
    ),
    (
        "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*=utf-8''na%C3%AFve%20file.pdf",
        "naïve file.pdf",
    ),
    (
        "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*=UTF-8'en'na%C3%AFve.pdf; filename=\"x.pdf\"",
        "naïve.pdf",
    ),
    (
        'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*0="very "; filename*1="long.pdf"',
        "very long.pdf",
    ),
    (
        "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*0*=utf-8''na%C3; filename*1*=%AFve; filename*2=\".pdf\"",
        "naïve.pdf",
    ),
    (
        "Content-Type: application/pdf\r\nContent-Disposition: attachment;\r\n filename*1*=%AFve.pdf;\r\n filename*0*=utf-8''na%C3",
        "naïve.pdf",
    ),
    ("Content-Type: application/pdf; name*=iso-8859-1''caf%E9.pdf", "café.pdf"),
    ('Content-Type: application/pdf; name="=?utf-8?q?caf=C3=A9=2Epdf?="', "café.pdf"),
    ("Content-Type: application/pdf; name==?utf-8?q?caf=C3=A9=2Epdf?=", "café.pdf"),
    (
        'Content-Type: application/pdf; name="=?utf-8?B?Y2Fmw6k=?=\r\n =?utf-8?B?LnBkZg==?="',
        "café.pdf",
    ),
    (
        "Content-Disposition: attachment; filename==?utf-8?B?Y2Fmw6kucGRm?=\r\nContent-Type: application/pdf",
        "café.pdf",
    ),
    (
        "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=caf\u00e9.pdf",
        "café.pdf",
    ),
    (
        "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a b c.pdf",
        "a b c.pdf",
    ),
    ("Content-Type: application/pdf\r\nContent-Disposition: attachment; filename='a.pdf'", "a.pdf"),
    (
        'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="a;b.pdf"',
        "a;b.pdf",
    ),
    (
        'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="a \\"b\\".pdf"',
        "a _b_.pdf",
    ),
    (
        'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="C:\\\\docs\\\\a.pdf"',
        "a.pdf",
    ),
    (
        'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="/etc/a.pdf"',
        "a.pdf",
    ),
    (
        'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="../../a.pdf"',
        "a.pdf",
    ),
    ("Content-Type: application/pdf\r\nContent-Disposition: attachment", "attachment-1.pdf"),
    ("Content-Type: application/pdf", "attachment-1.pdf"),
    ('Content-Type: application/octet-stream; name=""', "attachment-1.bin"),
    ("Content-Type: image/png\r\nContent-ID: <x@y>", "attachment-1.png"),
    ("Content-Type: APPLICATION/PDF; NAME=A.PDF", "A.PDF"),
    ("Content-Type: application/pdf; name=a.pdf;", "a.pdf"),
    ("Content-Type: application/pdf;; name=a.pdf", "a.pdf"),
    ("Content-Type: application/pdf;name=a.pdf;x-unix-mode=0644", "a.pdf"),
    ("Content-Type: application/pdf\r\nContent-Disposition: attachment ;filename = a.pdf", "a.pdf"),
    (
        "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a%20b.pdf",
        "a%20b.pdf",
    ),
    (
        'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="a%C3%A9.pdf"',
        "a%C3%A9.pdf",
    ),
    (
        'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="unterminated.pdf',
        "unterminated.pdf",
    ),
    (
        "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*=''plain.pdf",
        "plain.pdf",
    ),
    (
        "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*=plain.pdf",
        "plain.pdf",
    ),
    (
        "Content-Type: text/plain; name=log.txt\r\nContent-Disposition: attachment; filename=log.txt",
        "log.txt",
    ),
    (
        "Content-Type: text/html; name=page.html\r\nContent-Disposition: attachment; filename=page.html",
        "page.html",
    ),
    ("Content-Type: text/plain; name=log.txt", "log.txt"),
    ("Content-Type: text/plain\r\nContent-Disposition: inline; filename=log.txt", "log.txt"),
    ("Content-Type: text/calendar; method=REQUEST", "attachment-1.ics"),
    ("Content-Type: text/x-vcard; name=ana.vcf", "ana.vcf"),
    ("Content-Type: text/csv; name=a.csv", "a.csv"),
    ("Content-Type: image/jpeg; name=IMG.jpg\r\nContent-Description: photo", "IMG.jpg"),
    ("Content-Type: application/pdf\r\nContent-Location: a.pdf", "a.pdf"),
    ("Content-Type: application/pdf\r\nContent-Description: invoice.pdf", "invoice.pdf"),
    ("Content-Type: message/rfc822", "attachment-1.eml"),
    ("Content-Type: application/pgp-signature", "attachment-1.asc"),
    ("Content-Type: foo; name=a.dat", "a.dat"),
    (
        "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"a.pdf\"; filename*=utf-8''b.pdf",
        "b.pdf",
    ),
    ("Content-Type: application/pdf\r\nContent-Disposition: filename=a.pdf", "a.pdf"),
    ("Content-Type: application/pdf\r\nContent-Disposition: attachment; name=a.pdf", "a.pdf"),
    (
        'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="=?UTF-8?Q?a_=28b=29.pdf?="',
        "a (b).pdf",
    ),
    (
        'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*0="=?utf-8?q?caf=C3"; filename*1="=A9.pdf?="',
        "café.pdf",
    ),
    ('Content-Type: application/pdf; name="a\r\n b.pdf"', "a b.pdf"),
]
BODIES = [
    (
        "Content-Type: text/plain; format=flowed",
        b"This is \r\nflowed.\r\n\r\nNew",
        "This is flowed.\n\nNew",
    ),
    (
        "Content-Type: text/plain; format=flowed; delsp=yes",
        b"This is \r\nflowed.",
        "This isflowed.",
    ),
    (
        "Content-Type: text/plain; format=flowed",
        b" From here\r\n >not quote",
        "From here\n>not quote",
    ),
    ("Content-Type: text/plain; format=flowed", b"> a \r\n> b\r\nc", "> a b\nc"),
    ("Content-Type: text/plain; format=flowed", b"> a \r\nc", "> a \nc"),
    ("Content-Type: text/plain; format=flowed", b"Hi\r\n-- \r\nAna \r\nRuiz", "Hi\n-- \nAna Ruiz"),
    (
        "Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; charset=utf-8",
        b"Caf=C3=A9 =\r\nau lait=20\r\n",
        "Café au lait ",
    ),
    (
        "Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; charset=utf-8",
        b"Caf=c3=a9 = \r\nau",
        "Café au",
    ),
    (
        "Content-Transfer-Encoding: QUOTED-PRINTABLE ; x\r\nContent-Type: text/plain; charset=utf-8",
        b"Caf=C3=A9",
        "Café",
    ),
    (
        'Content-Transfer-Encoding: "base64"\r\nContent-Type: text/plain; charset=utf-8',
        base64.b64encode("Café".encode()),
        "Café",
    ),
    ("Content-Transfer-Encoding: 8bit\r\nContent-Type: text/plain", "Café".encode(), "Café"),
    (
        "Content-Transfer-Encoding: 8bit\r\nContent-Type: text/plain",
        "Café".encode("latin1"),
        "Café",
    ),
    (
        "Content-Type: text/html",
        b"<html><head><style>p{}</style></head><body><p>Hi</p><p>you</p></body></html>",
        "Hi\n\nyou",
    ),
    ("Content-Type: text/html", '<meta charset="iso-8859-1"><p>Café</p>'.encode("latin1"), "Café"),
    (
        "Content-Type: text/html",
        '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251"><p>Привет</p>'.encode(
            "cp1251"
        ),
        "Привет",
    ),
    ("Content-Type: text/html", b"a<br>b<br/>c", "a\nb\nc"),
    ("Content-Type: text/html", b"<div>a</div><div>b</div>", "a\nb"),
    ("Content-Type: text/html", b"<p>a<p>b", "a\n\nb"),
    ("Content-Type: text/html", b'<a href="https://x.example/y">link</a>', "link"),
    ("Content-Type: text/html", b"<pre>a\n  b</pre>", "a\n  b"),
    ("Content-Type: text/html", b"<!-- c --><p>a</p><script>x()</script>", "a"),
    ("Content-Type: text/html", b"<table><tr><td>a</td><td>b</td></tr></table>", "a  b"),
    ("X-A: b", b"Hi\x00there", "Hithere"),
    ("X-A: b", b"\xef\xbb\xbfHi", "Hi"),
    ("Content-Type: text/plain; charset=utf-16", "\ufeffHi".encode("utf-16-le"), "Hi"),
    ("Content-Type: text", b"Hi", "Hi"),
    ("Content-Type: plain/text", b"Hi", "Hi"),
    ("Content-Type: text/plain charset=utf-8", "Café".encode(), "Café"),
    ("Content-Type: ;charset=utf-8", "Café".encode(), "Café"),
]
CHARSETS = [
    ("cp-850", "cp850"),
    ("x-sjis", "shift_jis"),
    ("gb18030", "gb18030"),
    ("iso-2022-jp", "iso2022_jp"),
    ("unicode-1-1-utf-7", "utf-7"),
    ("windows-874", "cp874"),
    ("ks_c_5601-1987", "cp949"),
    ("x-mac-roman", "mac_roman"),
    ("euc-jp", "euc_jp"),
    ("big5", "big5"),
    ("koi8-r", "koi8_r"),
    ("koi8-u", "koi8_u"),
    ("iso-8859-2", "iso8859_2"),
    ("iso-8859-7", "iso8859_7"),
    ("windows-1255", "cp1255"),
    ("windows-1256", "cp1256"),
    ("iso-8859-8-i", "iso8859_8"),
    ("utf-16", "utf-16"),
    ("utf-16le", "utf-16-le"),
    ("utf8", "utf8"),
    ("UTF_8", "utf8"),
    ('"utf-8"', "utf8"),
    ("ansi_x3.4-1968", "ascii"),
    ("iso8859-15", "iso8859_15"),
    ("latin1", "latin1"),
    ("l1", "latin1"),
    ("iso_8859-1", "latin1"),
    ("x-windows-1252", "cp1252"),
    ("win-1251", "cp1251"),
    ("cp1251", "cp1251"),
    ("windows1250", "cp1250"),
    ("hz-gb-2312", "hz"),
    ("iso-2022-kr", "iso2022_kr"),
    ("tis-620", "tis_620"),
    ("binary", "utf8"),
    ("8bit", "utf8"),
    ("utf-8;", "utf8"),
    ("utf-8 format=flowed", "utf8"),
    ("ibm866", "cp866"),
    ("csISO2022JP", "iso2022_jp"),
    ("euc-kr", "euc_kr"),
    ("johab", "johab"),
    ("iso-8859-16", "iso8859_16"),
    ("utf-32", "utf-32"),
]
WORDS = (
    *("Привет мир", "Café à la crème", "こんにちは世界", "你好世界", "안녕하세요", "สวัสดี"),
    *("שלום", "مرحبا", "Γειά"),
)
HEAD = "From: s@x.example\r\nTo: d@desk.example\r\nSubject: a\r\n"


def _body(head: str, data: bytes) -> IncomingMessage:
    return read(f"{HEAD}{head}\r\n\r\n".encode() + data)


def _said_in(codec: str) -> list[str]:
    def survives(text: str) -> bool:
        try:
            return text.encode(codec).decode(codec) == text
        except UnicodeError:
            return False

    return [text for text in WORDS if survives(text)]


@pytest.mark.parametrize(("head", "expected"), NAMES)
def test_name_of_an_attachment(head: str, expected: str) -> None:
    [attachment] = read(multipart("mixed", TEXT, (head, "data"))).attachments

    assert attachment.filename == expected


@pytest.mark.parametrize(("head", "data", "expected"), BODIES)
def test_text(head: str, data: bytes, expected: str) -> None:
    assert _body(head, data).text == expected


@pytest.mark.parametrize(("charset", "codec"), CHARSETS)
def test_charset(charset: str, codec: str) -> None:
    encoded = "\r\nContent-Transfer-Encoding: base64"
    for text in _said_in(codec):
        head, data = f"Content-Type: text/plain; charset={charset}", text.encode(codec)
        assert _body(head, data).text == text
        assert _body(head + encoded, base64.encodebytes(data)).text == text


@pytest.mark.parametrize(
    ("kind", "page", "head", "inline"),
    [
        ("related", SHOWING, PICTURE, True),
        ("mixed", SHOWING, PICTURE, True),
        ("mixed", SHOWING, f"{PICTURE}\r\nContent-Disposition: attachment", True),
        ("mixed", TEXT, PICTURE, False),
        ("mixed", TEXT, f"{PICTURE}\r\nContent-Disposition: inline", True),
        ("mixed", TEXT, f"{PICTURE}\r\nContent-Disposition: attachment", False),
    ],
)
def test_pictures_that_the_text_shows_are_inline(
    kind: str,
    page: tuple[str, str],
    head: str,
    inline: bool,  # noqa: FBT001
) -> None:
    [picture] = read(multipart(kind, page, (head, "data"))).attachments

    assert (picture.filename, picture.inline) == ("i.png", inline)


def test_an_attached_mail_is_one_attachment() -> None:
    inner = (
        "From: b@x.example\r\nSubject: Old news\r\nContent-Type: multipart/mixed; boundary=in\r\n"
        "\r\n--in\r\n\r\nold\r\n--in\r\nContent-Type: application/pdf; name=in.pdf\r\n\r\nx\r\n--in--"
    )
    message = read(multipart("mixed", TEXT, ("Content-Type: message/rfc822", inner)))

    assert [a.filename for a in message.attachments] == ["Old news.eml"]
    assert message.text == "Hi"


def test_text_goes_on_after_a_picture() -> None:
    parts = (
        TEXT,
        ("Content-Type: image/png; name=i.png", "x"),
        ("Content-Type: text/plain", "You"),
    )

    assert read(multipart("mixed", *parts)).text == "Hi\nYou"


@pytest.mark.parametrize("size", range(STRETCH - 8, STRETCH + 8))
def test_a_boundary_is_found_wherever_it_lies(size: int) -> None:
    text = "-" + "x" * (size - 1)

    message = read(multipart("mixed", ("Content-Type: text/plain", text), PDF))

    assert message.text == text
    assert [file.filename for file in message.attachments] == ["a.pdf"]


@pytest.mark.parametrize("kind", ["application-x-zip", "unknown", "x-zip;"])
def test_who_names_a_file_means_no_text(kind: str) -> None:
    [file] = read(multipart("mixed", TEXT, (f"Content-Type: {kind}; name=a.zip", "PK"))).attachments

    assert (file.filename, file.content_type) == ("a.zip", "application/octet-stream")


def test_pictures_without_a_name_get_one_that_fits() -> None:
    [file] = read(multipart("mixed", TEXT, ("Content-Type: image/jpg", "JFIF"))).attachments

    assert file.filename == "attachment-1.jpg"


def test_html_with_a_file_in_its_midst_stays_whole() -> None:
    html = "--in\r\nContent-Type: text/html\r\n\r\n<p>{}</p>\r\n"
    file = "--in\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n%PDF\r\n"
    pieces = f"{html.format('Before.')}{file}{html.format('After.')}--in--"
    mixed = ('Content-Type: multipart/mixed; boundary="in"', pieces)

    message = read(multipart("alternative", ("Content-Type: text/plain", "Both."), mixed))

    assert message.text == "Both."
    assert (message.html or "").split() == ["<p>Before.</p>", "<p>After.</p>"]
    assert [each.filename for each in message.attachments] == ["a.pdf"]


def test_html_beside_other_html_is_its_alternative() -> None:
    poor, rich = (("Content-Type: text/html", f"<p>{word}</p>") for word in ("Poor.", "Rich."))

    message = read(multipart("alternative", poor, rich))

    assert (message.text, (message.html or "").strip()) == ("Rich.", "<p>Rich.</p>")
