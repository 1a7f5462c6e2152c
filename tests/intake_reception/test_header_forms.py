"""What is read of headers as they are really written; all samples are ours."""

# ruff: noqa: RUF001 - some are Russian

from datetime import UTC, datetime

import pytest

from services.intake.domain.message import Person
from tests.intake_reception.mails import read


def _mail(header: str, value: str) -> bytes:
    head = f"To: x@desk.example\r\nX-Other: y\r\n{header}: {value}\r\n"
    return f"{head}\r\nHi\r\n".encode()


def _at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)  # type: ignore[misc,arg-type]


def _pair(person: Person) -> tuple[str | None, str | None]:
    return person.address, person.name


SENDERS = [
    ("ana@x.example", ("ana@x.example", None)),
    ("<ana@x.example>", ("ana@x.example", None)),
    ("Ana <ana@x.example>", ("ana@x.example", "Ana")),
    ('"Ruiz, Ana" <ana@x.example>', ("ana@x.example", "Ruiz, Ana")),
    ("Ruiz, Ana <ana@x.example>", ("ana@x.example", "Ruiz, Ana")),
    ('"Ana \\"Lamp\\" Ruiz" <ana@x.example>', ("ana@x.example", 'Ana "Lamp" Ruiz')),
    ("'Ana Ruiz' <ana@x.example>", ("ana@x.example", "Ana Ruiz")),
    ("ana@x.example (Ana Ruiz)", ("ana@x.example", "Ana Ruiz")),
    ("Ana (home) Ruiz <ana@x.example> (work)", ("ana@x.example", "Ana Ruiz")),
    ("=?utf-8?q?Ana_Ru=C3=ADz?= <ana@x.example>", ("ana@x.example", "Ana Ruíz")),
    ('"=?utf-8?q?Ana_Ru=C3=ADz?=" <ana@x.example>', ("ana@x.example", "Ana Ruíz")),
    ("=?utf-8?b?UnVpeiwgQW5h?= <ana@x.example>", ("ana@x.example", "Ruiz, Ana")),
    ("=?iso-8859-1?q?Ruiz=2C_Ana?= <ana@x.example>", ("ana@x.example", "Ruiz, Ana")),
    ("=?utf-8?q?=22Ana=22?= <ana@x.example>", ("ana@x.example", "Ana")),
    (
        "=?ISO-8859-1?Q?Jos=E9?= =?ISO-8859-1?Q?_P=E9rez?= <jp@x.example>",
        ("jp@x.example", "José Pérez"),
    ),
    ("=?utf-8?q?Ana?=<ana@x.example>", ("ana@x.example", "Ana")),
    ("Ana Ruiz<ana@x.example>", ("ana@x.example", "Ana Ruiz")),
    ("Ana Ruiz ana@x.example", ("ana@x.example", "Ana Ruiz")),
    ("Ana Ruiz <ana@x.example", ("ana@x.example", "Ana Ruiz")),
    ("Ana Ruiz [mailto:ana@x.example]", ("ana@x.example", "Ana Ruiz")),
    ('"ana@x.example" <ana@x.example>', ("ana@x.example", None)),
    ("ana@work.example <ana@x.example>", ("ana@x.example", "ana@work.example")),
    ('"ana@work.example" <ana@x.example>', ("ana@x.example", "ana@work.example")),
    ("Ana Ruiz via Desk <ana@x.example>", ("ana@x.example", "Ana Ruiz via Desk")),
    ("Ana <ana@x.example>, Bob <bob@x.example>", ("ana@x.example", "Ana")),
    ("Friends: Ana <ana@x.example>, Bob <bob@x.example>;", ("ana@x.example", "Ana")),
    ("undisclosed-recipients:;", (None, None)),
    ("<@a.example,@b.example:ana@x.example>", ("ana@x.example", None)),
    ("ANA@X.EXAMPLE", ("ANA@X.EXAMPLE", None)),
    ("ana+tag@x.example", ("ana+tag@x.example", None)),
    ("o'brien@x.example", ("o'brien@x.example", None)),
    ('"ana ruiz"@x.example', ('"ana ruiz"@x.example', None)),
    ('Ana <"ana ruiz"@x.example>', ('"ana ruiz"@x.example', "Ana")),
    ("ana@[192.0.2.1]", ("ana@[192.0.2.1]", None)),
    ("Ana <ana@[192.0.2.1]>", ("ana@[192.0.2.1]", "Ana")),
    ("José <josé@exámple.example>", ("josé@exámple.example", "José")),
    ("josé@xn--exmple-cua.example", ("josé@xn--exmple-cua.example", None)),
    ("Ana Ruiz <ana@x.example>;", ("ana@x.example", "Ana Ruiz")),
    ("Ana: Support <ana@x.example>", ("ana@x.example", "Ana: Support")),
    ('"Ana: Support" <ana@x.example>', ("ana@x.example", "Ana: Support")),
    ("Ana Ruiz <<ana@x.example>>", ("ana@x.example", "Ana Ruiz")),
    ("Ana Ruiz < ana@x.example >", ("ana@x.example", "Ana Ruiz")),
    ("<Ana Ruiz> <ana@x.example>", ("ana@x.example", "Ana Ruiz")),
    ('"Ana <work>" <ana@x.example>', ("ana@x.example", "Ana <work>")),
    ("Ana Ruiz <mailto:ana@x.example>", ("ana@x.example", "Ana Ruiz")),
    ("Ana\r\n Ruiz\r\n <ana@x.example>", ("ana@x.example", "Ana Ruiz")),
    ("Dr. Ana B. Ruiz <ana@x.example>", ("ana@x.example", "Dr. Ana B. Ruiz")),
    ("Ana @ Lamps <ana@x.example>", ("ana@x.example", "Ana @ Lamps")),
    ("Ana & Co. [Lamps] <ana@x.example>", ("ana@x.example", "Ana & Co. [Lamps]")),
    ("MAILER-DAEMON", ("MAILER-DAEMON", None)),
    ('"Ana" "Ruiz" <ana@x.example>', ("ana@x.example", "Ana Ruiz")),
    ("=?UTF-8?B?QW5h?=\r\n =?UTF-8?B?IFJ1aXo=?= <ana@x.example>", ("ana@x.example", "Ana Ruiz")),
    ("=?utf-8?Q?Ana=20Ruiz=20<ana@x.example>?=", ("ana@x.example", "Ana Ruiz")),
    ("=?utf-8?B?QW5hIDxhbmFAeC5leGFtcGxlPg==?=", ("ana@x.example", "Ana")),
    ("=?utf-8?q?ana=40x=2Eexample?=", ("ana@x.example", None)),
    ("Ana <=?utf-8?q?ana=40x=2Eexample?=>", ("ana@x.example", "Ana")),
]
RECIPIENTS = [
    (
        "=?iso-8859-2?q?=A3ukasz?= (a@x.example), b@x.example",
        [("a@x.example", "Łukasz"), ("b@x.example", None)],
    ),
    ("Team: a@x.example (Ana); (nobody else)", [("a@x.example", "Ana")]),
    ("a@x.example, b@x.example", [("a@x.example", None), ("b@x.example", None)]),
    (
        '"Doe, Jane" <a@x.example>, "Roe, Rick" <b@x.example>',
        [("a@x.example", "Doe, Jane"), ("b@x.example", "Roe, Rick")],
    ),
    (
        "=?utf-8?q?Doe=2C_Jane?= <a@x.example>,=?utf-8?q?R=C3=B6e?= <b@x.example>",
        [("a@x.example", "Doe, Jane"), ("b@x.example", "Röe")],
    ),
    ("a@x.example; b@x.example", [("a@x.example", None), ("b@x.example", None)]),
    (
        "Team: a@x.example, B <b@x.example>; c@x.example",
        [("a@x.example", None), ("b@x.example", "B"), ("c@x.example", None)],
    ),
    ("undisclosed-recipients:;", []),
    ("a@x.example,,b@x.example,", [("a@x.example", None), ("b@x.example", None)]),
    ("a@x.example b@x.example", [("a@x.example", None), ("b@x.example", None)]),
    ("<a@x.example> <b@x.example>", [("a@x.example", None), ("b@x.example", None)]),
    (
        "Jane (the, boss) <a@x.example>, b@x.example (Rick)",
        [("a@x.example", "Jane"), ("b@x.example", "Rick")],
    ),
    (
        '"Jane" <a@x.example>\r\n\t, "Rick" <b@x.example>',
        [("a@x.example", "Jane"), ("b@x.example", "Rick")],
    ),
]
SUBJECTS = [
    ("Hello", "Hello"),
    ("  Hello  ", "Hello"),
    ("Hello\r\n World", "Hello World"),
    ("Hello\r\n\tWorld", "Hello World"),
    ("=?utf-8?q?Caf=C3=A9?=", "Café"),
    ("=?UTF-8?B?Q2Fmw6k=?=", "Café"),
    ("=?utf-8?b?Q2Fmw6k?=", "Café"),
    ("=?utf-8?q?Caf=C3?= =?utf-8?q?=A9?=", "Café"),
    ("=?utf-8?b?Q2Fm?=\r\n =?utf-8?b?w6k=?=", "Café"),
    ("=?utf-8?q?Caf=C3=A9?= au lait", "Café au lait"),
    ("Re: =?iso-8859-1?q?Caf=E9?=", "Re: Café"),
    ("=?utf-8?q?Caf=C3=A9_?= =?utf-8?q?lait?=", "Café lait"),
    ("=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
    ("=?utf-8?q?a b c?=", "a b c"),
    ("=?iso-8859-1*en?q?Caf=E9?=", "Café"),
    ("=?us-ascii?q?Caf=E9?=", "Café"),
    ("=?x-unknown?q?Caf=C3=A9?=", "Café"),
    ("=?utf-8?q?Caf=E9?=", "Café"),
    ("=?utf-8?x?foo?=", "=?utf-8?x?foo?="),
    ("=?utf-8?q??=", None),
    ("=?utf-8?Q?Caf=c3=a9?=", "Café"),
    ('"=?utf-8?q?Caf=C3=A9?="', '"Café"'),
    ("=?utf-8?q?Caf=C3=A9?=, =?utf-8?q?th=C3=A9?=", "Café, thé"),
    ("=?utf-8?q?Caf=C3=A9?==?utf-8?q?_th=C3=A9?=", "Café thé"),
    ("=?iso-2022-jp?B?GyRCJDMkcyRLJEEkTxsoQg==?=", "こんにちは"),
    ("=?ISO-2022-JP?B?GyRCJDMkcyQ=?= =?ISO-2022-JP?B?SyRBJE8bKEI=?=", "こんにちは"),
    ("=?shift_jis?B?grGC8YLJgr+CzQ==?=", "こんにちは"),
    ("=?gb2312?B?xOO6ww==?=", "你好"),
    ("=?big5?B?p0GmbqFB?=", "你好，"),
    ("=?euc-kr?B?vsiz5w==?=", "안녕"),
    ("=?ks_c_5601-1987?B?vsiz5w==?=", "안녕"),
    ("=?koi8-r?B?8NLJ18XU?=", "Привет"),
    ("=?windows-1251?B?z/Do4uXy?=", "Привет"),
    ("=?utf-7?Q?+BB8EQAQ4BDIENQRC-?=", "Привет"),
    ("=?utf-8?q?=F0=9F=94=A5_fire?=", "🔥 fire"),
    ("=?utf-8?q?a=0D=0ABcc:_x@y?=", "a Bcc: x@y"),
    ("=?utf-8?q?trunc=C3=A9", "truncé"),
    ("=?utf-8?B?8J+UpSBmaXJl", "🔥 fire"),
    ("=?cp-850?Q?Caf=82?=", "Café"),
    ("=?ibm850?Q?Caf=82?=", "Café"),
    ("=?macintosh?Q?Caf=8E?=", "Café"),
    ("=?windows-874?Q?=CA=C7=D1=CA=B4=D5?=", "สวัสดี"),
    ("=?iso-8859-15?q?10_=A4?=", "10 €"),
    ("=?iso-8859-1?q?10_=80?=", "10 €"),
    ("=?UTF-8?Q?=E2=82=AC?= 10", "€ 10"),
    ("=?utf-8?Q?50%_off?=", "50% off"),
    ("=?utf-8?q?a=ZZb?=", "a=ZZb"),
    ("=?utf-8?b?SGVsbG8gV29ybGQ?= (x)", "Hello World (x)"),
    ("a =?utf-8?q?b?=c", "a bc"),
    ("=?utf-8?Q?What=3F?=", "What?"),
    ("=?utf-8?Q?What??=", "What?"),
]
DATES = [
    ("Mon, 02 Mar 2026 09:00:00 +0100", _at(2026, 3, 2, 8)),
    ("2 Mar 2026 09:00:00 +0100", _at(2026, 3, 2, 8)),
    ("Mon, 2 Mar 2026 09:00 +0100", _at(2026, 3, 2, 8)),
    ("Mon, 02 Mar 2026 09:00:00 GMT", _at(2026, 3, 2, 9)),
    ("Mon, 02 Mar 2026 09:00:00 EST", _at(2026, 3, 2, 14)),
    ("Mon, 02 Mar 2026 09:00:00 CET", _at(2026, 3, 2, 8)),
    ("Mon, 02 Mar 2026 09:00:00 PDT", _at(2026, 3, 2, 16)),
    ("Mon, 02 Mar 2026 09:00:00 +0100 (CET)", _at(2026, 3, 2, 8)),
    ("Mon, 02 Mar 2026 09:00:00", _at(2026, 3, 2, 9)),
    ("Mon,02 Mar 2026 09:00:00 -0500", _at(2026, 3, 2, 14)),
    ("Mon, 02 March 2026 09:00:00 +0100", _at(2026, 3, 2, 8)),
    ("Mon, 02 Mar 26 09:00:00 +0100", _at(2026, 3, 2, 8)),
    ("2026-03-02T09:00:00+01:00", _at(2026, 3, 2, 8)),
    ("2026-03-02T09:00:00Z", _at(2026, 3, 2, 9)),
    ("2026-03-02 09:00:00 +0100", _at(2026, 3, 2, 8)),
    ("2026-03-02 09:00:00", _at(2026, 3, 2, 9)),
    ("Mon, 02 Mar 2026 09:00:00 +01:00", _at(2026, 3, 2, 8)),
    ("Mon Mar  2 09:00:00 2026", _at(2026, 3, 2, 9)),
    ("Mon Mar 2 09:00:00 CET 2026", _at(2026, 3, 2, 8)),
    ("Mon, 2-Mar-2026 09:00:00 +0100", _at(2026, 3, 2, 8)),
    ("Mon, 02 Mar 2026 09.00.00 +0100", _at(2026, 3, 2, 8)),
    ("Mon, 02 Mar 2026 09:00:00 UT", _at(2026, 3, 2, 9)),
    ("Mon, 02 Mar 2026 09:00:00 Z", _at(2026, 3, 2, 9)),
    ("Mon, 02 Mar 2026 09:00:00 GMT+0100", _at(2026, 3, 2, 8)),
    ("Mon, 02 Mar 2026 09:00:00 +0100 CET", _at(2026, 3, 2, 8)),
    ("Mo, 02 Mrz 2026 09:00:00 +0100", None),
    ("Montag, 2. März 2026 09:00", None),
    ("lun., 02 mars 2026 09:00:00 +0100", None),
    ("garbage", None),
    ("", None),
    ("Mon, 32 Mar 2026 09:00:00 +0100", None),
    ("Mon, 02 Mar 2026 25:00:00 +0100", None),
    ("Mon, 02 Mar 2026 09:00:60 +0000", _at(2026, 3, 2, 9, 0, 59)),
    ("Monday, 2 March 2026 9:00 AM", _at(2026, 3, 2, 9)),
    ("Mon, 02 Mar 2026 09:00:00 AM +0100", _at(2026, 3, 2, 8)),
    ("Mon, 02 Mar 2026 9:00:00 PM +0100", _at(2026, 3, 2, 20)),
    ("Tue, 02 Mar 2026 09:00:00 +2500", None),
    ("3/2/2026 9:00:00 AM", None),
]
REFERENCES = [
    ("In-Reply-To", "<a@x>", ("<a@x>",)),
    ("References", "<a@x> <b@x>", ("<b@x>", "<a@x>")),
    ("References", "<a@x><b@x>", ("<b@x>", "<a@x>")),
    ("References", "<a@x>,<b@x>", ("<b@x>", "<a@x>")),
    ("References", "<a@x>\r\n\t<b@x>", ("<b@x>", "<a@x>")),
    ("In-Reply-To", "a@x.example", ("<a@x.example>",)),
    ("References", "a@x.example b@x.example", ("<b@x.example>", "<a@x.example>")),
    ("In-Reply-To", "Your message of Mon, 2 Mar 2026 <a@x>", ("<a@x>",)),
    ("In-Reply-To", "<a@x> (Ana's message)", ("<a@x>",)),
    ("References", "<a\r\n b@x>", ("<ab@x>",)),
    ("In-Reply-To", '"Ana" <a@x>', ("<a@x>",)),
    ("In-Reply-To", "=?utf-8?q?=3Ca=40x=3E?=", ("<a@x>",)),
    ("In-Reply-To", "<a@b@x>", ("<a@b@x>",)),
    ("References", "<<a@x>>", ("<a@x>",)),
    ("References", "<a@x>;<b@x>", ("<b@x>", "<a@x>")),
    ("References", '"<a@x>"', ("<a@x>",)),
    ("In-Reply-To", "<noatsign>", ("<noatsign>",)),
    ("References", "", ()),
    ("References", "=?us-ascii?Q?=3Ca=40x=3E?= =?us-ascii?Q?_=3Cb=40x=3E?=", ("<b@x>", "<a@x>")),
]
IDS = [
    ("<a@x>", "<a@x>"),
    ("a@x", "<a@x>"),
    ("<a@b@x>", "<a@b@x>"),
    (" <a@x> (comment)", "<a@x>"),
    ("\r\n <a@x>", "<a@x>"),
    ("<a@x", "<a@x>"),
    ("<<a@x>>", "<a@x>"),
    ("<a b@x>", "<ab@x>"),
    ("", None),
    ("<>", None),
    ('"<a@x>"', "<a@x>"),
    ("=?utf-8?q?=3Ca=40x=3E?=", "<a@x>"),
]
# Headers in the raw bytes of the charset that the body is in.
RAW = [
    ("koi8-r", "Анна", "Привет, лампа"),
    ("windows-1251", "Анна", "Привет, лампа"),
    ("shift_jis", "アナ", "こんにちは、請求書です"),
    ("gb2312", "安娜", "你好，发票问题"),
    ("euc-kr", "안나", "안녕하세요"),
    ("iso-8859-2", "Łukasz", "Żarówka"),
    ("utf-8", "José", "Café"),
]


@pytest.mark.parametrize(("value", "expected"), SENDERS)
def test_sender(value: str, expected: tuple[str | None, str | None]) -> None:
    assert _pair(read(_mail("From", value)).sender) == expected


@pytest.mark.parametrize(("value", "expected"), RECIPIENTS)
def test_recipients(value: str, expected: list[tuple[str | None, str | None]]) -> None:
    mail = f"From: s@x.example\r\nTo: {value}\r\nSubject: a\r\n\r\nHi".encode()

    assert [_pair(person) for person in read(mail).to] == expected
    assert [_pair(person) for person in read(mail.replace(b"To:", b"Cc:")).cc] == expected


@pytest.mark.parametrize(("value", "expected"), SUBJECTS)
def test_subject(value: str, expected: str | None) -> None:
    assert read(_mail("Subject", value)).subject == expected


@pytest.mark.parametrize(("value", "expected"), DATES)
def test_date(value: str, expected: datetime | None) -> None:
    assert read(_mail("Date", value)).sent_at == expected


@pytest.mark.parametrize(("header", "value", "expected"), REFERENCES)
def test_references(header: str, value: str, expected: tuple[str, ...]) -> None:
    assert read(_mail(header, value)).references == expected


@pytest.mark.parametrize(("value", "expected"), IDS)
def test_message_id(value: str, expected: str | None) -> None:
    assert read(_mail("Message-ID", value)).external_id == expected


@pytest.mark.parametrize(("charset", "name", "subject"), RAW)
def test_raw_headers_are_in_the_bodys_charset(charset: str, name: str, subject: str) -> None:
    head = f"From: {name} <a@x.example>\r\nSubject: {subject}\r\nContent-Type: "
    part = f"text/plain; charset={charset}\r\n\r\nx\r\n"
    mixed = f"multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: {part}--b--\r\n"

    for body in (part, mixed):
        message = read(f"{head}{body}".encode(charset))
        assert (message.sender.name, message.subject) == (name, subject)


def test_who_only_has_a_name_gets_the_senders_address() -> None:
    message = read(b"From: Ana Ruiz\r\nSender: <ana@x.example>\r\nSubject: a\r\n\r\nHi")

    assert _pair(message.sender) == ("ana@x.example", "Ana Ruiz")


def test_without_from_others_name_the_sender() -> None:
    for header in ("Sender", "Reply-To", "Return-Path"):
        message = read(f"From:\r\n{header}: <ana@x.example>\r\nSubject: a\r\n\r\nHi".encode())
        assert message.sender.address == "ana@x.example"
