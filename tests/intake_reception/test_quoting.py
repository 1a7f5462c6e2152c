# ruff: noqa: RUF001 - the words are of many languages

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.quoting import divide

NEW = "It works now, thank you."


@pytest.mark.parametrize(
    "introduction",
    [
        "On Mon, 2 Mar 2026 at 10:00, Support <s@d.example> wrote:",
        "Am 02.03.2026 um 10:00 schrieb Support:",
        "Support <s@d.example> schrieb am Mo., 2. März 2026 um 10:00:",
        "Le lun. 2 mars 2026 à 10:00, Support <s@d.example> a écrit :",
        "El lun, 2 mar 2026 a las 10:00, Support (<s@d.example>) escribió:",
        "Il giorno lun 2 mar 2026 alle ore 10:00 Support <s@d.example> ha scritto:",
        "Em seg., 2 de mar. de 2026 às 10:00, Support <s@d.example> escreveu:",
        "Op ma 2 mrt. 2026 om 10:00 schreef Support <s@d.example>:",
        "Den mån 2 mars 2026 kl 10:00 skrev Support <s@d.example>:",
        "ma 2. maalisk. 2026 klo 10.00 Support (s@d.example) kirjoitti:",
        "pon., 2 mar 2026 o 10:00 Support <s@d.example> napisał(a):",
        "po 2. 3. 2026 v 10:00 odesílatel Support <s@d.example> napsal:",
        "пн, 2 мар. 2026 г. в 10:00, Support <s@d.example> написал:",
        "пн, 2 бер. 2026 р. о 10:00 Support <s@d.example> пише:",
        "Support <s@d.example>, 2 Mar 2026 Pzt, 10:00 tarihinde şunu yazdı:",
        "Support <s@d.example> 于2026年3月2日周一 10:00写道：",
        "2026年3月2日(月) 10:00 Support <s@d.example> さんが書きました:",
        "2026-03-02 10:00 GMT+01:00 Support <s@d.example>:",
        "пн, 2 мар. 2026 г. в 10:00, Support <s@d.example>:",
        "Op 2 mrt. 2026, om 10:00 heeft Support <s@d.example> het volgende geschreven:",
        "Wiadomość napisana przez Support <s@d.example> w dniu 2 mar 2026, o godz. 10:00:",
        "Support <s@d.example> ezt írta (időpont: 2026. márc. 2., H, 10:00):",
        "În lun., 2 mar. 2026 la 10:00, Support <s@d.example> a scris:",
        "Στις Δευ 2 Μαρ 2026 στις 10:00 π.μ., ο χρήστης Support <s@d.example> έγραψε:",
        "\u202bבתאריך יום ב׳, 2 במרץ 2026 ב-10:00 מאת \u202aSupport\u202c <s@d.example>:",
        "في الاثنين، ٢ مارس ٢٠٢٦ في ١٠:٠٠ ص تمت كتابة ما يلي بواسطة Support <s@d.example>:",
        "2026년 3월 2일 (월) 오전 10:00, Support <s@d.example>님이 작성:",
        "Quoting Support <s@d.example>:",
        "Begin forwarded message:",
        "##- Please type your reply above this line -##",
        "-----Original Message-----",
        "-------- Ursprüngliche Nachricht --------",
        "-----Mensaje original-----",
        "-------- Message d'origine --------",
    ],
)
def test_an_introduction_and_its_quote_are_cut(introduction: str) -> None:
    found = divide(f"{NEW}\n\n{introduction}\n> Please try again.\n> Support")

    assert found.new == NEW
    assert found.quoted.startswith(introduction)


