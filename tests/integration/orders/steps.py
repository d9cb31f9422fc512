"""What the tests do to the queue in place of the workers."""

from datetime import timedelta

from server.clock import now
from server.ids import new_session_id
from server.pipeline import ordering, probing
from server.services import Services
from server.simulator.client import Simulator
from server.simulator.faults import Fault, Switch
from server.songs.service import SongOrder
from server.submissions.lifecycle import Stage
from server.submissions.model import GenerationAttempt, SongAccount, Submission
from tests.integration.task_queue import RecordingTaskQueue
from tests.integration.web.forms import store_submission

ORDER = SongOrder(owner_name="Matt", pet_name="Toby", pet_type="Dog", music_vibe="Romantic")
RICH = Switch(Fault.CREDITS, {"num_credits": 10_000, "num_credits_payg": 0})


async def queue_up(count: int) -> list[str]:
    """Store submissions that arrived one after the other."""
    begin = now() - timedelta(hours=1)
    return [
        await _queue_one(created_at=begin + timedelta(seconds=number)) for number in range(count)
    ]


async def _queue_one(**columns: object) -> str:
    session_id = new_session_id()
    await store_submission(Stage.QUEUED, session_id=session_id, **columns)
    return session_id


async def dispatch(services: Services) -> list[str]:
    """Run the queue once and the tasks it enqueues; return who ordered, in order."""
    assert isinstance(services.task_queue, RecordingTaskQueue)
    services.task_queue.enqueued.clear()
    await probing.process_pending_queue(services)
    ordering_now = [
        str(session_id)
        for task, session_id in services.task_queue.enqueued
        if task == "send_to_sonauto"
    ]
    for session_id in ordering_now:
        await ordering.send_to_sonauto(services, session_id)
    return ordering_now


async def let_pause_pass() -> None:
    """Let the pause pass, so that the next probe is due."""
    await SongAccount.filter(id=1).update(next_probe_at=now() - timedelta(seconds=1))


async def age_orders(*, minutes: float) -> None:
    """Let some minutes pass for every unanswered order and the submissions that wait for one."""
    ago = timedelta(minutes=minutes)
    for attempt in await GenerationAttempt.all():
        moment = attempt.created_at - ago
        await GenerationAttempt.filter(id=attempt.id).update(created_at=moment)
    await Submission.filter(stage=Stage.SENDING).update(next_run_at=now())


async def run_what_is_due(services: Services) -> None:
    """Run the orders that are due, as the sweep would."""
    for row in await Submission.filter(stage=Stage.SENDING, next_run_at__lte=now()):
        await ordering.send_to_sonauto(services, row.session_id)


async def stages() -> dict[str, str]:
    return {row.session_id: row.stage for row in await Submission.all()}


async def paid(simulator: Simulator) -> int:
    return int((await simulator.ledger())["paid_posts"])
