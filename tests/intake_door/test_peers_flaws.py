"""What was wrong in other help desks, by the names of their advisories, is not so here."""

from datetime import timedelta
from typing import Any

import orjson
import pytest

from shared.contracts.commands import Command, Rate, SetStatus
from shared.contracts.fields import Status, reveal
from shared.contracts.mail import message_id_for
from shared.contracts.ticket import AgentReplied, CustomerReplied, TicketCreated
from shared.kit.problems import ProblemError
from shared.kit.tokens import Token, Tokens, hash_of, new_token
from tests.intake.attacks import CLASSES
from tests.intake.hostile import Finding, read
from tests.intake.safety import unsafe_html
from tests.intake_door.conftest import World
from tests.intake_door.signing import NOW, SIGNERS, TIMED
from tests.intake_lifecycle.builders import STRANGER, refusal, ticket
from tests.intake_reception.mails import SECRET, FrontDesk, mail, multipart

REQUEST = {"channel": "web", "sender": {"address": "cara@example.org"}, "text": "It is dark."}
AGENT = "Anna Agent <anna@desk.example>"
PERSON_IN_A_HEADER = (
    "X-Remote-User",
    "Remote-User",
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-WEBAUTH-USER",
    "X-Agent-Id",
    "X-Requester-Id",
)
SET_BY_US = {
    "follow_up_of": "t1",
    "split_from": "t1",
    "links": {"parent": ["t1"]},
    "new_ticket": {"requester": {"customer_id": "cara"}},
    "requester": {"customer_id": "cara", "vip": True},
    "participants": ["eve@evil.example"],
    "actor": {"kind": "agent", "id": "root"},
    "status": "closed",
    "number": "TKT-1",
    "history": {"tickets": 100},
    "ticket_id": "t1",
}


def found_by(name: str) -> Finding:
    finding = Finding()
    for attack in CLASSES[name]():
        read(attack, finding)
    return finding


async def test_freescout_cve_2026_28289_and_27636_a_name_that_hides_its_dot() -> None:
    """The name is judged after what nobody sees has been taken out, and no file is called by it."""
    head = 'Content-Type: text/plain\r\nContent-Disposition: attachment; filename="\u200b.htaccess"'
    desk = FrontDesk()

    await desk.mails(multipart("mixed", ("Content-Type: text/plain", "x"), (head, "evil")))

    [created] = desk.bench.said_of(TicketCreated)
    [stored] = created.message.attachments
    assert stored.filename == "htaccess"
    assert stored.blob is not None
    assert stored.blob.blob_id == stored.sha256
    finding = found_by("invisible characters in file names")
    assert (finding.unsafe, finding.crashed) == ([], [])


@pytest.mark.parametrize("secret", ["guessed", ""])
async def test_freescout_cve_2026_47123_a_message_id_that_we_did_not_sign(secret: str) -> None:
    desk = FrontDesk()
    await desk.mails(mail())
    [ticket_id] = desk.bench.documents("tickets")
    forged = message_id_for("reply", ticket_id, "7", domain="desk.example", secret=secret)

    await desk.mails(
        mail("It is me.", sender=AGENT, message_id="<2@x>", headers={"In-Reply-To": forged})
    )

    assert desk.bench.said_of(CustomerReplied) == []
    assert len(desk.bench.said_of(TicketCreated)) == 2


async def test_freescout_ghsa_8vm3_wwq4_ggfx_an_agents_address_makes_no_agent() -> None:
    """Also with a Message-ID of ours in hand: a mail is the requester's or a stranger's."""
    desk = FrontDesk()
    await desk.mails(mail())
    [ticket_id] = desk.bench.documents("tickets")
    ours = message_id_for("reply", ticket_id, "7", domain="desk.example", secret=SECRET)

    await desk.mails(
        mail("Pay here.", sender=AGENT, message_id="<2@x>", headers={"In-Reply-To": ours})
    )

    [replied] = desk.bench.said_of(CustomerReplied)
    assert not replied.participant
    assert desk.bench.said_of(AgentReplied) == []


def test_freescout_cve_2026_27637_a_token_is_random_hashed_and_ends() -> None:
    made = {new_token()[0] for _ in range(100)}
    secret, digest = new_token()
    tokens = Tokens((Token(name="a", sha256=digest, scopes=(), expires=NOW.date()),))

    assert len(made) == 100
    assert all(len(each) >= 43 for each in made)
    assert secret not in repr(tokens)
    tokens.now = lambda: NOW + timedelta(days=1)
    with pytest.raises(ProblemError, match="was good until"):
        tokens.admit(f"Bearer {secret}", "any")


@pytest.mark.parametrize("channel", TIMED)
async def test_freescout_cve_2026_41902_what_lets_in_once_does_not_for_ever(
    world: World, channel: str
) -> None:
    world.clock.stopped = NOW
    signed = SIGNERS[channel]()
    assert (await world.deliver(signed)).status_code == 200
    assert (await world.deliver(signed)).status_code == 409
    world.clock.stopped = NOW + timedelta(seconds=301)

    assert (await world.deliver(signed)).status_code == 401
    assert len(world.broker.got) == 1