@pytest.mark.parametrize(
    "block",
    [
        "From: Support <s@d.example>\nSent: Monday, 2 March 2026\nTo: Ana\nSubject: Help",
        "Von: Support <s@d.example>\nGesendet: Montag, 2. März 2026\nAn: Ana\nBetreff: Hilfe",
        "De : Support <s@d.example>\nEnvoyé : lundi 2 mars 2026\nÀ : Ana\nObjet : Aide",
        "De: Support\nEnviado el: lunes\nEnviado: lunes\nPara: Ana\nAsunto: Ayuda",
        "Van: Support\nVerzonden: maandag\nAan: Ana\nOnderwerp: Hulp",
        "Från: Support\nSkickat: den 2 mars 2026\nTill: Ana\nÄmne: Hjälp",
        "*From:* Support\n*Sent:* Monday\n*To:* Ana\n*Subject:* Help",
        "________________________________\nFrom: Support\nSent: Monday\nTo: Ana\nSubject: Help",
        "De la: Support\nTrimis: luni\nCătre: Ana\nSubiect: Ajutor",
        "Od: Support\nPoslano: 2. 3. 2026\nPrima: Ana\nPredmet: Pomoć",
        "Từ: Support\nĐã gửi: 2/3/2026\nĐến: Ana\nChủ đề: Giúp",
        "מאת: Support\nנשלח: 2.3.2026\nאל: Ana\nנושא: עזרה",
        "发件人: Support\n发送时间: 2026年3月2日\n收件人: Ana\n主题: Help",
    ],
)
def test_a_block_of_headers_and_what_follows_are_cut(block: str) -> None:
    assert divide(f"{NEW}\n\n{block}\n\nPlease try again.").new == NEW


@pytest.mark.parametrize(
    "text",
    [
        "On Monday I wrote:\nnothing new",
        "From: here\nTo there it is far.",
        "> this is what you said\n\nand this is my answer",
        "My order:\n\n- 2 chairs\n- 1 table",
        "It says:\n-5 degrees",
        "Call me at 10:30 or write to <ana@x.example>.",
        "Dear team,\n\nthe error says: not found\n\nAna",
    ],
)
def test_prose_stays_whole(text: str) -> None:
    assert divide(text).new == text


def test_answers_between_quotes_keep_the_quotes() -> None:
    text = "On Mon, 2 Mar 2026, S wrote:\n> Which printer?\nThe left one.\n> Since when?\nMonday."

    found = divide(text)

    assert found.new == "> Which printer?\nThe left one.\n> Since when?\nMonday."


def test_an_answer_below_the_quote() -> None:
    found = divide(f"On Mon, 2 Mar 2026, S wrote:\n> Does it work?\n\n{NEW}")

    assert found.new == NEW


def test_a_greeting_above_the_quote_is_no_answer_to_it() -> None:
    found = divide(f"Hi Sam,\nOn Mon, 2 Mar 2026, S wrote:\n> Does it work?\n\n{NEW}")

    assert found.new == f"Hi Sam,\n{NEW}"


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nAna Ruiz\nTel. 600",
        "--\nAna Ruiz",
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "Enviado desde mi iPhone",
        "____________________\nAna Ruiz",
        "-Ana",
        "--Ana Ruiz",
        "从我的iPhone发送",
        "Outlook für iOS herunterladen",
    ],
)
def test_signatures_are_cut(signature: str) -> None:
    found = divide(f"{NEW}\n\n{signature}")

    assert found.new == NEW
    assert found.quoted == signature


def test_where_nothing_would_be_left_nothing_is_cut() -> None:
    forwarded = "-- \nAna Ruiz"

    assert divide(forwarded).new == forwarded


def test_a_mail_that_only_forwards_shows_what_it_forwards() -> None:
    found = divide(
        "---------- Forwarded message ----------\nFrom: Bob <b@x.example>\nDate: Mon\n"
        "Subject: Invoice\nTo: Ana\n\nThe invoice is wrong."
    )

    assert found.new == "The invoice is wrong."


@given(st.text(alphabet=st.sampled_from("> \n-_:|aOn1@wrote.From<"), max_size=300))
def test_every_line_is_kept_once(text: str) -> None:
    """New and quoted together are the text, but for blank lines at their edges."""
    found = divide(text)

    def written(part: str) -> list[str]:
        return sorted(line.strip() for line in part.split("\n") if line.strip())

    assert sorted(written(found.new) + written(found.quoted)) == written(text)


def test_a_long_dash_above_a_signature() -> None:
    found = divide("Thank you.\n\n—————\nAna Ruiz\nLamps and more\n")

    assert found.new == "Thank you."
