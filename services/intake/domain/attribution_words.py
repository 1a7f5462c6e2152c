"""How mail clients say who wrote what they quote, in the languages that write to a help desk."""

# ruff: noqa: RUF001 - the words are of many languages

import re

# "… wrote:", at the end of an attribution or (Germanic languages) in its middle.
ATTRIBUTION_VERB = re.compile(
    r"(?<!\w)(?:wrote|writes|schrieb|a écrit|escribi[óo]|ha scritto|escreveu|schreef"
    r"|skrev|kirjoitti|napisał(?:a|\(a\))?|pisze|napsal(?:a|\(a\))?|napísal(?:a|\(a\))?"
    r"|napisal(?:a|\(a\))?"
    r"|написала?|написал\(а\)|пишет|пише|написав(?:\(ла\))?|írta|a scris|(?:şun(?:u|ları) )?yazdı"
    r"|έγραψε|napisao|napisala|napisao/la|(?:je )?napisal(?:\(a\))?|menulis|đã viết|rašė|rakstīja"
    r"|kirjutas|написа|ha escrit|va escriure|escriure|idatzi du|skrifaði"
    r"|در تاریخ|נכתב|כתב(?:ה|/ה)?|מאת|كتب|كتبت|بواسطة|نوشت|geschreven|geschrieben"
    r"|napisana przez|је написао(?:/ла)?|је написала)(?!\w)"
    r"|写道|寫道|写到|さん(?:は|が)?書きました|のメール|님이 작성|작성\s?:|쓴 글|เขียน(?:ว่า|\s?:)"
    r"|ने लिखा",
    re.IGNORECASE,
)
# What it begins with: a preposition or article before the date, a weekday, or the date itself.
ATTRIBUTION_START = re.compile(
    r"(?:-{2,}\s*)?(?:on|am|le|el|il|em|no dia|às|op|den|dne|dnia|dňa|dana|w dniu|pe|în|på"
    r"|in data|в|у|a|na|на|data|στις|tarihinde|pada|vào|時间|时间|在|于|於|at|excerpts from"
    r"|kuupäeval"
    r"|wiadomość napisana|missatge de|\w{1,3}\(\w\)"
    r"|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?"
    r"|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|ons|tors|tis|fre|mån|lör|sön"
    r"|ma|ti|ke|to|la|su)[\s,.]"
    r"|\d{1,4}[\s./年-]|在|于|\w{1,12}[.,]{0,2}\s\d",
    re.IGNORECASE,
)
# Some clients name the sender and date without a verb; the address then ends the line.
ADDRESS_AT_END = re.compile(r"<\s?[^<>\s]{1,200}@[^<>\s]{3,200}>\s?[:：]")
ADDRESS = re.compile(r"[^\s<>()@]{1,100}@[^\s<>()@]{1,200}")
ENCLOSED = re.compile(r"[<(\[]\s?[^\s<>()@]{1,100}@[^\s<>()@]{1,200}\s?[>)\]]")
DATE_FIRST = re.compile(r"\W*(?:\w{1,14}[.,]{0,2}\s){0,2}\d")
# After the date, or before it.
TIME_OF_DAY = re.compile(
    r"\d[^<>]{1,60}\d[:.]\d{2}(?!\d)|(?<!\d)\d{1,2}[:.]\d{2}[^<>]{1,60}(?<!\d)(?:19|20)\d\d(?!\d)"
)
# "On Mon, 2 Mar 2026 09:00:00 Ana <ana@x.example> wrote", from its address on: Zoho's.
WITHOUT_COLON = re.compile(r"[^<>\s]{1,100}@[^<>\s]{1,200}>\s(?:a )?\w{3,12}\s*")
CLOCK = re.compile(r"(?<![\d.:])[\d]{1,2}[:.]\d{2}(?![.\d]*\d{3})")
DATE = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d{1,2}[:.]\d\d|\d{1,2}[./-]\d{1,2}[./-]\d{2}")
FULL_DATE = re.compile(
    r"(?<![\d:])\d{1,4}[./-] ?\d{1,2}[./-] ?\d{1,4}(?!\d)|\d{4}년 ?\d|\d{4}年\d"
    r"|(?<![\d:])\d{1,2}\.?,? (?:de |d['’])?[^\W\d]{3,12}\.?,? (?:de |del )?\d{4}(?!\d)"
    r"|[^\W\d]{3,12}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}(?!\d)"
)
YEAR = re.compile(r"(?<!\d)(?:19|20|25)\d\d(?!\d)")
# "Missatge de … del dia …", "Quoting …:": who, and not what he did.
QUOTING = re.compile(
    r"(?:quoting|zitat von|zitiere|citando|citation de|citat fr[åa]n|cytowanie|missatge"
    r" de|excerpts from)\s.{1,200}:",
    re.IGNORECASE,
)
BARE_ATTRIBUTION = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\s[^<>\n]{0,200}<\s?[^<>\s]{3,200}>:?")
# Lotus Notes: `Ana Ruiz---02.03.2026 10:00:00---Good morning`.
NOTES = re.compile(
    r"[^\n]{1,120}-{3}\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\s\d{1,2}:\d{2}[^\n]{0,12}-{3}.{0,400}"
)
# Who writes of somebody's writing is no client: "at 10:00 he wrote:".
PRONOUN = re.compile(
    r"(?<!\w)(?:i|we|you|he|she|they|my|your|our|his|her|ich|wir|ihr|mein\w*|unser\w*)(?!\w)",
    re.IGNORECASE,
)
