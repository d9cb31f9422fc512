"""Who may order: those who wait longest, or while the song service fails everybody, one probe.

What a probe is, and how often one goes out, stands in `submissions/account.py`.
"""

from server.errors import SongServiceError
from server.services import Services
from server.submissions import account, transitions
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission


async def process_pending_queue(services: Services) -> None:
    """Give free slots to those who wait longest; while orders are stopped, probe the service."""
    if not (await account.read_account()).failed_probes:
        await transitions.claim_slots(services)
        return
    if not await account.claim_probe(services) or not await reaches(services):
        return
    claimed = await transitions.claim_slots(services, is_probe=True)
    if claimed:
        return
    if await Submission.exists(stage=Stage.QUEUED):
        await account.put_off_probe(services)
    else:
        # Nobody wants to order, so that its having answered must do.
        await account.note_success(services)


async def reaches(services: Services) -> bool:
    """Say whether the service's API answers; asking costs nothing, and no is noted."""
    try:
        await services.songs.reach()
    except SongServiceError as error:
        await account.note_reach(is_reached=False)
        await account.note_failure(services, str(error), is_probe=True)
        return False
    await account.note_reach(is_reached=True)
    return True
