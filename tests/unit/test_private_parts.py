"""The undocumented parts of libraries that we override or read, each by its name.

pyproject.toml pins these libraries below their next release. Whoever raises a pin learns here what
to look at again. Whether the parts do their work is tested where they are used; `_check_protocol`
of Hypercorn in `integration/test_protocols.py`.
"""

import inspect
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import engineio.async_socket
import hypercorn.asyncio.run
import pytest
import socketio.async_manager
import socketio.async_pubsub_manager
import socketio.base_manager
import socketio.base_server
import tortoise.transactions
from hypercorn.protocol.ws_stream import Handshake, WSStream
from redis.asyncio import BlockingConnectionPool
from taskiq.receiver import Receiver
from tortoise import Model, Tortoise
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.base.client import TransactionContextPooled
from tortoise.backends.base_postgres.client import BasePostgresClient
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext
from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.operations import RemoveField
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.migrations.schema_editor import SqliteSchemaEditor

from realtime.engine import SocketServer, SpreadingEngine
from realtime.rooms import LocalRooms, SharedRooms
from server.database.postgres import PostgresClient, PostgresTransaction
from server.database.schema import AppliedSteps, Executor, IndexKeepingEditor
from server.database.sqlite import EmbeddedClient, SqliteTransaction
from server.pipeline.broker import Queue, StreamBroker, create_brokers
from server.pipeline.worker import DrainingReceiver
from server.serving.listener import ListenerConfig
from server.settings import Settings
from server.submissions.model import Submission

BOUND = (
    "hypercorn",
    "python-engineio",
    "python-socketio",
    "quart",
    "taskiq",
    "taskiq-redis",
    "tortoise-orm",
)
MANAGER = socketio.base_manager.BaseManager
ASYNC_MANAGER = socketio.async_manager.AsyncManager
PUBSUB = socketio.async_pubsub_manager.AsyncPubSubManager

OVERRIDDEN: list[tuple[type, type, str, Callable[..., Any]]] = [
    # ours, theirs, the part, and who calls or reads it
    (
        SocketServer,
        socketio.AsyncServer,
        "_engineio_server_class",
        socketio.base_server.BaseServer.__init__,
    ),
    (LocalRooms, MANAGER, "basic_enter_room", ASYNC_MANAGER.enter_room),
    (SharedRooms, MANAGER, "basic_leave_room", ASYNC_MANAGER.leave_room),
    (SharedRooms, MANAGER, "basic_disconnect", ASYNC_MANAGER.disconnect),
    (SharedRooms, MANAGER, "get_rooms", socketio.base_server.BaseServer.rooms),
    (SharedRooms, socketio.AsyncRedisManager, "_publish", PUBSUB.emit),
    (SharedRooms, PUBSUB, "_handle_emit", PUBSUB._thread),
    (LocalRooms, ASYNC_MANAGER, "emit", socketio.AsyncServer.emit),
    (
        ListenerConfig,
        hypercorn.config.Config,
        "create_sockets",
        hypercorn.asyncio.run.worker_serve,
    ),
    (DrainingReceiver, Receiver, "run_task", Receiver.callback),
    (
        PostgresClient,
        AsyncpgDBClient,
        "_in_transaction",
        tortoise.transactions.in_transaction,
    ),
    (PostgresClient, AsyncpgDBClient, "create_pool", AsyncpgDBClient.create_connection),
    (EmbeddedClient, SqliteClient, "_in_transaction", tortoise.transactions.in_transaction),
    (Executor, MigrationExecutor, "_schema_editor", MigrationExecutor.migrate),
    (AppliedSteps, MigrationRecorder, "ensure_schema", MigrationExecutor.migrate),
    (IndexKeepingEditor, SqliteSchemaEditor, "remove_field", RemoveField.database_forward),
]


def names_in(code: CodeType) -> Iterator[str]:
    """Yield the names that a function and its inner functions call and read."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_in(constant)


def reads(function: Callable[..., Any], name: str) -> bool:
    """Say whether a library's function calls or reads something of that name."""
    return name in names_in(inspect.unwrap(function).__code__)


