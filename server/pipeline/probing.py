"""Decides who may order: the oldest submissions, or one probe while the song service is failing.

Probes and their intervals are explained in `submissions/account.py`.
"""

from server.errors import SongServiceError
from server.services import Services
from server.submissions import account, transitions
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission


async def process_pending_queue(services: Services) -> None:
    """Give free slots to the oldest submissions; while orders are stopped, probe the service."""
    if not (await account.read_account()).failed_probes:
        await transitions.claim_slots(services)
        return
    if not await account.claim_probe(services) or not await is_reachable(services):
        return
    claimed = await transitions.claim_slots(services, is_probe=True)
    if claimed:
        return
    if await Submission.exists(stage=Stage.QUEUED):
        await account.put_off_probe(services)
    else:
        # There is nobody to order for, so an answer from the API has to do.
        await account.note_success(services)


async def is_reachable(services: Services) -> bool:
    """Check that the service's API answers and record the result; the request costs nothing."""
    try:
        await services.songs.reach()
    except SongServiceError as error:
        await account.note_reach(is_reached=False)
        await account.note_failure(services, str(error), is_probe=True)
        return False
    await account.note_reach(is_reached=True)
    return True
