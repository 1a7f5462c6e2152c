"""What the configuration and the templates say, or where they cannot be used."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import TemplateError, TemplateSyntaxError

from services.notifier.domain.notices import NotificationRules
from services.notifier.domain.samples import sample_of
from services.notifier.domain.wording import LAYOUT, Wording
from services.notifier.domain.words import Words
from shared.kit.config import ConfigError, Loaded, did_you_mean, load

FILE = "notifications.yaml"
TEMPLATES = Path(__file__).parent / "templates"
FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Notifications:
    rules: NotificationRules
    wording: Wording
    version: str


def load_notifications(config_dir: Path, templates: Path = TEMPLATES) -> Notifications:
    """Raises ConfigError with every problem of the file, or of the templates that it names."""
    loaded = load(config_dir / FILE, NotificationRules)
    wording = load_wording(templates)
    problems = list(_problems(loaded, wording))
    if problems:
        raise ConfigError(problems)
    return Notifications(loaded.value, wording, loaded.version)


def load_wording(directory: Path = TEMPLATES) -> Wording:
    words = {
        path.parent.name: load(path, Words).value for path in sorted(directory.glob("*/words.yaml"))
    }
    pages = {
        path.relative_to(directory).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(directory.rglob("*.j2"))
    }
    if FALLBACK not in words or LAYOUT not in pages:
        raise ConfigError([f"{directory}: {FALLBACK}/words.yaml and {LAYOUT} must be there"])
    try:
        return Wording(pages, words, FALLBACK)
    except TemplateSyntaxError as error:
        raise ConfigError(
            [f"{directory / (error.name or '')}:{error.lineno}: {error.message}"]
        ) from None


def check(config_dir: Path) -> list[str]:
    """Every problem as a line; none: the notifier would start with it."""
    try:
        load_notifications(config_dir)
    except ConfigError as error:
        return error.problems
    return []


def _problems(loaded: Loaded[NotificationRules], wording: Wording) -> Iterator[str]:
    if loaded.value.language not in wording.languages:
        known = ", ".join(wording.languages)
        yield loaded.problem(("language",), f"there are templates in {known} only")
    for index, notice in enumerate(loaded.value.tell):
        where = ("tell", index, "template")
        if not wording.has(notice.template):
            nearest = did_you_mean(notice.template, wording.names)
            yield loaded.problem(where, f"there is no {notice.template}.txt.j2{nearest}")
            continue
        for language in wording.languages:
            try:
                wording.render(notice.template, language, "UTC", sample_of(notice.on))
            except TemplateError as error:
                text = f"{language}/{notice.template} does not fit {notice.on}: {error.message}"
                yield loaded.problem(where, text)
