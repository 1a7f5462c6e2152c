"""The customers, played: they write by every channel, answer our mail, and some write twice."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import NamedTuple

from deskstream.demo import samples, writing
from deskstream.demo.acting import Stage
from deskstream.demo.ledger import Entry, Expect
from deskstream.demo.persons import Person, Public
from deskstream.demo.sending import Mouth
from deskstream.demo.smtp_sink import Caught
from deskstream.demo.writing import Input, Writer
from shared.contracts.commands import Rate
from shared.contracts.fields import Actor, ActorKind
from shared.contracts.mail import ticket_of_message_id
from shared.contracts.ticket import TicketCreated

MOST_TURNS = 2  # what one requester adds to one ticket
SOON, LATER = (2.0, 6.0), (5.0, 15.0)
SHARE_BY_DOOR = 0.3
SHARE_GOES_ON = 0.5  # of chats: a second message follows
SHARE_AWAY = 0.04
SHARE_ANSWERS = 0.8  # when an agent asked
SHARE_AGAIN, SHARE_THANKS, SHARE_RATES = 0.05, 0.05, 0.15
SHARE_GOOD = 0.8


@dataclass(slots=True)
class Customers:
    """`opened` counts the messages that must become tickets."""

    public: Public
    writer: Writer
    mouth: Mouth
    stage: Stage
    chance: Random
    pace: float
    mail_secret: str
    opened: int = 0
    quiet: bool = False  # nobody starts anything new, also no answers
    _turns: Counter[str] = field(default_factory=Counter)
    _requesters: dict[str, str] = field(default_factory=dict)

    async def write(self, tickets: int | None, rate: float) -> None:
        """Until so many tickets are asked for, None: for ever; `rate` of them a second."""
        started = time.monotonic()
        while tickets is None or self.opened < tickets:
            await asyncio.sleep(max(0.0, started + self.opened / rate - time.monotonic()))
            [kind] = self.chance.choices(list(KINDS), [kind.weight for kind in KINDS])
            self.opened += kind.opens
            self.stage.later(0, partial(kind.act, self))

    def on_created(self, ticket: str, created: TicketCreated) -> None:
        self._requesters[ticket] = created.requester.customer_id

    def on_closed(self, ticket: str) -> None:
        self._requesters.pop(ticket, None)
        self._turns.pop(ticket, None)

    async def ask(self) -> None:
        person = self.public.somebody(time.monotonic())
        request = self.chance.choice(samples.requests(person.language))
        if request.channel == "whatsapp":
            # Whoever has a conversation there goes on in it; this is to be a new one.
            person = replace(person, phone=self.public.new_phone())
        await self._open(person, self.writer.request(request, person))

    async def send_odd_mail(self) -> None:
        name = self.chance.choice(samples.raw_names("mail"))
        person = self.public.stranger()
        await self._open(person, self.writer.odd_mail(name, person))

    async def send_odd_whatsapp(self) -> None:
        name = self.chance.choice(("image", "location"))
        person = self.public.stranger()
        await self._open(person, self.writer.odd_whatsapp(name, person))

    async def ask_from_nowhere(self) -> None:
        """Somebody whose address is mistyped: our mail to it comes back."""
        person = self.public.stranger()
        person.reachable = False
        mails = [r for r in samples.requests(person.language) if r.channel == "email"]
        await self._open(person, self.writer.request(self.chance.choice(mails), person))

    async def _open(self, person: Person, sent: Input) -> None:
        by_door = self._by_door(sent)
        await self.mouth.send(sent, Expect.OPENS, by_door=by_door)
        goes_on = sent.channel in ("chat", "whatsapp") and self.chance.random() < SHARE_GOES_ON
        if goes_on:
            self._later(SOON, lambda: self._go_on(person, sent, by_door=by_door))

    async def _go_on(self, person: Person, first: Input, *, by_door: bool) -> None:
        """In a chat people press return before they are done."""
        known = {r.id: r for r in samples.requests(person.language)}
        request = known.get(first.name)
        text = self.writer.filled(request.then[0] if request else "Hello?", person)
        if first.canonical:
            more = writing.more_in_chat(first, text, self.chance)
        else:
            more = self.writer.whatsapp_text(f"{first.name}-more", person, text)
        await self.mouth.send(more, Expect.RECORDED, by_door=by_door)

    async def ask_twice(self) -> None:
        """A gateway that was not sure delivers again: the same record, or a fresh one of it."""
        person = self.public.somebody(time.monotonic())
        told_apart = [r for r in samples.requests(person.language) if r.channel == "email"]
        sent = self.writer.request(self.chance.choice(told_apart), person)
        if self.chance.random() < 0.3:  # noqa: PLR2004 - at the same time by both ways
            entry = Entry(sent.name, sent.channel, Expect.OPENS, datetime.now(UTC))
            self.mouth.ledger.entries.append(entry)
            ways = (
                self.mouth.send(sent, entry.expects, by_door=b, again=entry) for b in (False, True)
            )
            await asyncio.gather(*ways)
            return
        entry = await self.mouth.send(sent, Expect.OPENS)
        same = entry.deliveries[0] if self.chance.random() < 0.5 else None  # noqa: PLR2004 - half

        async def again() -> None:
            await self.mouth.send(sent, entry.expects, again=entry, delivery=same)

        self._later((0.1, 4.0), again)

    async def spoil(self) -> None:
        sample = self.chance.choice(samples.spoiled())
        await self.mouth.send(writing.spoiled(sample), Expect.REJECTED)

    async def raise_alert(self) -> None:
        """It fires, says so again, and is over after a while."""
        name = self.chance.choice(samples.raw_names("alerts"))
        host, started = f"node-{self.chance.randrange(10**6)}.example.net", datetime.now(UTC)
        firing = self.writer.alert(name, host, started, resolved=False)
        entry = await self.mouth.send(firing, Expect.OPENS, by_door=True)

        async def again() -> None:
            await self.mouth.send(firing, entry.expects, by_door=True, again=entry)

        async def over() -> None:
            cleared = self.writer.alert(name, host, started, resolved=True)
            await self.mouth.send(cleared, Expect.RECORDED, by_door=True)

        self._later(SOON, again)
        self._later((8.0, 20.0), over)

    def on_mail(self, caught: Caught) -> None:
        """Only what requesters get; agents answer in their desktops."""
        person = self.public.by_address.get(caught.recipients[0].lower())
        ticket = ticket_of_message_id(caught.message_id, secret=self.mail_secret)
        if person is None or ticket is None or self.quiet:
            return
        template = caught.message_id.lstrip("<").partition(".")[0]
        if not person.reachable:
            if template == "acknowledgement":
                self._later(SOON, lambda: self._come_back(caught, person, ticket))
        elif template == "acknowledgement" and self.chance.random() < SHARE_AWAY:
            self._later((0.2, 1.0), lambda: self._be_away(caught, person, ticket))
        elif template == "reply":
            self._answer(caught, person, ticket)
        elif template == "resolved":
            self._judge(caught, person, ticket)

    def _answer(self, caught: Caught, person: Person, ticket: str) -> None:
        answers = samples.answers()[person.language]
        part = caught.message.get_body(("plain",))
        said = part.get_content() if part else ""
        asked = any(_opening_line(text) in said for text in answers.ask)
        if not asked:
            self._judge(caught, person, ticket)
        elif self.chance.random() < SHARE_ANSWERS:
            then = [text for r in samples.requests(person.language) for text in r.then]
            text = self.chance.choice(then)
            self._later(LATER, lambda: self._reply(caught, person, ticket, text))

    def _judge(self, caught: Caught, person: Person, ticket: str) -> None:
        answers, drawn = samples.answers()[person.language], self.chance.random()
        if drawn < SHARE_AGAIN + SHARE_THANKS:
            texts = answers.again if drawn < SHARE_AGAIN else answers.thanks
            text = self.chance.choice(texts)
            self._later(LATER, lambda: self._reply(caught, person, ticket, text))
        elif drawn < SHARE_AGAIN + SHARE_THANKS + SHARE_RATES:
            self._later(LATER, lambda: self._rate(person, ticket))

    async def _reply(self, caught: Caught, person: Person, ticket: str, text: str) -> None:
        if self._turns[ticket] >= MOST_TURNS or self.quiet:
            return
        self._turns[ticket] += 1
        sent = self.writer.reply(caught.message, person, self.writer.filled(text, person))
        await self.mouth.send(sent, Expect.RECORDED, by_door=self._by_door(sent), ticket=ticket)

    async def _rate(self, person: Person, ticket: str) -> None:
        customer = self._requesters.get(ticket)
        if customer is None or self.quiet:
            return
        comment = self.chance.choice(samples.answers()[person.language].comment)
        score = 5 if self.chance.random() < SHARE_GOOD else self.chance.randrange(1, 5)
        actor = Actor(kind=ActorKind.REQUESTER, id=customer)
        await self.mouth.order(
            Rate(actor=actor, score=score, comment=comment), ticket, by_door=True
        )

    async def _come_back(self, caught: Caught, person: Person, ticket: str) -> None:
        bounce = self.writer.bounce(caught.message, person)
        await self.mouth.send(bounce, Expect.REPORTED, ticket=ticket)

    async def _be_away(self, caught: Caught, person: Person, ticket: str) -> None:
        away = self.writer.away(caught.message, person)
        await self.mouth.send(away, Expect.RECORDED, ticket=ticket)

    def _by_door(self, sent: Input) -> bool:
        return sent.channel == "web" or self.chance.random() < SHARE_BY_DOOR

    def _later(self, seconds: tuple[float, float], act: Callable[[], Awaitable[None]]) -> None:
        self.stage.later(self.chance.uniform(*seconds) * self.pace, act)


class Kind(NamedTuple):
    """Something that a customer may do, how often, and whether it opens a ticket."""

    weight: int
    act: Callable[[Customers], Awaitable[None]]
    opens: bool = True


KINDS = (
    Kind(74, Customers.ask),
    Kind(8, Customers.send_odd_mail),
    Kind(3, Customers.send_odd_whatsapp),
    Kind(6, Customers.raise_alert),
    Kind(4, Customers.ask_twice),
    Kind(2, Customers.ask_from_nowhere),
    Kind(3, Customers.spoil, opens=False),
)


def _opening_line(text: str) -> str:
    """Of an answer's paragraphs the one that says something, up to the first name in it."""
    return text.split("\n\n")[1][:40].partition("$")[0]
