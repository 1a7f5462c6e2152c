"""A web form, as whoever built it named its fields: JSON, URL-encoded or multipart."""

import re
from collections.abc import Iterator, Mapping

from services.intake.adapters.canonical import read_canonical
from services.intake.adapters.forms import Form, form_of
from services.intake.adapters.payload import Json, Payload, member, objects, text_at
from services.intake.adapters.rfc822.charsets import readable
from services.intake.domain.filename import safe_filename
from services.intake.domain.identity import normal_address
from services.intake.domain.message import (
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    FoundAttachment,
    IncomingMessage,
    Parsed,
    Person,
    UnreadableError,
)

CHANNEL = "web"
MOST_FIELDS = 200
LONGEST_LABEL = 200
WRAPPERS = (
    "data",
    "fields",
    "submission",
    "form",
    "form_response",
    "payload",
    "answers",
    "values",
)
DEEPEST_WRAPPER = 4
NOT_LETTERS = re.compile(r"[\W\d_]+")
DECORATION = re.compile(r"(?:your|contact|customer|user|form|field|ihre?|votre|tu|su)(?=\w{3})")
ADDRESS = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,190}\.[^\s@<>,;.]{2,63}")
MEANINGS: Mapping[str, frozenset[str]] = {
    meaning: frozenset(words.split())
    for meaning, words in {
        "address": "email mail emailaddress mailaddress replyto from correo correoelectronico"
        " courriel emailadresse mailadresse adresseemail epost eposta posta indirizzoemail",
        "phone": "phone phonenumber tel telephone telefon telefono telefone telefoon mobile"
        " téléphone teléfono",
        "name": "name fullname nombre nom nome naam namn navn imię nimi",
        "first": "firstname vorname prénom prenom givenname nombrepila voornaam förnamn",
        "last": "lastname nachname surname familyname apellidos apellido achternaam efternamn",
        "subject": "subject betreff objet asunto assunto oggetto onderwerp ämne emne topic title"
        " thema summary",
        "text": "message text body comment comments question description details enquiry inquiry"
        " nachricht mitteilung mensaje mensagem messaggio bericht meddelande besked content anfrage"
        " request feedback",
        "id": "id submissionid entryid requestid ticketid",
    }.items()
}
# What forms carry for themselves, and a reader need not see.
TECHNICAL = re.compile(
    r"^(?:_|g-recaptcha|h-captcha|cf-turnstile|csrf|authenticity_token|token$|utf8$|honeypot"
    r"|form[-_]?(?:id|name)$|submit$)",
    re.IGNORECASE,
)


def read_web(payload: Payload) -> list[Parsed]:
    """Canonical JSON is read as such; it has a `sender`."""
    if payload.value.lstrip()[:1] == b"{":
        body = payload.json()
        if isinstance(body.get("sender"), dict):
            return read_canonical(payload)
        return [_message(_labelled(body), Form(), payload.mailbox)]
    form = form_of(payload)
    fields = [(name, form.whole(name).strip()) for name in form.fields]
    return [_message(fields, form, payload.mailbox)]


def _message(fields: list[tuple[str, str]], form: Form, mailbox: str | None) -> IncomingMessage:
    known: dict[str, str] = {}
    rest: list[str] = []
    for label, value in fields[:MOST_FIELDS]:
        meaning = _meaning(label)
        if not value or TECHNICAL.match(label):
            continue
        if meaning and meaning not in known:
            known[meaning] = value
        else:
            rest.append(f"{label[:LONGEST_LABEL]}: {value}")
    address = _address(known, fields)
    if address is None:
        raise UnreadableError("the form has no field with an e-mail address or a phone number")
    files = tuple(_file(form, i) for i in range(len(form.files)))
    text = "\n".join(part for part in (known.get("text"), "", *rest) if part is not None)
    if not text.strip() and not known.get("subject") and not files:
        raise UnreadableError("the form has no field with a message")
    return IncomingMessage(
        channel=CHANNEL,
        sender=Person(address, _name(known)),
        text=readable(text).strip()[:LONGEST_TEXT],
        subject=readable(" ".join(known.get("subject", "").split()))[:LONGEST_SUBJECT] or None,
        attachments=files,
        external_id=known.get("id"),
        mailbox=mailbox,
    )


def _labelled(body: Json) -> list[tuple[str, str]]:
    """Fields by label, also those that stand in a wrapper or in a list of label and value."""
    return list(_pairs(body))[:MOST_FIELDS]


def _pairs(body: Json, levels: int = DEEPEST_WRAPPER) -> Iterator[tuple[str, str]]:
    for name, value in body.items():
        if levels and name in WRAPPERS and isinstance(value, dict):
            yield from _pairs(value, levels - 1)
        elif name in WRAPPERS and isinstance(value, list):
            yield from (_answer(each) for each in objects(value))
        else:
            yield from _plain({name: value})


def _answer(answer: Json) -> tuple[str, str]:
    """Label and value; some name the value by its type, and the question beside it."""
    kind = text_at(answer, "type") or ""
    values = (text_at(answer, name) for name in ("value", "answer", kind))
    labels = [text_at(answer, name) for name in ("label", "title", "name", "key", "question")]
    asked = [text_at(answer, "field", name) for name in ("title", "ref", "type", "id")]
    label = next((text for text in (*labels, *asked) if text), kind)
    return label, next((text for text in values if text), "") or _chosen(answer)


def _chosen(answer: Json) -> str:
    several = member(answer, "choices").get("labels")
    labels = several if isinstance(several, list) else [text_at(answer, "choice", "label")]
    return ", ".join(label for label in labels if isinstance(label, str))


def _plain(body: Json) -> Iterator[tuple[str, str]]:
    for name, value in body.items():
        if isinstance(value, list):
            yield (
                name,
                ", ".join(str(each) for each in value if isinstance(each, str | int | float)),
            )
        elif text := text_at({"value": value}, "value"):
            yield name, text


def _meaning(label: str) -> str | None:
    """`your-email`, `E-Mail`, `contact[email]` and `Email address *` are one."""
    word = NOT_LETTERS.sub("", label[:LONGEST_LABEL].casefold())
    while True:
        found = next((meaning for meaning, words in MEANINGS.items() if word in words), None)
        decoration = DECORATION.match(word)
        if found or decoration is None:
            return found
        word = word[decoration.end() :]


def _address(known: Mapping[str, str], fields: list[tuple[str, str]]) -> str | None:
    """The named one, else the first value that is one."""
    named = ADDRESS.search(known.get("address", "")[:1_000])
    found = named or next((m for _, v in fields if (m := ADDRESS.fullmatch(v[:320]))), None)
    if found:
        return found[0]
    return normal_address(known["phone"], "phone") if "phone" in known else None


def _name(known: Mapping[str, str]) -> str | None:
    parts = " ".join(known[part] for part in ("first", "last") if part in known)
    return readable(known.get("name") or parts)[:LONGEST_LABEL] or None


def _file(form: Form, i: int) -> FoundAttachment:
    file = form.files[i]
    return FoundAttachment(
        safe_filename(file.filename, f"attachment-{i + 1}.bin"), file.content_type, file.data
    )
