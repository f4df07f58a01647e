"""
What tells the formats apart by their content.

Configuration is told by the beginning of the text, the rest by marks anywhere in it; always in
time linear in the length.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from advisor import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = 64 * 1024
"""Characters that are enough to recognise a configuration file."""

_POSTGRESQL_OWN = frozenset(
    """
    shared_buffers effective_cache_size work_mem maintenance_work_mem autovacuum_work_mem
    hash_mem_multiplier huge_pages max_wal_size min_wal_size max_wal_senders max_replication_slots
    random_page_cost seq_page_cost cpu_tuple_cost cpu_index_tuple_cost cpu_operator_cost
    parallel_tuple_cost parallel_setup_cost effective_io_concurrency maintenance_io_concurrency
    default_statistics_target shared_preload_libraries session_preload_libraries
    synchronous_commit synchronous_standby_names max_worker_processes full_page_writes fsync
    idle_in_transaction_session_timeout idle_session_timeout statement_timeout lock_timeout
    log_lock_waits log_autovacuum_min_duration log_temp_files log_checkpoints log_line_prefix
    log_min_messages log_min_error_statement log_statement log_connections log_disconnections
    superuser_reserved_connections unix_socket_directories password_encryption hba_file ident_file
    default_transaction_isolation max_prepared_transactions max_locks_per_transaction
    dynamic_shared_memory_type temp_buffers max_stack_depth from_collapse_limit io_method
    join_collapse_limit primary_conninfo plan_cache_mode
    """.split()  # noqa: SIM905 - readable in blocks, a list would be 100 lines
)
_POSTGRESQL_OWN_PREFIXES = tuple(
    """
    wal_ checkpoint_ hot_standby jit autovacuum vacuum_ bgwriter_ max_parallel_ log_min_duration
    archive_ track_ enable_ geqo pg_stat_statements. auto_explain. pgaudit. timescaledb. citus.
    pg_cron. cron.
    """.split()  # noqa: SIM905 - readable in blocks, a list would be 100 lines
)
"""Names that no other program has."""
_POSTGRESQL_ALSO_PREFIXES = tuple(
    """
    listen_addresses port max_ ssl log_ logging_collector timezone datestyle lc_ default_ tcp_
    data_directory external_pid_file include client_ search_path restore_command recovery_
    cluster_name temp_ authentication_timeout stats_temp_directory update_process_title
    deadlock_timeout extra_float_digits intervalstyle bytea_output xml row_security unix_socket_
    """.split()  # noqa: SIM905 - readable in blocks, a list would be 100 lines
)
"""Names that PostgreSQL has, and others too."""
_SETTING_LINE = regex.lazy(
    r"^[ \t]*+([A-Za-z_][\w.]*+)(?:[ \t]*=[ \t]*|[ \t]+)[^\s{=#][^\n{;]*$", re.MULTILINE
)
_NOT_POSTGRESQL = regex.lazy(
    r"^[ \t]*+(?:\[[^\]\n]+\][ \t\r]*$|(?:num_init_children|backend_hostname\d|pcp_port)\b|<"
    r"|[^#\n]*[^}#\n]\{[ \t\r]*$|\}[ \t\r]*$)",
    re.MULTILINE,
)
_NGINX_OWN = frozenset(
    """
    server_name server_tokens listen root location upstream events http stream add_header
    access_log error_log log_format try_files rewrite return sendfile tcp_nopush tcp_nodelay
    default_type set_real_ip_from map geo split_clients send_timeout expires load_module
    error_page stub_status send_lowat multi_accept reset_timedout_connection output_buffers
    directio etag if_modified_since
    """.split()  # noqa: SIM905 - readable in blocks, a list would be 100 lines
)
_NGINX_OWN_PREFIXES = tuple(
    """
    worker_ server_names_hash_ proxy_ fastcgi_ uwsgi_ grpc_ scgi_ gzip brotli keepalive client_
    ssl_ limit_req limit_conn limit_rate types_hash_ real_ip_ resolver open_file_cache auth_basic
    sub_filter http2 lingering_ aio mirror
    """.split()  # noqa: SIM905 - readable in blocks, a list would be 100 lines
)
_NGINX_TABLE = regex.lazy(
    r"^[ \t]*+(?:upstream[ \t]++[\w.-]++\s*+\{"
    r"[^{}]{0,2000}?\bserver[ \t]++[^\s;{}]++[^;{}]{0,400}+;"
    r"|(?:map|geo|split_clients)[ \t]++[^\n;{}]{0,400}?\$\w++[\"']?\s*+\{)",
    re.MULTILINE,
)
"""An upstream, or a block that sets a variable: often a file of its own."""
_SECTION = regex.lazy(r"^[ \t]*+\[[^\]\n]+\][ \t\r]*$", re.MULTILINE)
_PGBOUNCER = regex.lazy(r"^[ \t]*+\[pgbouncer\]", re.MULTILINE)
_HBA_RECORD = regex.lazy(
    r"^[ \t]*+(?:local|host(?:no)?(?:ssl|gssenc)?)[ \t]++[^\s#{;=]++[ \t]++[^\s#{;=]++[ \t]++"
    r"[^\n]*?\b(?:trust|reject|scram-sha-256|md5|password|gss|sspi|ident|peer|ldap|radius|cert|pam|oauth)\b",
    re.MULTILINE,
)
_COMMENT = regex.lazy(r"#[^\n]*")
_STATEMENT = regex.lazy(
    r"(?:^|[;{}])[ \t]*+([A-Za-z_]\w*+)(?=[\s;{])[^;{}#\n]{0,400}+(?=([;{]))", re.MULTILINE
)
_GUNICORN_SETTING = regex.lazy(
    r"^(?:bind|backlog|workers|worker_class|worker_connections|worker_tmp_dir|threads|timeout"
    r"|graceful_timeout|keepalive|max_requests(?:_jitter)?|preload_app|forwarded_allow_ips"
    r"|accesslog|errorlog|loglevel|access_log_format|limit_request_\w+|wsgi_app|reuse_port"
    r"|proc_name|chdir|daemon|pidfile|sendfile|secure_scheme_headers)[ \t]*(?::[^=\n]+)?=(?!=)",
    re.MULTILINE,
)
_ENGINE_WORDS = (
    "create_engine",
    "create_async_engine",
    "engine_from_config",
    "psycopg_pool",
    "psycopg2.pool",
    "from psycopg2 import pool",
    "asyncpg",
    "DJANGO_SETTINGS_MODULE",
    "flask_sqlalchemy",
    "SQLALCHEMY_DATABASE_URI",
    "SQLALCHEMY_ENGINE_OPTIONS",
    "SQLALCHEMY_BINDS",
    "SQLALCHEMY_POOL_",
    "SQLALCHEMY_MAX_OVERFLOW",
)
_INI_URL = regex.lazy(r"^sqlalchemy\.url[ \t]*[=:]", re.MULTILINE)
_DATABASES = regex.lazy(r"^DATABASES\b", re.MULTILINE)
_CODE_WORDS = (
    "flask_limiter",
    "slowapi",
    "flask_socketio",
    "apscheduler",
    "prometheus_",
    "PROMETHEUS_MULTIPROC_DIR",
    "RATELIMIT_STORAGE",
    "MAX_CONTENT_LENGTH",
    "SECURE_PROXY_SSL_HEADER",
    "ProxyFix",
    "ProxyHeadersMiddleware",
    "websocket",
    "WebSocketRoute",
    "add_listener",
    "text/event-stream",
)
_SESSION_SQL = regex.lazy(
    r"[\"'][ \t\n]*+(?:LISTEN|SET|PREPARE|DECLARE|CREATE[ \t]++TEMP(?>(?:ORARY)?)[ \t]++TABLE)[ \t]"
    r"|advisory_lock|set_config",
    re.IGNORECASE,
)
"""Statements whose effect stays with their session, at the beginning of a text."""
_WAITING = regex.lazy(r"\b(?:requests|httpx|time|subprocess|urllib|psycopg2?+|pymysql|MySQLdb)\b")
_PLAN_WORDS = ("(cost=", "(actual", "->", "-&gt;", "Node Type", "<Node-Type>", "QUERY PLAN")
_PLAN = regex.lazy(
    r"\(cost=\d+\.\d+\.\.\d+\.\d+\s{1,2}rows=\d+\s{1,2}width=\d+\)"
    r"|\(actual\s(?:time=[\d.]{1,40}\s)?rows="
    r"|^(?:[^\w\n]{0,80}|[\w.-]{1,60} {1,40}\|\s{0,80})-(?:>|&gt;)\s{2,4}(?:Parallel\s)?"
    r"(?:Seq|Index|Bitmap|Hash|Nested|Merge|Sort|Aggregate|Append|Limit|Gather|Subquery)"
    r"|^[^\w\n]{0,80}QUERY PLAN\W*$"
    r"|\bNode Type\"{0,2}: ?\"|<Node-Type>",
    re.MULTILINE,
)
_REDIS = regex.lazy(
    r"^[ \t]*+(?:maxmemory(?:-\w++)*|appendonly|appendfsync|protected-mode|tcp-keepalive|maxclients"
    r"|requirepass|rename-command|dbfilename|appendfilename|tcp-backlog|aclfile|lazyfree-lazy-\w++"
    r"|save)[ \t]++[^\n;{]*+$",
    re.MULTILINE,
)
"""Directives that no other program has, without the ``;`` of nginx."""
_SENTINEL = regex.lazy(r"^[ \t]*+sentinel[ \t]", re.MULTILINE)
_REDIS_CODE = regex.lazy(
    r"^[ \t]*+(?:import redis|from redis|import celery|from celery)\b"
    r"|^(?:CACHES|CELERY_\w++|broker_url|BROKER_URL|CACHE_REDIS_URL)[ \t]*+[=:\[.]",
    re.MULTILINE,
)
_SNAPSHOT = regex.lazy(r"\ufeff?\s*+\{\s*+\"format\"\s*+:\s*+\"advisor-snapshot-v")
_LOAD_MARKS = {
    "wrk": ("Running ", " test @ ", "Thread Stats", "Requests/sec:"),
    "ab": ("This is ApacheBench", "Concurrency Level:"),
    "hey": ("Summary:", "Requests/sec:", "Latency distribution:", "Details (average,"),
    "k6": ('"http_req_duration"', '"http_reqs"', '"iterations"'),
    "vegeta": ('"latencies"', '"99th"', '"status_codes"'),
    "oha": ('"successRate"', '"requestsPerSec"', '"statusCodeDistribution"'),
    "locust": ('"num_none_requests"', '"response_times"'),
}
"""Words that only the output of one tool has together."""
_LOAD_BEGINNINGS = {
    "ab": "Percentage served,Time in ms",
    "hey": "response-time,DNS+dialup,DNS,",
    "locust": "Type,Name,Request Count,Failure Count,",
}
"""First lines of tables."""
_SERVICES = regex.lazy(r"^(?:services|\"services\"|'services')[ \t]*:", re.MULTILINE)
_KUBERNETES = regex.lazy(
    r"^kind:[ \t]*[\"']?(?:Deployment|StatefulSet|DaemonSet|ReplicaSet|Job|CronJob|Pod|Service"
    r"|HorizontalPodAutoscaler|ConfigMap|Secret|Ingress|HTTPRoute|Cluster|Pooler|postgresql"
    r"|List)[\"']?"
    r"[ \t\r]*(?:#[^\n]*)?$",
    re.MULTILINE,
)
_API_VERSION = regex.lazy(
    r"^apiVersion:[ \t]*[\"']?(?:v1|apps/|batch/|autoscaling/|postgresql\.cnpg\.io/"
    r"|acid\.zalan\.do/|(?:gateway\.)?networking\.k8s\.io/)",
    re.MULTILINE,
)
_TERRAFORM = regex.lazy(
    r"^[ \t]*+resource[ \t]++\"(?:aws_db_instance|aws_rds_cluster(?:_instance)?"
    r"|google_sql_database_instance|azurerm_postgresql_flexible_server)\""
    r"|^[ \t]*+(?:source[ \t]*+=[ \t]*+\"[\w./]{0,40}terraform-aws-modules/rds/aws\""
    r"|(?:db_)?instance_class[ \t]*+=)",
    re.MULTILINE,
)
"""A managed server, or a call of a module that is told the class of one."""
_PARAMETER_GROUP = regex.lazy(
    r"^[ \t]*+resource[ \t]++\"aws_(?:db|rds_cluster)_parameter_group\"", re.MULTILINE
)
_FAMILY = regex.lazy(r"=[ \t]*+\"(?:aurora-)?postgres(?:ql)?\d")
_PATRONI = regex.lazy(r"^postgresql:", re.MULTILINE)
_PATRONI_TOO = regex.lazy(r"^(?:restapi|scope|bootstrap):", re.MULTILINE)
_UNIT = regex.lazy(r"^[ \t]*+\[(?:Service|Socket)\]", re.MULTILINE)
_SUPERVISED = regex.lazy(r"^[ \t]*+\[(?:fcgi-)?program:", re.MULTILINE)
_TOP_LEVEL = regex.lazy(r"^[^\s#]", re.MULTILINE)
_SERVICE_KEY = regex.lazy(
    r"^[ \t]+(?:image|build|extends)[ \t]*:|\{[^}\n]{0,500}\bimage:", re.MULTILINE
)
_FROM = regex.lazy(
    r"^[ \t]*from(?:[ \t]+--platform=\S+)?[ \t]+\S+(?:[ \t]+as[ \t]+\S+)?[ \t\r]*$",
    re.MULTILINE | re.IGNORECASE,
)


_DECLARES = regex.lazy(
    r"^[ \t]*(?:CREATE[ \t]+(?:(?:GLOBAL|LOCAL|UNLOGGED|FOREIGN)[ \t]+)*TABLE"
    r"|CREATE[ \t]+(?:UNIQUE[ \t]+)?INDEX|ALTER[ \t]+TABLE)\b",
    re.IGNORECASE | re.MULTILINE,
)
_OTHER_DATABASE = regex.lazy(
    r"\bENGINE[ \t]*=|\bAUTO_?INCREMENT\b|\bIDENTITY[ \t]*\(\d|^GO[ \t]*$|\bNVARCHAR2?\b|^PRAGMA\b"
    r"|^CREATE TABLE [^(]{0,80}`|\bMergeTree\b",
    re.IGNORECASE | re.MULTILINE,
)


def looks_schema(text: str) -> bool:
    """
    Whether SQL declares tables or indexes, and not those of another database.
    """
    return bool(_DECLARES.search(text)) and not _OTHER_DATABASE.search(text)


def looks_postgresql(text: str) -> bool:
    """
    Whether most settings are PostgreSQL's, and at least one is nobody else's.

    Section headers and blocks mean another program: MySQL, PgBouncer, pgBackRest, HOCON.
    """
    head = text[:HEAD]
    if _NOT_POSTGRESQL.search(head):
        return False
    names = [match[1].lower() for match in _SETTING_LINE.finditer(head)]
    own = {name for name in names if _is_one(name, _POSTGRESQL_OWN, _POSTGRESQL_OWN_PREFIXES)}
    known = sum(1 for name in names if name.startswith(_POSTGRESQL_ALSO_PREFIXES) or name in own)
    return bool(own) and known >= len(names) / 2


def looks_pg_hba(text: str) -> bool:
    """
    Whether a line is a record: type, database, user, perhaps an address, and a method.
    """
    return _HBA_RECORD.search(text[:HEAD]) is not None


def looks_pgbouncer(text: str) -> bool:
    """
    Whether there is a section ``[pgbouncer]``.
    """
    return _PGBOUNCER.search(text[:HEAD]) is not None


def looks_nginx(text: str) -> bool:
    """
    Whether at least a third of the statements, and one that ends with ``;``, are nginx's, or
    there is a block of entries that only nginx has.

    Section headers mean another program: Supervisor and PHP-FPM comment with ``;``.
    """
    head = _COMMENT.sub("", text[:HEAD])
    if _SECTION.search(head):
        return False
    if _NGINX_TABLE.search(head):
        return True
    count = Counter(_nginx_statements(head))
    return count["known;"] > 0 and 3 * (count["known;"] + count["known{"]) >= count.total()


def looks_gunicorn(text: str) -> bool:
    """
    Whether a Python file sets gunicorn's settings at module level.
    """
    return _GUNICORN_SETTING.search(text[:HEAD]) is not None


def looks_engine(text: str) -> bool:
    """
    Whether a Python file may make engines or pools, or says which databases Django uses.
    """
    return any(word in text for word in _ENGINE_WORDS) or _DATABASES.search(text) is not None


def looks_ini(text: str) -> bool:
    """
    Whether an ini file holds arguments for `engine_from_config` under their usual prefix.
    """
    return _INI_URL.search(text) is not None


def looks_code(text: str) -> bool:
    """
    Whether a Python file matters: it may make engines or objects that keep state, read headers,
    or do what its event loop or its pooler does not stand.
    """
    if looks_engine(text) or any(word in text for word in _CODE_WORDS):
        return True
    waits = "async def" in text and _WAITING.search(text) is not None
    return waits or _SESSION_SQL.search(text) is not None


def looks_redis(text: str) -> bool:
    """
    Whether a line is a directive that only Redis has, and none is one of Sentinel.
    """
    head = text[:HEAD]
    return _REDIS.search(head) is not None and _SENTINEL.search(head) is None


def looks_redis_code(text: str) -> bool:
    """
    Whether a Python file uses Redis, or sets up what may: Django's caches, Celery.
    """
    return "redis" in text and _REDIS_CODE.search(text) is not None


def looks_python(text: str) -> bool:
    """
    Whether a Python file says something that is looked for.
    """
    return looks_code(text) or looks_redis_code(text)


def looks_plan(text: str) -> bool:
    """
    Whether there is the output of EXPLAIN in any of its four formats somewhere in the text.
    """
    return any(word in text for word in _PLAN_WORDS) and _PLAN.search(text) is not None


def load_tool(text: str) -> str | None:
    """
    The load generator whose result a text is, None when it is none.
    """
    for tool, beginning in _LOAD_BEGINNINGS.items():
        if text.lstrip("\ufeff").startswith(beginning):
            return tool
    for tool, words in _LOAD_MARKS.items():
        if all(word in text for word in words):
            return tool
    return None


def looks_load(text: str) -> bool:
    """
    Whether a text is the result of a load test.
    """
    return load_tool(text) is not None


def looks_snapshot(text: str) -> bool:
    """
    Whether a text begins as `advisor collect` begins.
    """
    return _SNAPSHOT.match(text) is not None


def looks_compose(text: str) -> bool:
    """
    Whether there is a top-level ``services`` mapping with something like a container in it.
    """
    start = _SERVICES.search(text)
    if start is None:
        return False
    following = _TOP_LEVEL.search(text, start.end())
    block = text[start.end() : following.start() if following else len(text)]
    return _SERVICE_KEY.search(block) is not None


def looks_kubernetes(text: str) -> bool:
    """
    Whether there is an object of a kind that says what runs in a cluster.

    Other files have ``apiVersion`` and ``kind`` as well: kubeconfig, Kustomize, Skaffold.
    """
    return _API_VERSION.search(text) is not None and _KUBERNETES.search(text) is not None


def looks_terraform(text: str) -> bool:
    """
    Whether a file of Terraform declares managed PostgreSQL or parameters for it, or calls a module
    that does.
    """
    if _TERRAFORM.search(text) is not None:
        return True
    return _PARAMETER_GROUP.search(text) is not None and _FAMILY.search(text) is not None


def looks_patroni(text: str) -> bool:
    """
    Whether it is the configuration of Patroni.
    """
    return _PATRONI.search(text) is not None and _PATRONI_TOO.search(text) is not None


def looks_unit(text: str) -> bool:
    """
    Whether there is a section of a service or a socket.
    """
    return _UNIT.search(text[:HEAD]) is not None


def looks_supervisord(text: str) -> bool:
    """
    Whether there is a section of a program.
    """
    return _SUPERVISED.search(text[:HEAD]) is not None


def looks_dockerfile(text: str) -> bool:
    """
    Whether a line reads ``FROM image``.
    """
    return _FROM.search(text[:HEAD]) is not None


def _nginx_statements(text: str) -> Iterator[str]:
    for match in _STATEMENT.finditer(text):
        known = _is_one(match[1], _NGINX_OWN, _NGINX_OWN_PREFIXES)
        yield ("known" if known else "other") + match[2]


def _is_one(name: str, names: frozenset[str], prefixes: tuple[str, ...]) -> bool:
    return name in names or name.startswith(prefixes)
