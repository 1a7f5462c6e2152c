"""Replies that come as HTML alone, with the elements in which clients put what they quote."""

import pytest

from services.intake.adapters.markup import read_markup
from services.intake.domain.quoting import CLIENTS_MARK, divide
from tests.intake_reception.mails import mail, read

NEW = "It works now."
OLD = "Please try again."
UNKNOWN = "Am Frobtag, 10:00, Support fe skribis"  # of no language that we know
HEAD = "<b>Fro:</b> Support<br><b>Tem:</b> 10:00<br><b>Al:</b> Ana<br><b>Sub:</b> Help"

FORMS = {
    "gmail": f'<div>{NEW}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">'
    f'{UNKNOWN}<br></div><blockquote class="gmail_quote"><div>{OLD}</div></blockquote></div>',
    "gmail container": f'<div>{NEW}</div><div class="gmail_quote gmail_quote_container">'
    f"<div>{UNKNOWN}</div><blockquote>{OLD}</blockquote></div>",
    "gmail older": f'{NEW}<div class="gmail_extra"><br><div class="gmail_quote">{UNKNOWN}'
    f"<blockquote>{OLD}</blockquote></div></div>",
    "outlook.com": f'<div>{NEW}</div><hr><div id="divRplyFwdMsg" dir="ltr">{HEAD}</div>{OLD}',
    "outlook.com nested": f'<div>{NEW}</div><hr><div id="x_divRplyFwdMsg">{HEAD}</div>{OLD}',
    "outlook web": f'<div>{NEW}</div><div id="appendonsend"></div><hr>{HEAD}<div>{OLD}</div>',
    "outlook mac": f'<div>{NEW}</div><span id="OLK_SRC_BODY_SECTION"><div>{HEAD}</div>'
    f"<div>{OLD}</div></span>",
    "outlook mobile": f'<div>{NEW}</div><div id="ms-outlook-mobile-signature">&nbsp;</div>'
    f"<div class='ms-outlook-mobile-reference-message'>{HEAD}<br>{OLD}</div>",
    "new outlook": f'<div>{NEW}</div><div id="mail-editor-reference-message-container">{HEAD}'
    f"<div>{OLD}</div></div>",
    "thunderbird": f'<p>{NEW}</p><div class="moz-cite-prefix">{UNKNOWN}<br></div>'
    f'<blockquote type="cite" cite="mid:1@x.example"><p>{OLD}</p></blockquote>',
    "apple": f"<div>{NEW}</div><div><br><blockquote type=cite><div>On 2 Mar 2026, at 10:00, S &lt;"
    f"s@d.example&gt; wrote:</div><br><div>{OLD}</div></blockquote></div>",
    "yahoo": f'<div>{NEW}</div><div id="yahoo_quoted_12" class="yahoo_quoted"><div>{UNKNOWN}</div>'
    f"<div>{OLD}</div></div>",
    "proton": f'<div>{NEW}</div><div class="protonmail_quote">{UNKNOWN}<br>'
    f'<blockquote class="protonmail_quote">{OLD}</blockquote></div>',
    "zoho": f'<div>{NEW}</div><div class="zmail_extra"><div>{UNKNOWN}</div>'
    f"<blockquote>{OLD}</blockquote></div>",
    "tutanota": f"<div>{NEW}</div>{'On 2 Mar 2026, 10:00 by s@d.example wrote:'}<br>"
    f'<blockquote class="tutanota_quote">{OLD}</blockquote>',
    "qq": f'<div>{NEW}</div><div class="qmbox"><div>{UNKNOWN}</div><div>{OLD}</div></div>',
    "word": f'<p class="MsoNormal">{NEW}</p><div style="border-top:solid #E1E1E1 1.0pt">'
    f"<p><b>From:</b> S &lt;s@d.example&gt;<br><b>Sent:</b> 2 March 2026 10:00<br><b>To:</b> Ana"
    f"<br><b>Subject:</b> Help</p></div><p>{OLD}</p>",
    "hotmail": f'{NEW}<br><br><hr id="stopSpelling">{HEAD}<br>{OLD}',
    "roundcube": f'<p>{NEW}</p><p id="reply-intro">{UNKNOWN}</p><blockquote>{OLD}</blockquote>',
    "forward": f'<div>{NEW}</div><div class="gmail_quote"><div class="gmail_attr">---------- '
    f"Forwarded message ---------<br>{HEAD}</div>{OLD}</div>",
}


@pytest.mark.parametrize("form", FORMS)
def test_what_an_element_holds_is_quoted(form: str) -> None:
    html = f"<html><body>{FORMS[form]}</body></html>"

    message = read(mail(html, headers={"Content-Type": "text/html; charset=utf-8"}))

    assert message.new_text == NEW
    assert OLD in (message.quoted_text or "")
    assert OLD in message.text
    assert CLIENTS_MARK not in f"{message.text}{message.html}{message.quoted_text}"


def test_answers_within_a_quote_stay() -> None:
    html = (
        f'<div class="gmail_quote"><div class="gmail_attr">{UNKNOWN}</div><blockquote>Which?'
        "</blockquote><div>The left one.</div><blockquote>Since when?</blockquote>"
        "<div>Monday.</div></div>"
    )

    assert divide(read_markup(html).text).new.split("\n") == [
        *("> Which?", "The left one.", "> Since when?", "Monday.")
    ]


def test_a_mail_that_is_all_quote_stays() -> None:
    assert OLD in divide(read_markup(f'<div class="gmail_quote">{OLD}</div>').text).new


def test_words_that_only_name_an_element_mark_nothing() -> None:
    html = (
        f"<p>Put gmail_quote into the class.</p><p>{NEW}</p><a href='https://x/gmail_quote'>y</a>"
    )

    assert divide(read_markup(html).text).quoted == ""


def test_a_senders_own_marks_are_dropped() -> None:
    assert divide(read_markup(f"<p>a</p><p>{CLIENTS_MARK}b</p>").text).quoted == ""
    assert read(mail(f"a\n\n{CLIENTS_MARK}b")).quoted_text is None
