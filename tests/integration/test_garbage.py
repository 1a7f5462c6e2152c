"""Records are gone with their batch: in circles they would wait for the garbage collector."""

import gc
from collections.abc import Iterator

import pytest
from aiokafka.structs import ConsumerRecord

from shared.contracts.ticket import FeedbackReceived
from tests.integration.conftest import Deployment
from tests.integration.test_protocol import counting_service, heard_by

TICKETS = 50


@pytest.fixture
def _uncollected() -> Iterator[None]:
    """What only a collection would find is kept to be looked at."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    yield
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


@pytest.mark.usefixtures("_uncollected")
async def test_no_record_is_left_in_a_circle(deployment: Deployment) -> None:
    async with deployment.running("counting", counting_service):
        for number in range(TICKETS):
            await deployment.publish(FeedbackReceived(score=1), f"t{number}")
        await heard_by(deployment, TICKETS)
        gc.collect()
        left = [each for each in gc.garbage if type(each) is ConsumerRecord]
    assert not left