@pytest.mark.parametrize("scope", ["tickets:write", "tickets:read", "commands:write", "act-as"])
async def test_freescout_cve_2026_40591_each_door_asks_for_its_own_right(
    world: World, scope: str
) -> None:
    await world.store_ticket("t1")
    world.door.tokens.use((Token(name="one", sha256=hash_of("ds_one"), scopes=(scope,)),))
    path, mail_type = "/v1/tickets", {"Content-Type": "message/rfc822"}

    answers = {
        "tickets:write": await world.post(path, REQUEST, token="ds_one"),
        "tickets:read": await world.get(f"{path}/t1", token="ds_one"),
        "commands:write": await world.post(
            f"{path}/t1/commands", {"command": "AddNote", "text": "x"}, token="ds_one"
        ),
        "channels:write": await world.post(
            "/v1/channels/email", token="ds_one", content=mail(), headers=mail_type
        ),
    }

    assert [name for name, answer in answers.items() if answer.is_success] == [
        name for name in answers if name == scope
    ]
    assert {a.status_code for n, a in answers.items() if n != scope} == {403}


@pytest.mark.parametrize(
    "command",
    [SetStatus(actor=STRANGER, status=Status.RESOLVED), Rate(actor=STRANGER, score=1)],
    ids=lambda command: type(command).__name__,
)
def test_freescout_ghsa_9vx8_and_3w38_anothers_ticket_is_not_touched(command: Command) -> None:
    status = Status.RESOLVED if isinstance(command, Rate) else Status.OPEN

    assert "own requester" in refusal(command, ticket(status))


async def test_freescout_ghsa_wg74_ww4w_2qpc_nobody_attaches_what_he_guesses(world: World) -> None:
    """A file's hash is no key to it: the door hands none out, and takes no reference to one."""
    reference = {"blob_id": "a" * 64, "size": 1, "sha256": "a" * 64}
    plain = {"filename": "a.txt", "content_type": "text/plain", "size": 1, "sha256": "a" * 64}
    file = {**plain, "blob": reference}

    answer = await world.post("/v1/tickets", {**REQUEST, "attachments": [file]})
    document = (await world.client.get("/openapi.json")).json()

    assert answer.json()["errors"] == [
        {"field": "attachments.0.blob", "problem": "is set by the server"}
    ]
    assert [path for path, ways in document["paths"].items() if "get" in ways] == [
        "/v1/tickets/{ticket}",
        "/v1/channels/instagram",
        "/v1/channels/messenger",
        "/v1/channels/whatsapp",
    ]


@pytest.mark.parametrize(
    "html",
    [
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "<<script>script>alert(1)</script>",
        "<img <img src=x> onerror=alert(1)>",
    ],
)
async def test_freescout_ghsa_jpq8_j69f_mj98_tags_within_tags(html: str) -> None:
    desk = FrontDesk()

    await desk.mails(multipart("alternative", ("Content-Type: text/html", html)))

    [created] = desk.bench.said_of(TicketCreated)
    assert unsafe_html(reveal(created.message.html or "")) == []


def test_osticket_cve_2026_22200_nothing_is_fetched_for_what_a_mail_says() -> None:
    finding = found_by("scripts in bodies and names")

    assert finding.cases > 100
    assert finding.executed == []


def test_osticket_3764_6484_and_chatwoot_cve_2021_3741_3742_no_drawing_runs() -> None:
    finding = found_by("SVG")

    assert (finding.unsafe, finding.executed, finding.crashed) == ([], [], [])


@pytest.mark.parametrize("header", PERSON_IN_A_HEADER)
async def test_zammad_cve_2026_34720_a_header_makes_nobody_an_agent(
    world: World, header: str
) -> None:
    """Neither without a token, nor with one that may not act for others."""
    await world.store_ticket("t1")
    path, note = "/v1/tickets/t1/commands", {"command": "AddNote", "text": "x"}

    nobody = await world.client.post(path, json=note, headers={header: "root"})
    someone = await world.post(path, note, headers={header: "root"})

    assert nobody.status_code == 401
    acted = [orjson.loads(record.value or b"")["actor"] for record in world.broker.got]
    if someone.status_code == 403:
        assert "lacks the scope act-as" in someone.json()["detail"]
    else:
        assert acted == [{"kind": "bot", "id": "shop"}]


@pytest.mark.parametrize("field", SET_BY_US)
async def test_zammad_cve_2026_34722_nobody_sets_what_is_not_his(world: World, field: str) -> None:
    answer = await world.post("/v1/tickets", {**REQUEST, field: SET_BY_US[field]})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert world.broker.got == []


async def test_chatwoot_cve_2021_3740_a_token_that_is_withdrawn_is_no_key(world: World) -> None:
    before = await world.post("/v1/tickets", REQUEST)
    world.door.tokens.use(tuple(t for t in world.door.tokens.known if t.name != "shop"))

    after = await world.post("/v1/tickets", REQUEST)

    assert (before.status_code, after.status_code) == (202, 401)


def test_django_helpdesk_cve_2021_3945_3950_3994_no_script_is_stored() -> None:
    finding = found_by("scripts in bodies and names")

    assert (finding.unsafe, finding.crashed) == ([], [])


@pytest.mark.parametrize("into", [0, True, None, ["t1"], {"$ne": None}, {"$gt": ""}, 1000])
async def test_livehelperchat_cve_2022_1176_an_id_is_a_text_and_no_other(
    world: World, into: Any
) -> None:
    await world.store_ticket("t1")

    answer = await world.post("/v1/tickets/t1/commands", {"command": "Merge", "into": into})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("into")


@pytest.mark.parametrize(
    "asked", ["0", "true", "T1", "t1%00", "t1%20", "TKT-1000abc", "TKT-1e3", "TKT-01000", "[$ne]"]
)
async def test_livehelperchat_cve_2022_1176_no_other_spelling_finds_a_ticket(
    world: World, asked: str
) -> None:
    await world.store_ticket("t1")

    assert (await world.get(f"/v1/tickets/{asked}")).status_code == 404
