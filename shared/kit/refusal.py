"""Why a stage must not go on with a partition: the facts, and the command that helps."""

from shared.contracts.topics import BY_NAME
from shared.kit.ports import Checkpoint, Look


def refusal(checkpoint: Checkpoint, look: Look, partition_count: int, stage: str) -> str | None:
    """None: the checkpoint belongs to this partition as it is now."""
    for reason in (
        _recounted(checkpoint, partition_count),
        _made_anew(checkpoint, look),
        _eaten(checkpoint, look),
        _older_than_log(checkpoint, look),
    ):
        if reason is not None:
            at = checkpoint.partition
            where = f"--stage {stage} --topic {at.topic} --partition {at.number}"
            return f"{at}: {reason[0]} To go on: {reason[1].format(where=where)}"
    return None


def _recounted(checkpoint: Checkpoint, partition_count: int) -> tuple[str, str] | None:
    known = checkpoint.partition_count
    if known is None or known == partition_count:
        return None
    return (
        (
            f"the topic had {known} partitions when this was last handled, now it has "
            f"{partition_count}, so keys may have moved to other partitions."
        ),
        (
            f"bring the topic back to {known} partitions, or, once every service has handled the "
            "old ones to their end, `deskstream checkpoints reset {where} --to stored`."
        ),
    )


def _made_anew(checkpoint: Checkpoint, look: Look) -> tuple[str, str] | None:
    position, last = checkpoint.position, checkpoint.last_offset
    if position is None or last is None:
        return None
    help_text = (
        "if the topic was made anew, `deskstream checkpoints reset {where} --to start` handles it "
        "from its beginning; if a wrong cluster is configured, correct DESKSTREAM_KAFKA_SERVERS."
    )
    if look.end < position:
        return (
            (
                f"the topic ends at offset {look.end}, before the checkpoint's position "
                f"{position}: it was made anew, or it is another topic."
            ),
            help_text,
        )
    compacted = BY_NAME[checkpoint.partition.topic].compacted
    if look.log_start > last or (look.record is None and compacted):
        return None
    if look.record is None or look.record.identity() != checkpoint.last_identity:
        return (
            (
                f"another record lies at offset {last} than the one that was handled there: "
                "the topic was made anew, or it is another topic."
            ),
            help_text,
        )
    return None


def _eaten(checkpoint: Checkpoint, look: Look) -> tuple[str, str] | None:
    position = checkpoint.position
    if position is None or look.log_start <= position:
        return None
    if BY_NAME[checkpoint.partition.topic].compacted:
        return None
    return (
        (
            f"the log begins at offset {look.log_start}, beyond the checkpoint's position "
            f"{position}: retention deleted {look.log_start - position} records that were not "
            "handled."
        ),
        (
            "restore them if you can; `deskstream checkpoints reset {where} --to start` goes on "
            "with what is left."
        ),
    )


def _older_than_log(checkpoint: Checkpoint, look: Look) -> tuple[str, str] | None:
    handled_by_group = look.committed or 0
    accepted = checkpoint.accepted_committed or 0
    position = checkpoint.position or 0
    if handled_by_group <= max(position, accepted):
        return None
    return (
        (
            f"the group has committed offset {handled_by_group}, the database knows only "
            f"{position}: the database is older than the log (a backup was restored, or another "
            "database is configured)."
        ),
        (
            "restore the newer database, or `deskstream checkpoints reset {where} --to stored` to "
            "handle the records since then once more (their events keep their ids, so that others "
            "drop them)."
        ),
    )
