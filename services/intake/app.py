"""What intake is built from: reception, lifecycle, and the HTTP door."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from services.intake.api import Door, create_api
from services.intake.api.webhooks import Webhooks
from services.intake.domain.lifecycle import COMMANDS
from services.intake.domain.ticket import Policy, TicketState
from services.intake.handlers.desk import ReceptionOptions
from services.intake.handlers.lifecycle import Lifecycle
from services.intake.handlers.reception import RECEPTION, Reception
from services.intake.mail.fetching import fetchers
from services.intake.mail.listening import listeners
from services.intake.mail.mailboxes import load_mailboxes
from services.intake.mail.taking import MailDoor
from services.intake.rules import load_canned
from services.intake.settings import IntakeSettings
from services.intake.store.door import prepare
from services.intake.store.lifecycle import MongoNumbers
from services.intake.store.reception import INDEXES
from shared.contracts.topics import TICKET_COMMANDS
from shared.kit.reload import Reloader
from shared.kit.service import Service, ServiceContext
from shared.kit.settings import SettingsError, read_settings
from shared.kit.tokens import Tokens, read_tokens
from shared.kit.unit import Stage

LIFECYCLE = Stage(
    name="intake-lifecycle",
    writer="intake",
    topics=(TICKET_COMMANDS,),
    hears=COMMANDS,
    entities="tickets",
    state=TicketState,
)


def create(context: ServiceContext) -> Service:
    """Raises SettingsError or ConfigError where a setting or the tokens' file is wrong."""
    settings = read_settings(IntakeSettings)
    tokens = Tokens.load(context.settings.tokens_file)
    door = Door(
        settings=settings,
        tokens=tokens,
        database=context.database,
        publisher=context.publisher,
        blobs=context.blobs,
        clock=context.clock,
        webhooks=_webhooks(context, settings),
    )
    path = context.settings.config_dir / settings.canned_file
    canned = load_canned(path)
    policy = Policy(
        after_reply=settings.after_reply,
        reopen_closed=timedelta(days=settings.reopen_closed_days),
        canned=canned.value,
    )
    lifecycle = Lifecycle(MongoNumbers(context.database), policy)
    reloader = Reloader(
        path,
        load_canned,
        lambda changed: lifecycle.use_canned(changed.value),
        version=canned.version,
        clock=context.clock,
        health=context.health,
    )
    return Service(
        name="intake",
        stages=[(RECEPTION, _reception(context, settings)), (LIFECYCLE, lifecycle)],
        background=[
            reloader.watch,
            *_watched(context, tokens),
            *_mail_doors(context, settings),
        ],
        api=create_api(door),
        indexes=INDEXES,
        prepare=partial(prepare, context.database, settings.keep_keys_seconds),
    )


def _watched(context: ServiceContext, tokens: Tokens) -> list[Callable[[], Awaitable[None]]]:
    """A token that is taken out of its file lets nobody in any more, without a restart."""
    path = context.settings.tokens_file
    if path is None:
        return []
    reloader = Reloader(
        path,
        read_tokens,
        lambda changed: tokens.use(changed.value.tokens),
        version=read_tokens(path).version,
        clock=context.clock,
        health=context.health,
    )
    return [reloader.watch]


def _mail_doors(
    context: ServiceContext, settings: IntakeSettings
) -> list[Callable[[], Awaitable[None]]]:
    door = MailDoor(settings, context.publisher, context.blobs, context.clock)
    boxes = load_mailboxes(settings.mailboxes_file)
    return [
        *(listener.serve for listener in listeners(door)),
        *fetchers(boxes, door, context.health, context.clock),
    ]


def _webhooks(context: ServiceContext, settings: IntakeSettings) -> Webhooks:
    try:
        return Webhooks(settings, context.clock)
    except ValueError as error:
        raise SettingsError(f"DESKSTREAM_INTAKE_{error}") from error


def _reception(context: ServiceContext, settings: IntakeSettings) -> Reception:
    options = ReceptionOptions(
        mail_secret=context.settings.mail_secret.get_secret_value(),
        burst_limit=settings.burst_limit,
        conversation_window=timedelta(hours=settings.conversation_hours),
        keep_originals=settings.keep_originals,
        mail_servers=settings.mail_servers,
    )
    return Reception(context.blobs, options)