@pytest.mark.parametrize(
    ("ours", "theirs", "name", "reader"),
    OVERRIDDEN,
    ids=[f"{theirs.__name__}.{name}" for _, theirs, name, _ in OVERRIDDEN],
)
def test_what_we_override_exists_and_is_called(
    ours: type, theirs: type, name: str, reader: Callable[..., Any]
) -> None:
    assert hasattr(theirs, name)
    assert getattr(ours, name) is not getattr(theirs, name)
    assert reads(reader, name)


def test_engineio_reads_the_interval_before_each_ping() -> None:
    assert isinstance(inspect.getattr_static(SpreadingEngine, "ping_interval"), property)
    assert reads(engineio.async_socket.AsyncSocket._send_ping, "ping_interval")


def test_socketios_manager_keeps_what_we_forget_for_a_socket_that_has_gone() -> None:
    manager = MANAGER()

    assert (manager.rooms, manager.callbacks) == ({}, {})
    assert (manager.pending_connect, manager.pending_disconnect) == ({}, {})
    assert {"callbacks", "pending_connect", "pending_disconnect"} <= set(
        names_in(MANAGER.basic_disconnect.__code__)
    )


def test_hypercorns_socket_stream_hands_out_a_method_of_its_own_and_keeps_the_handshake() -> None:
    assert reads(WSStream.handle, "app_send")
    assert reads(WSStream.handle, "handshake")
    assert reads(Handshake.accept, "extensions")
    assert Handshake([], "1.1").extensions is None


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (PostgresTransaction, TransactionContextPooled),
        (SqliteTransaction, SqliteTransactionContext),
    ],
)
def test_tortoises_transaction_has_a_token_once_it_is_the_one_under_way(
    ours: type, theirs: type
) -> None:
    assert issubclass(ours, theirs)
    assert reads(theirs.__aenter__, "token")  # type: ignore[attr-defined]
    assert reads(theirs.__aexit__, "TransactionManagementError")  # type: ignore[attr-defined]


def test_tortoises_clients_keep_the_locks_that_our_transactions_take() -> None:
    assert reads(BasePostgresClient.__init__, "_pool_init_lock")
    assert reads(SqliteClient.__init__, "_lock")
    assert reads(AsyncpgDBClient._in_transaction, "_pool_init_lock")
    assert reads(SqliteClient._in_transaction, "_lock")


def test_tortoise_lets_tasks_from_outside_find_the_connection() -> None:
    assert "_enable_global_fallback" in inspect.signature(Tortoise.init).parameters


def test_tortoises_migrations_go_by_the_recorder_and_the_loader_of_the_executor() -> None:
    assert {"recorder", "loader"} <= set(names_in(MigrationExecutor.__init__.__code__))
    assert reads(MigrationExecutor.migrate, "loader")


def test_tortoises_models_know_their_key_their_columns_and_their_database() -> None:
    meta = Submission._meta

    assert issubclass(Submission, Model)
    assert meta.pk_attr == "session_id"
    assert "session_id" in meta.fields_map
    assert hasattr(type(meta), "db")


def test_taskiqs_stream_broker_has_the_pool_and_the_names_that_we_read() -> None:
    broker = create_brokers(
        Settings.model_validate(
            {
                "database_url": "postgresql://nobody@127.0.0.1:9/none",
                "redis_url": "redis://127.0.0.1:9/0",
                "sonauto_api_key": "key",
                "webhook_base_url": "https://pets.example",
            }
        )
    )[Queue.RENDER]

    assert isinstance(broker, StreamBroker)
    assert isinstance(broker.connection_pool, BlockingConnectionPool)
    assert broker.queue_name == Queue.RENDER.value
    assert broker.consumer_group_name
    assert broker.consumer_name == "worker"
    assert (broker.block, broker.maxlen, broker.approximate) == (1000, 10_000, True)


@pytest.mark.parametrize("library", BOUND)
def test_libraries_with_private_parts_are_pinned_below_their_next_release(library: str) -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    [wanted] = [
        one
        for one in project["project"]["dependencies"]
        if one.partition(">=")[0].partition("[")[0] == library
    ]

    assert ",<" in wanted
