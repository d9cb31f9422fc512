"""Who may order: those who wait longest, or while the song service fails everybody, one probe.

What a probe is, and how often one goes out, stands in `submissions/account.py`.
"""

from server.errors import NeverReached, Unanswered
from server.services import Services
from server.submissions import account, transitions


async def process_pending_queue(services: Services) -> None:
    """Give free slots to those who wait longest; while orders are stopped, probe the service."""
    if not (await account.read_account()).failed_probes:
        await transitions.claim_slots(services)
        return
    if not await account.claim_probe(services) or not await reaches(services):
        return
    if not await transitions.claim_slots(services, is_probe=True):
        # Nobody can order at present, so that its having answered must do.
        await account.note_success(services)


async def reaches(services: Services) -> bool:
    """Say whether the service answers anything at all; asking costs nothing, and no is noted."""
    try:
        await services.songs.reach()
    except (NeverReached, Unanswered) as error:
        await account.note_failure(services, str(error), is_probe=True)
        return False
    return True
