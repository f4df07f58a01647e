"""
What tells the formats apart by their content.

Every test looks at the beginning of the text only, in time linear in its length.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = 64 * 1024
"""Characters that are enough to recognise a configuration file."""

_POSTGRESQL_OWN = re.compile(
    r"""shared_buffers|effective_cache_size|(?:maintenance_|autovacuum_)?work_mem|hash_mem_multiplier
    |huge_pages|wal_(?:level|buffers|compression|keep_size|keep_segments|log_hints|writer_\w+)
    |(?:max|min)_wal_size|checkpoint_\w+|max_wal_senders|max_replication_slots|hot_standby\w*
    |random_page_cost|seq_page_cost|cpu_(?:tuple|index_tuple|operator)_cost|parallel_\w+_cost
    |effective_io_concurrency|maintenance_io_concurrency|default_statistics_target|jit\w*
    |shared_preload_libraries|session_preload_libraries|synchronous_(?:commit|standby_names)
    |autovacuum\w*|vacuum_\w+|bgwriter_\w+|max_(?:worker_processes|parallel_\w+)|full_page_writes
    |idle_in_transaction_session_timeout|idle_session_timeout|statement_timeout|lock_timeout
    |log_(?:min_duration\w*|lock_waits|autovacuum_min_duration|temp_files|checkpoints
      |line_prefix|min_messages|min_error_statement|statement|connections|disconnections)
    |superuser_reserved_connections|unix_socket_directories|password_encryption|hba_file|ident_file
    |default_transaction_isolation|max_prepared_transactions|max_locks_per_transaction|archive_\w+
    |track_(?:io_timing|activity_query_size|functions|counts|activities|commit_timestamp)
    |dynamic_shared_memory_type|temp_buffers|max_stack_depth|enable_\w+|from_collapse_limit
    |join_collapse_limit|geqo\w*|primary_conninfo|io_method|plan_cache_mode|fsync
    |(?:pg_stat_statements|auto_explain|pgaudit|timescaledb|citus|pg_cron|cron)\.\w+""",
    re.VERBOSE,
)
_POSTGRESQL_ALSO = re.compile(
    r"""listen_addresses|port|max_connections|ssl\w*|log_\w+|logging_collector|timezone|datestyle
    |lc_\w+|default_text_search_config|tcp_\w+|data_directory|external_pid_file|include\w*
    |client_\w+|search_path|default_\w+|restore_command|recovery_\w+|cluster_name|temp_\w+
    |authentication_timeout|stats_temp_directory|update_process_title|deadlock_timeout
    |extra_float_digits|intervalstyle|bytea_output|xml\w+|max_\w+|row_security|unix_socket_\w+""",
    re.VERBOSE,
)
_SETTING_LINE = re.compile(
    r"^[ \t]*+([A-Za-z_][\w.]*+)(?:[ \t]*=[ \t]*|[ \t]+)[^\s{=#][^\n{;]*$", re.MULTILINE
)
_NOT_POSTGRESQL = re.compile(
    r"^[ \t]*+(?:\[[^\]\n]+\][ \t\r]*$|(?:num_init_children|backend_hostname\d|pcp_port)\b|<"
    r"|[^#\n]*[^}#\n]\{[ \t\r]*$|\}[ \t\r]*$)",
    re.MULTILINE,
)
_NGINX_OWN = re.compile(
    r"""worker_(?:processes|connections|rlimit_nofile|cpu_affinity|shutdown_timeout)
    |server_(?:name|tokens|names_hash_\w+)|listen|root|location|upstream|events|http|stream
    |(?:proxy|fastcgi|uwsgi|grpc|scgi)_\w+|gzip\w*|brotli\w*|keepalive\w*|client_\w+|ssl_\w+
    |add_header|access_log|error_log|log_format|limit_(?:req|conn|rate)\w*|try_files|rewrite|return
    |sendfile|tcp_no(?:push|delay)|types_hash_\w+|default_type|real_ip_\w+|set_real_ip_from
    |map|geo|split_clients|resolver\w*|open_file_cache\w*|send_timeout|expires|auth_basic\w*
    |load_module|error_page|sub_filter\w*|http2\w*|stub_status|send_lowat|lingering_\w+|multi_accept
    |reset_timedout_connection|output_buffers|aio\w*|directio|etag|if_modified_since|mirror\w*""",
    re.VERBOSE,
)
_SECTION = re.compile(r"^[ \t]*+\[[^\]\n]+\][ \t\r]*$", re.MULTILINE)
_COMMENT = re.compile(r"#[^\n]*")
_STATEMENT = re.compile(
    r"(?:^|[;{}])[ \t]*+([A-Za-z_]\w*+)(?=[\s;{])[^;{}#\n]{0,400}+(?=([;{]))", re.MULTILINE
)
_GUNICORN_SETTING = re.compile(
    r"^(?:bind|backlog|workers|worker_class|worker_connections|worker_tmp_dir|threads|timeout"
    r"|graceful_timeout|keepalive|max_requests(?:_jitter)?|preload_app|forwarded_allow_ips"
    r"|accesslog|errorlog|loglevel|access_log_format|limit_request_\w+|wsgi_app|reuse_port"
    r"|proc_name|chdir|daemon|pidfile|sendfile|secure_scheme_headers)[ \t]*(?::[^=\n]+)?=(?!=)",
    re.MULTILINE,
)
_CREATE_ENGINE = re.compile(r"\bcreate_(?:async_)?engine\b")
_PLAN_WORDS = ("(cost=", "(actual ", "->  ", "Node Type", "<Node-Type>")
_PLAN = re.compile(
    r"\(cost=\d+\.\d+\.\.\d+\.\d+ rows=\d+ width=\d+\)"
    r"|\(actual (?:time=[\d.]{1,40} )?rows="
    r"|^[ \t|]*+->  (?:Parallel )?(?:Seq|Index|Bitmap|Hash|Nested|Merge|Sort|Aggregate)\b"
    r"|\"Node Type\": ?\"|^[ \t|]*+(?:-[ \t]*+)?Node Type: \"|<Node-Type>",
    re.MULTILINE,
)
_SERVICES = re.compile(r"^(?:services|\"services\"|'services')[ \t]*:", re.MULTILINE)
_TOP_LEVEL = re.compile(r"^[^\s#]", re.MULTILINE)
_SERVICE_KEY = re.compile(
    r"^[ \t]+(?:image|build|extends)[ \t]*:|\{[^}\n]{0,500}\bimage:", re.MULTILINE
)
_FROM = re.compile(
    r"^[ \t]*from(?:[ \t]+--platform=\S+)?[ \t]+\S+(?:[ \t]+as[ \t]+\S+)?[ \t\r]*$",
    re.MULTILINE | re.IGNORECASE,
)


def looks_postgresql(text: str) -> bool:
    """
    Whether most settings are PostgreSQL's, and at least one is nobody else's.

    Section headers and blocks mean another program: MySQL, PgBouncer, pgBackRest, HOCON.
    """
    head = text[:HEAD]
    if _NOT_POSTGRESQL.search(head):
        return False
    names = [match[1].lower() for match in _SETTING_LINE.finditer(head)]
    own = sum(1 for name in names if _POSTGRESQL_OWN.fullmatch(name))
    also = sum(1 for name in names if _POSTGRESQL_ALSO.fullmatch(name))
    return own > 0 and own + also >= len(names) / 2


def looks_nginx(text: str) -> bool:
    """
    Whether at least a third of the statements, and one that ends with ``;``, are nginx's.

    Section headers mean another program: Supervisor and PHP-FPM comment with ``;``.
    """
    head = _COMMENT.sub("", text[:HEAD])
    if _SECTION.search(head):
        return False
    count = Counter(_nginx_statements(head))
    return count["known;"] > 0 and 3 * (count["known;"] + count["known{"]) >= count.total()


def looks_gunicorn(text: str) -> bool:
    """
    Whether a Python file sets gunicorn's settings at module level.
    """
    return _GUNICORN_SETTING.search(text[:HEAD]) is not None


def looks_engine(text: str) -> bool:
    """
    Whether a Python file mentions ``create_engine`` or ``create_async_engine``.
    """
    return _CREATE_ENGINE.search(text) is not None


def looks_plan(text: str) -> bool:
    """
    Whether there is the output of EXPLAIN in any of its four formats somewhere in the text.
    """
    return any(word in text for word in _PLAN_WORDS) and _PLAN.search(text) is not None


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


def looks_dockerfile(text: str) -> bool:
    """
    Whether a line reads ``FROM image``.
    """
    return _FROM.search(text[:HEAD]) is not None


def _nginx_statements(text: str) -> Iterator[str]:
    for match in _STATEMENT.finditer(text):
        known = "known" if _NGINX_OWN.fullmatch(match[1]) else "other"
        yield known + match[2]
