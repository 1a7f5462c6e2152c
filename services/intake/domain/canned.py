"""A kept reply, in the requester's language and with its variables filled in."""

import difflib
import re

from services.intake.domain.canned_form import KNOWN, VARIABLE, CannedReplies, CannedReply
from services.intake.domain.refusal import RefusedError
from shared.contracts.commands import ReplyCanned
from shared.contracts.fields import reveal
