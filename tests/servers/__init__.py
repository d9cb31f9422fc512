"""Real servers for tests: PostgreSQL, Redis, S3 and our own processes, started and stopped here.

Imports nothing of the application. Every server listens on a free loopback port, keeps its files in
a temporary folder of its own and is killed when Python exits, so no existing server is ever used or
touched. Start with server.py, which has what all of them can do; postgres.py, redis.py, objects.py
and web.py add what is special about each. proxy.py is a bad network between any two of them,
reverse.py a reverse proxy in front of a site.
"""

from tests.servers.child import Child, ServerFailed
from tests.servers.objects import ObjectServer
from tests.servers.polling import HANG_S, wait_until
from tests.servers.ports import free_port
from tests.servers.postgres import PostgresServer
from tests.servers.proxy import Proxy
from tests.servers.redis import RedisServer
from tests.servers.reverse import ReverseProxy
from tests.servers.web import ChildServer

__all__ = [
    "HANG_S",
    "Child",
    "ChildServer",
    "ObjectServer",
    "PostgresServer",
    "Proxy",
    "RedisServer",
    "ReverseProxy",
    "ServerFailed",
    "free_port",
    "wait_until",
]
