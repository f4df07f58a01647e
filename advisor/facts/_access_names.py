"""
Names, types and meanings of the facts about pg_hba.conf and PgBouncer.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.facts.schema import BOOL, DURATION, NUMBER, STRING, VERSION, Type, list_of

_Rows = Mapping[str, tuple[Type, str]]

HBA: _Rows = {
    "type": (STRING, "local, host, hostssl, hostnossl, hostgssenc or hostnogssenc"),
    "databases": (STRING, "databases, as written"),
    "users": (STRING, "roles, as written"),
    "address": (STRING, "network, host name or keyword; empty for local"),
    "breadth": (STRING, "who it lets in: local, loopback, private, host, name or wide"),
    "everyone": (BOOL, "whether it is for every database, every role and every address"),
    "method": (STRING, "authentication method"),
    "encrypted": (BOOL, "whether it takes only connections over TLS or GSSAPI"),
    "certificate": (BOOL, "whether it asks for a client certificate as well"),
    "line": (NUMBER, "line of the file"),
    "shadowed": (BOOL, "whether an earlier record takes every connection that fits this one"),
    "shadow_line": (NUMBER, "line of that record"),
    "shadow_method": (STRING, "method of that record"),
    "container": (BOOL, "whether the server runs in a container"),
}
SETTINGS: _Rows = {
    "pool_mode": (STRING, "session, transaction or statement"),
    "max_client_conn": (NUMBER, "connections of clients that are accepted"),
    "default_pool_size": (NUMBER, "connections to the server per database and user"),
    "min_pool_size": (NUMBER, "connections to the server that are kept ready"),
    "reserve_pool_size": (NUMBER, "further connections for clients that wait too long"),
    "max_db_connections": (NUMBER, "connections to the server per database, 0 for no limit"),
    "max_user_connections": (NUMBER, "connections to the server per user, 0 for no limit"),
    "reserve_pool_timeout": (DURATION, "when the reserve is used, 0 for never"),
    "query_wait_timeout": (DURATION, "how long a query waits for a connection, 0 for ever"),
    "query_timeout": (DURATION, "how long a query may run, 0 for ever"),
    "client_idle_timeout": (DURATION, "when idle clients are dropped, 0 for never"),
    "server_idle_timeout": (DURATION, "when idle connections to the server are closed"),
    "server_lifetime": (DURATION, "when old connections to the server are closed, 0 after one use"),
    "server_reset_query": (STRING, "statement that clears a session before another client gets it"),
    "server_reset_query_always": (NUMBER, "1 to run it in every mode, 0 in session mode only"),
    "max_prepared_statements": (NUMBER, "prepared statements it follows, 0 for none"),
    "auth_type": (STRING, "how clients prove who they are"),
    "auth_file": (STRING, "file of users and passwords, empty for none"),
    "auth_user": (STRING, "who asks the server for the passwords of others, empty for nobody"),
    "ignore_startup_parameters": (STRING, "parameters that clients may send to no effect"),
    "track_extra_parameters": (STRING, "further parameters that are kept per client"),
    "listen_addr": (STRING, "addresses it listens on, empty for unix sockets only"),
    "listen_port": (NUMBER, "port it listens on"),
    "client_tls_sslmode": (STRING, "TLS towards clients"),
}
PGBOUNCER: _Rows = {
    "version": (VERSION, "version of PgBouncer"),
    "name": (STRING, "what the pooler is called in the deployment"),
    "local": (BOOL, "whether it listens on loopback or unix sockets only"),
    "transactional": (BOOL, "whether a client changes connections: transaction, statement mode"),
    "clients": (NUMBER, "connections that the pools of all applications may open to it"),
    "clients_formula": (STRING, "how clients is computed, for messages"),
    "server_connections": (NUMBER, "connections it may open to the server, at least"),
    "server_formula": (STRING, "how server_connections is computed, for messages"),
    "empty_parameter": (STRING, "parameter of a database that is written empty: host; or empty"),
    "swallowed": (STRING, "parameter that it takes for its value; empty when there is none"),
    "swallowing": (list_of(STRING), "databases with such a parameter"),
    "default_used": (BOOL, "whether a database has no pool_size of its own"),
    "nobody_known": (BOOL, "whether it asks for passwords and knows none, nor whom to ask"),
    "plain_users": (list_of(STRING), "users whose passwords its auth_file holds in clear text"),
    "md5_users": (list_of(STRING), "users of whose passwords its auth_file holds MD5 hashes"),
    "refused_users": (list_of(STRING), "users who cannot log in: SCRAM is asked of an MD5 hash"),
    "broken_line": (NUMBER, "line of its auth_file at which it stops reading, 0 for none"),
    "missing_file": (STRING, "file its auth_file is mounted from and that is not there, or empty"),
    "users_file": (STRING, "its auth_file as a file of the deployment, empty for none"),
    "usable": (NUMBER, "max_connections of the server behind it, less the reserved ones"),
    "cpus": (NUMBER, "cpus of the server behind it"),
    **SETTINGS,
}
POOLED: _Rows = {
    "driver": (STRING, "driver of the engine: asyncpg, psycopg, psycopg2 …"),
    "prepares": (BOOL, "whether the driver prepares statements by itself"),
    "cursors": (BOOL, "whether it uses cursors on the server that outlive a transaction: Django"),
    "transactions": (BOOL, "whether it opens transaction blocks: not AUTOCOMMIT throughout"),
    "refused": (STRING, "startup parameters it sends and PgBouncer refuses, as a list"),
    "ignored": (STRING, "parameters it sends that PgBouncer drops without a word, as a list"),
    "session_state": (list_of(STRING), "what the code's statements leave in their session: LISTEN"),
    "deadline": (DURATION, "how long a request may take before its worker is killed"),
}
