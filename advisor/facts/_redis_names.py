"""
Names, types and meanings of the facts about Redis and what uses it.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.facts.schema import BOOL, DURATION, NUMBER, SIZE, STRING, VERSION, Type

_Rows = Mapping[str, tuple[Type, str]]
SETTINGS: _Rows = {
    "maxmemory": (SIZE, "memory for data, 0 for no limit"),
    "maxmemory_policy": (STRING, "what goes when maxmemory is reached: noeviction, allkeys-lru …"),
    "maxclients": (NUMBER, "connections that are accepted"),
    "timeout": (DURATION, "when idle connections are closed, 0 for never"),
    "tcp_keepalive": (DURATION, "how often silent connections are probed, 0 for never"),
    "tcp_backlog": (NUMBER, "connections that may wait to be accepted"),
    "databases": (NUMBER, "how many databases there are"),
    "appendonly": (BOOL, "whether every write goes to the append-only file"),
    "appendfsync": (STRING, "when that file is flushed to disk: always, everysec or no"),
    "save": (STRING, "when snapshots are made: seconds and changes; empty for never"),
    "protected_mode": (BOOL, "whether strangers are refused as long as there is no password"),
    "bind": (STRING, "addresses it listens on"),
    "requirepass": (BOOL, "whether a password is set"),
}
"""Settings of redis.conf with underscores for hyphens."""
REDIS: _Rows = {
    "version": (VERSION, "version of Redis"),
    "name": (STRING, "what the server is called in the deployment"),
    "official": (BOOL, "whether it runs in the official image, where protected-mode is off"),
    "limit": (SIZE, "memory limit of its container; absent where there is none"),
    "is_cache": (BOOL, "whether something uses it as a cache"),
    "is_queue": (BOOL, "whether a broker keeps its queues in it"),
    "keeps_state": (BOOL, "whether queues, results of tasks or sessions are kept in it"),
    "only_cache": (BOOL, "whether all that is known to use it is a cache"),
    "cache_use": (STRING, "where a cache is configured"),
    "queue_use": (STRING, "where a broker is configured"),
    "state_use": (STRING, "where queues, results or sessions are configured"),
    "redelivered_after": (DURATION, "when a task that is not acknowledged goes to another worker"),
    "task_limit": (DURATION, "how long a task may run that is acknowledged late"),
    "endless_use": (BOOL, "whether a cache keeps its entries for ever"),
    "persistent": (BOOL, "whether it writes snapshots or an append-only file"),
    "authenticated": (BOOL, "whether a password or users are set"),
    "published": (BOOL, "whether its port is open to machines beyond its host or cluster"),
    "listens": (BOOL, "whether it listens on more than loopback addresses"),
    "nofile": (NUMBER, "open files it may have; absent where nobody set a limit"),
    "somaxconn": (NUMBER, "net.core.somaxconn of its container; absent where nobody set it"),
    **SETTINGS,
}
CLIENT: _Rows = {
    "name": (STRING, "class that is created: Redis, ConnectionPool, BlockingConnectionPool"),
    "version": (VERSION, "version of redis-py"),
    "is_async": (BOOL, "whether it is of redis.asyncio"),
    "timeout_set": (BOOL, "whether socket_timeout is given"),
    "connect_timeout_set": (BOOL, "whether socket_connect_timeout is given"),
    "waits": (BOOL, "whether it waits for answers without limit"),
    "blocks": (BOOL, "whether its file waits for messages on purpose: BLPOP, XREAD, PUBSUB"),
    "size": (NUMBER, "most connections of its pool; absent where there is no limit"),
    "workers": (NUMBER, "processes that each have such a pool: replicas × workers"),
    "demand": (NUMBER, "connections that all of these pools may open together"),
}
