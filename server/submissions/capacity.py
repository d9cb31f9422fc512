"""Storage capacity: new songs are refused before a full disk stops those under way."""

import structlog

from server.services import Services

logger = structlog.get_logger(__name__)


async def is_full(services: Services) -> bool:
    """Return whether the storage is too full for new submissions; a bucket never is."""
    used_percent = await services.storage.measure_use()
    return used_percent is not None and used_percent >= services.settings.storage_stop_percent


async def log_usage(services: Services) -> None:
    """Log the storage usage at the matching level."""
    used_percent = await services.storage.measure_use()
    if used_percent is None:
        return
    settings = services.settings
    if used_percent >= settings.storage_stop_percent:
        logger.critical("storage_full", used_percent=used_percent)
    elif used_percent >= settings.storage_warning_percent:
        logger.warning("storage_filling", used_percent=used_percent)
    else:
        logger.info("storage_used", used_percent=used_percent)
