"""How the command speaks: tables and errors that say what to do next."""

import asyncio
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

import typer
from pymongo.errors import PyMongoError
from rich.console import Console
from rich.text import Text

from shared.kit.admin import BusyError, NotFoundError
from shared.kit.ports import OutageError
from shared.kit.settings import KitSettings, SettingsError, read_settings

T = TypeVar("T")
# What customers wrote may have square brackets in it, which are no markup here: styles are `Text`.
out = Console(highlight=False, emoji=False, markup=False)
err = Console(stderr=True, highlight=False, emoji=False, markup=False)
BAD_USE = 2


def show_item(item_id: str, facts: str, *more: str) -> None:
    """One of a list whose rows no terminal is wide enough for. Other commands want the id whole."""
    below = "".join(f"\n  {line}" for line in more)
    out.print(Text.assemble((item_id, "bold"), f"  {facts}{below}"), soft_wrap=True)


def fail(text: str, code: int = 1) -> NoReturn:
    err.print(Text.assemble(("error:", "bold red"), f" {text}"), soft_wrap=True)
    raise typer.Exit(code)


def settings() -> KitSettings:
    """The environment's settings, or an exit that names what is wrong with them."""
    try:
        return read_settings(KitSettings)
    except SettingsError as error:
        fail(f"{error}\nSee deploy/.env.example for every setting and its meaning.", BAD_USE)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs to the end; what may go wrong outside becomes one line."""
    try:
        return asyncio.run(work)
    except PyMongoError as error:
        fail(f"MongoDB does not answer ({type(error).__name__}); is DESKSTREAM_MONGO_URL right?")
    except OutageError as error:
        fail(f"cannot reach {error}; is DESKSTREAM_KAFKA_SERVERS right?")
    except (NotFoundError, BusyError) as error:
        fail(str(error))
    except SettingsError as error:
        fail(str(error), BAD_USE)
