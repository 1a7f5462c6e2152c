"""The replies that agents send by name: how their file is written."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.contracts.fields import Status

NAME = r"[a-z][a-z0-9_]{0,39}"
VARIABLE = re.compile(r"\{\{\s*(" + NAME + r")\s*\}\}")
LONGEST_TEXT = 20_000
# Filled in from the ticket; every other name is the agent's to give.
KNOWN = ("number", "subject", "requester_name", "agent")

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)]


class Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CannedReply(Form):
    """One reply in one or more languages; `status` is the ticket's after it."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    status: Status | None = None
    texts: Annotated[dict[Language, Text], Field(min_length=1)]

    @model_validator(mode="after")
    def _braces_are_variables(self) -> "CannedReply":
        for language, text in self.texts.items():
            rest = VARIABLE.sub("", text)
            if "{{" in rest or "}}" in rest:
                raise ValueError(
                    f"texts.{language}: a variable is written {{{{ name }}}}, its name in small "
                    "letters, digits and _"
                )
        return self


class CannedReplies(Form):
    """`language` is taken where a reply has no text in the requester's."""

    language: Language = "en"
    replies: Mapping[Id, CannedReply] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _in_the_common_language(self) -> "CannedReplies":
        missing = [name for name, reply in self.replies.items() if self.language not in reply.texts]
        if missing:
            raise ValueError(f"without a text in {self.language}: {', '.join(missing)}")
        return self
