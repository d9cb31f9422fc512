"""All tasks: first the steps in the order a submission takes them, then the scheduled ones.

A task takes a session_id and reads the row; nothing else is passed from step to step.
"""

from typing import Annotated, Any, Final

from taskiq import AsyncTaskiqDecoratedTask, Context, TaskiqDepends, async_shared_broker

from server.pipeline import (
    downloading,
    fetching,
    ordering,
    previewing,
    probing,
    rendering,
    retention,
    upkeep,
)
from server.pipeline.broker import Queue
from server.services import Services

TaskContext = Annotated[Context, TaskiqDepends()]


def services_of(context: Context) -> Services:
    """The services of the worker that runs the task; `worker.py` sets them."""
    services: Services = context.state.services
    return services


@async_shared_broker.task("make_preview", queue_name=Queue.RENDER.value)
async def make_preview(session_id: str, context: TaskContext) -> None:
    await previewing.make_preview(services_of(context), session_id)


@async_shared_broker.task("prepare_videos", queue_name=Queue.RENDER.value)
async def prepare_videos(session_id: str, context: TaskContext) -> None:
    await previewing.prepare_videos(services_of(context), session_id)


@async_shared_broker.task("send_to_sonauto", queue_name=Queue.DEFAULT.value)
async def send_to_sonauto(session_id: str, context: TaskContext) -> None:
    await ordering.send_to_sonauto(services_of(context), session_id)


@async_shared_broker.task("fetch_generation_details", queue_name=Queue.DEFAULT.value)
async def fetch_generation_details(session_id: str, context: TaskContext) -> None:
    await fetching.fetch_generation_details(services_of(context), session_id)


@async_shared_broker.task("download_audio", queue_name=Queue.DEFAULT.value)
async def download_audio(session_id: str, context: TaskContext) -> None:
    await downloading.download_audio(services_of(context), session_id)


@async_shared_broker.task("create_video", queue_name=Queue.RENDER.value)
async def create_video(session_id: str, context: TaskContext) -> None:
    await rendering.create_video(services_of(context), session_id)


@async_shared_broker.task("process_pending_queue", queue_name=Queue.DEFAULT.value)
async def process_pending_queue(context: TaskContext) -> None:
    await probing.process_pending_queue(services_of(context))


@async_shared_broker.task("sweep", queue_name=Queue.DEFAULT.value)
async def sweep(context: TaskContext) -> None:
    await upkeep.sweep(services_of(context))


@async_shared_broker.task("check_credits", queue_name=Queue.DEFAULT.value)
async def check_credits(context: TaskContext) -> None:
    await upkeep.check_credits(services_of(context))


@async_shared_broker.task("check_storage", queue_name=Queue.DEFAULT.value)
async def check_storage(context: TaskContext) -> None:
    await upkeep.check_storage(services_of(context))


@async_shared_broker.task("check_timeouts", queue_name=Queue.DEFAULT.value)
async def check_timeouts(context: TaskContext) -> None:
    await upkeep.check_timeouts(services_of(context))


@async_shared_broker.task("cleanup_old_files", queue_name=Queue.DEFAULT.value)
async def cleanup_old_files(context: TaskContext) -> None:
    await retention.clean_up_old_files(services_of(context))


TASKS: Final[dict[str, AsyncTaskiqDecoratedTask[..., Any]]] = {
    task.task_name: task
    for task in (
        make_preview,
        prepare_videos,
        send_to_sonauto,
        fetch_generation_details,
        download_audio,
        create_video,
        process_pending_queue,
        sweep,
        check_credits,
        check_storage,
        check_timeouts,
        cleanup_old_files,
    )
}
"""Every task by its name."""
