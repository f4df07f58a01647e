"""
Reports for the reporters to print: a realistic one, an empty one and a hostile one.
"""

from __future__ import annotations

from advisor.fingerprints import fingerprinted
from advisor.model import (
    Apply,
    Budget,
    BudgetKind,
    BudgetTerm,
    By,
    Change,
    Confidence,
    Evidence,
    FactRow,
    Finding,
    Fix,
    GuideRow,
    Location,
    Mark,
    NotEvaluated,
    Order,
    Origin,
    Passed,
    PlanRow,
    PlanTree,
    Reference,
    Report,
    Safety,
    Severity,
    Suppressed,
    TargetRow,
    TimeoutChain,
    TimeoutStep,
    Wait,
)
from tests.support.report_builders import finding, report

SOURCES = {
    "app/db.py": (
        "from sqlalchemy import create_engine",
        "",
        "from app.settings import settings",
        "",
        "",
        "engine = create_engine(",
        '    "postgresql+psycopg://shop:hunter2@db/shop",',
        "    pool_size=20,",
        "    max_overflow=10,",
        ")",
    ),
    "gunicorn.conf.py": (
        "import multiprocessing",
        "",
        "workers = multiprocessing.cpu_count() * 2 + 1",
        'worker_class = "uvicorn.workers.UvicornWorker"',
        "",
        "# unter Last häufig 502 — 要確認",
        "keepalive = 5",
    ),
    "postgresql.conf": (
        "# PostgreSQL 16",
        "listen_addresses = '*'",
        "port = 5432",
        "",
        "shared_buffers = 4GB",
        "max_connections = 200",
    ),
    "nginx.conf": (
        "events {}",
        "http {",
        "    upstream shop {",
        "        server app:8000;",
        "        keepalive 32;",
        "    }",
        "    server {",
        "\tlocation /日本語/ {\t# 静的ファイル",
        "            proxy_pass http://shop;",
        "        }",
        "    }",
        "}",
    ),
}


_CPUS = Location("compose.yaml", 14, 15)
_WORKERS = Location("gunicorn.conf.py", 3, 1, 3, 8)
_POOL = Location("app/db.py", 8, 5, 8, 17)
_OVERFLOW = Location("app/db.py", 9, 5, 9, 20)
_MAX = Location("postgresql.conf", 6)
_CAP = Change(
    "workers",
    "multiprocessing.cpu_count() * 2 + 1",
    "workers = 4",
    _WORKERS,
    "gunicorn.conf.py",
)

_CONNECTIONS = Finding(
    code="STK001",
    name="connections-exceed-server",
    severity=Severity.HIGH,
    confidence=Confidence.CERTAIN,
    message="9 workers × 30 pooled connections = 270, PostgreSQL serves 197",
    recommendation=(
        "Cap the workers at 4, one event loop per core → 4 × 30 = 120 ≤ 157 (80 % of 197)\n"
        "or keep 9 workers with `pool_size=10`, `max_overflow=7` → 153"
    ),
    why=(
        'the 198th connection is refused with "too many clients already"; '
        "180 are held even when idle"
    ),
    subject="app → db",
    mark=Mark(_POOL, "20 + 10 overflow = 30 per worker"),
    related=(
        Mark(_OVERFLOW),
        Mark(_WORKERS, "9 at 4 cpus (compose.yaml:14); more wherever cpu_count() sees the host's"),
        Mark(_MAX, "− 3 superuser_reserved_connections (default) = 197"),
    ),
    evidence=(
        Evidence(
            "gunicorn.workers", "9", Origin.EVALUATED, _WORKERS, "at 4 cpus (compose.yaml:14)"
        ),
        Evidence("engine.pool_size", "20", Origin.LITERAL, _POOL),
        Evidence("engine.max_overflow", "10", Origin.LITERAL, _OVERFLOW),
        Evidence("pg.max_connections", "200", Origin.LITERAL, _MAX),
        Evidence(
            "pg.superuser_reserved_connections",
            "3",
            Origin.DEFAULT,
            note="default of PostgreSQL 16",
        ),
    ),
    fix=Fix((_CAP,), "workers = 4", "python", Safety.REVIEW, Apply.RELOAD, program="gunicorn"),
    references=(
        Reference("SQLAlchemy pooling", "https://docs.sqlalchemy.org/en/20/core/pooling.html"),
    ),
    guide=("connection-pooling", "worker-process-configuration"),
    not_when=("a pooler in transaction mode stands between application and server",),
    root_cause="connections",
    also=("SQLA004",),
)

_KEEPALIVE = Finding(
    code="STK020",
    name="keepalive-shorter-than-proxy",
    severity=Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    message="gunicorn closes idle connections after 5 s, nginx reuses them for 60 s",
    recommendation="Let gunicorn outlive nginx's idle connections: keepalive = 65",
    why="a request sent as the worker closes gets 502; nginx retries GET, not POST",
    subject="upstream shop",
    mark=Mark(Location("gunicorn.conf.py", 7), "must outlive keepalive_timeout (60 s, default)"),
    related=(
        Mark(Location("nginx.conf", 5, 9, 5, 22), "kept open by nginx"),
        Mark(Location("included/upstream.conf", 31, 5), "upstream shop"),
    ),
    evidence=(
        Evidence("gunicorn.keepalive", "5 s", Origin.LITERAL, Location("gunicorn.conf.py", 7)),
        Evidence(
            "upstream.keepalive_timeout", "60 s", Origin.DEFAULT, note="default of nginx 1.30"
        ),
    ),
    fix=Fix(
        (
            Change(
                "keepalive",
                "5",
                "keepalive = 65",
                Location("gunicorn.conf.py", 7),
                "gunicorn.conf.py",
            ),
        ),
        "keepalive = 65",
        "python",
        Safety.SAFE,
        Apply.RESTART,
        program="gunicorn",
    ),
    references=(
        Reference(
            "keepalive_timeout",
            "https://nginx.org/en/docs/http/ngx_http_upstream_module.html#keepalive_timeout",
        ),
    ),
    guide=("connection-optimization",),
    not_when=(),
    root_cause="keepalive",
)

_INDEX = Finding(
    code="EXP007",
    name="sequential-scan-finds-few-rows",
    severity=Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    message="Seq Scan on templates reads 1,000,000 rows to find 12",
    recommendation="Index templates (category, created_at)",
    why="412 ms → about 0.1 ms, 98 % of the query",
    subject="plan slow.explain",
    mark=None,
    related=(),
    evidence=(
        Evidence("plan.total_time", "420 ms", Origin.LITERAL, Location("slow.explain", 9)),
        Evidence("node.rows_removed", "999,988", Origin.LITERAL, Location("slow.explain", 4)),
    ),
    fix=Fix(
        (),
        "CREATE INDEX CONCURRENTLY templates_category_created_at_idx\n"
        "\tON templates (category, created_at);\nANALYZE templates;",
        "sql",
        Safety.REVIEW,
        Apply.NONE,
    ),
    references=(),
    guide=("add-indexes",),
    not_when=("the table is written far more often than read", "the query is a one-off"),
    root_cause="seq-scan",
    impact=0.98,
)

_WORKER_COUNT = finding(
    "GUN003",
    name="async-workers-exceed-cores",
    severity=Severity.LOW,
    message="9 uvicorn workers share 4 cores",
    recommendation="Cap the workers at 4",
    why="an event loop that waits for a core answers late",
    subject="gunicorn",
    mark=Mark(_WORKERS),
    evidence=(
        Evidence("gunicorn.workers", "9", Origin.EVALUATED, _WORKERS),
        Evidence("host.cpus", "4", Origin.LITERAL, _CPUS),
    ),
    fix=Fix((_CAP,), "workers = 4", "python", Safety.REVIEW, Apply.RELOAD),
)

_BUFFERING = finding(
    "NGX303",
    name="proxy-buffers-not-set",
    severity=Severity.LOW,
    confidence=Confidence.POSSIBLE,
    message="location /日本語/ buffers 8 × 4 KB, pages are 120 KB",
    recommendation="Set the buffers for the pages that are served",
    why="what does not fit is written to a temporary file",
    subject="location /日本語/",
    mark=Mark(Location("nginx.conf", 8, 2, 8, 16), "proxy_buffers is not set"),
    evidence=(
        Evidence("location.page_size", "120 KB", Origin.ASSUMED, note="from the load test"),
        Evidence("location.proxy_buffers", "8 × 4 KB", Origin.DEFAULT),
    ),
    fix=Fix(
        (
            Change("proxy_buffers", "", "proxy_buffers 16 8k;", None, "nginx.conf"),
            Change(
                "proxy_busy_buffers_size", "", "proxy_busy_buffers_size 16k;", None, "nginx.conf"
            ),
        ),
        "location /日本語/ {\n\tproxy_buffers 16 8k;\n\tproxy_busy_buffers_size 16k;\n}",
        "nginx",
        Safety.REVIEW,
        Apply.RELOAD,
    ),
)

_HUGE_PAGES = finding(
    "PG217",
    name="huge-pages-unused",
    severity=Severity.INFO,
    confidence=Confidence.POSSIBLE,
    message="huge_pages = try and no huge pages are reserved",
    recommendation="Reserve 2,200 huge pages on the host",
    why="page tables of 4 GB shared memory cost every backend some MB",
    evidence=(Evidence("host.memory", "16 GB", Origin.GIVEN),),
)

_PLAN = PlanTree(
    location=Location("slow.explain", 3),
    query="SELECT *\n  FROM templates\n WHERE category = 'firmware' AND token='abc'",
    form="text",
    planning_ms=0.334,
    execution_ms=420.0,
    estimated=False,
    rows=(
        PlanRow(0, "Limit", "", 0.0, 0.005, 20.0, 20.0, 1.0, Location("slow.explain", 3)),
        PlanRow(1, "Sort", "", 0.02, 8.4, 300.0, 20.0, 1.0, Location("slow.explain", 4)),
        PlanRow(
            2,
            "Seq Scan on templates",
            "",
            0.98,
            411.6,
            300.0,
            12.0,
            3.0,
            Location("slow.explain", 6),
            ("EXP007", "EXP999"),
            411.6,
            1_204.8,
        ),
        PlanRow(1, "Result", "SubPlan 1", 0.0, None, 1.0, None, 0.0, Location("slow.explain", 9)),
    ),
    jit_ms=12.5,
    calls=40,
    total_ms=16_000.0,
)

RICH = Report(
    name="guide",
    root="fixtures/deploys/guide",
    stack="nginx 1.30 → gunicorn, 9 uvicorn workers → SQLAlchemy 20+10 → PostgreSQL 16",
    findings=tuple(
        fingerprinted((_CONNECTIONS, _KEEPALIVE, _INDEX, _WORKER_COUNT, _BUFFERING, _HUGE_PAGES))
    ),
    not_evaluated=(
        NotEvaluated("PG316", "service db", ("host.storage",), ("nothing says what the disk is",)),
        NotEvaluated("PG317", "service db", ("host.storage",), ("nothing says what the disk is",)),
        NotEvaluated("PG401", "service db", ("pg_hba.conf",), ("the file is not in the deploy",)),
        NotEvaluated(
            "GUN011",
            "service app",
            ("gunicorn.timeout", "host.storage"),
            ("depends on the variable WEB_TIMEOUT", "nothing says what the disk is"),
        ),
    ),
    passed=(
        Passed("PG101", "service db"),
        Passed("PG102", "service db"),
        Passed("GUN003", "service admin"),
    ),
    facts=(
        FactRow("host.memory", "16 GB", Origin.LITERAL, Location("compose.yaml", 15, 17)),
        FactRow("host.cpus", "4", Origin.LITERAL, Location("compose.yaml", 15, 17)),
        FactRow("host.storage", "", None, note="nothing says what the disk is"),
        FactRow("pg.max_connections", "200", Origin.LITERAL, _MAX, subject="service db"),
        FactRow(
            "pg.work_mem", "4 MB", Origin.DEFAULT, None, "default of PostgreSQL 16", "service db"
        ),
        FactRow("engine.url", "postgresql+psycopg://shop:***@db/shop", Origin.LITERAL, _POOL),
    ),
    guide=(
        GuideRow(
            "worker-process-configuration",
            "Worker Process Configuration",
            "violated",
            ("GUN003", "STK001"),
        ),
        GuideRow("connection-pooling", "Connection Pooling", "violated", ("STK001",)),
        GuideRow("database-configuration", "Database Configuration", "satisfied"),
        GuideRow("cdn-integration", "CDN Integration", "not decidable from files"),
        GuideRow(
            "checklist.connection-pooling",
            "Checklist: implement connection pooling",
            "violated",
            ("STK001",),
            "Quick wins",
        ),
        GuideRow(
            "checklist.rate-limiting",
            "Checklist: rate limiting",
            "not decidable from files",
            group="Long-term improvements",
        ),
    ),
    notes=(
        "gunicorn.conf.py is taken for the service app: compose.yaml mounts it there",
        "docker-compose.override.yml is merged into compose.yaml",
    ),
    diagram=(
        ("nginx\nkeeps upstream 60 s", "reused, keepalive 5 s ⚠", "gunicorn\n9 workers"),
        ("gunicorn\n9 workers", "9 × 30 = 270 ⚠", "PostgreSQL\n197 usable"),
        ("nginx\nkeeps upstream 60 s", "", "static files"),
    ),
    sources=SOURCES,
    rules=220,
    base="fixtures/deploys/guide",
    budgets=(
        Budget(
            BudgetKind.CONNECTIONS,
            "service db",
            (
                BudgetTerm("service app", 180, 270, "9 workers × 30", _WORKERS),
                BudgetTerm("service pool", None, 20, "a pool of 20", None),
            ),
            None,
            290,
            197,
            "max_connections 200 − 3 reserved",
        ),
        Budget(
            BudgetKind.MEMORY,
            "service db",
            (
                BudgetTerm("shared_buffers", 4 * 2**30, 4 * 2**30, "as set, always", _MAX),
                BudgetTerm("queries", 1.5 * 2**30, 9 * 2**30, "(16 busy + 4) × 50 MB × 1.5"),
            ),
            5.5 * 2**30,
            13 * 2**30,
            16 * 2**30,
            "host.memory",
        ),
        Budget(
            BudgetKind.CONNECTIONS,
            "service replica",
            (BudgetTerm("service api", None, None, "the pool has no upper bound"),),
            None,
            None,
            None,
            "max_connections ?",
        ),
    ),
    timeouts=(
        TimeoutChain(
            "service app",
            (
                TimeoutStep(
                    Wait.CONNECT, "connect_timeout", None, Order.UNLIMITED, "default of libpq"
                ),
                TimeoutStep(
                    Wait.POOL,
                    "pool_timeout",
                    90.0,
                    Order.LATE,
                    "proxy_read_timeout ends the request after 60 s",
                    _POOL,
                ),
                TimeoutStep(
                    Wait.WORKER, "timeout", 30.0, Order.IDLE, "a heartbeat of uvicorn workers"
                ),
                TimeoutStep(
                    Wait.PROXY, "proxy_read_timeout", 60.0, Order.FITS, "default of nginx 1.30"
                ),
                TimeoutStep(Wait.BALANCER, "", None, Order.UNKNOWN, "not in the files"),
            ),
        ),
    ),
    targets=(
        TargetRow("Error rate", "< 0.1 %", "< 1 %", "", "not decidable from files"),
        TargetRow("Request throughput", "> 1000 req/s", "> 500 req/s", "812 req/s", "violated"),
    ),
    plans=(_PLAN,),
    plans_read=7,
)

FAILED_ERROR = "deploys/broken: cannot be listed: Permission denied"
EMPTY = report(
    name="tidy",
    passed=tuple(Passed(f"PG{number}", "service db") for number in range(101, 113)),
    not_evaluated=(NotEvaluated("PG316", "service db", ("host.storage",), ("unknown",)),),
    rules=15,
)

FAILED = report(
    name="broken", root="deploys/broken", base="deploys/broken", stack="", error=FAILED_ERROR
)

_EVIL = (
    "\x1b[2J\x1b]0;pwned\x07|`<script>alert(1)</script>`|<img src=x onerror=alert(2)>|"
    "[x](javascript:alert(1)) **b** \u202etxt.exe"
)
_LONG = f"\tset $a '{'ä' * 300}' \x1b[31m| {'x' * 5000} <b>`end`"

HOSTILE = Report(
    name=_EVIL,
    root=_EVIL,
    stack=f"{_EVIL}\r\n# heading",
    findings=tuple(
        fingerprinted(
            (
                finding(
                    "NGX999",
                    name=_EVIL,
                    severity=Severity.CRITICAL,
                    message=f"{_EVIL}\r\n\r\n# not a heading\n| not | a | row |\n```\nnot a fence",
                    recommendation=(
                        f"1. {_EVIL}\n- not a list, see https://evil.example/?a=b|c and @everyone"
                    ),
                    why=f"> not a quote\n<!-- {_EVIL}",
                    subject="location @app",
                    mark=Mark(Location("nginx.conf", 1, 312, 1, 317), f"{_EVIL}\tlabel"),
                    related=(
                        Mark(Location("nginx.conf", 1, 4800), "far out"),
                        Mark(Location("nginx.conf", 2, 1, 2, 3), "CRLF"),
                        Mark(Location("nginx.conf", 99, 1), "beyond the end"),
                        Mark(Location("no|such`file\x1b.conf", 1), ""),
                    ),
                    evidence=(
                        Evidence(
                            _EVIL,
                            f"a|b\\|c `d` {_EVIL}",
                            Origin.LITERAL,
                            Location("a|b`c.conf", 3),
                            _EVIL,
                        ),
                    ),
                    fix=Fix(
                        (Change("x", "a | b\r\n`c`", f"x '{_EVIL}'", None, "a|b.conf"),),
                        f"```\n</code></pre>{_EVIL}\r\n````",
                        "nginx\n<script>",
                        Safety.REVIEW,
                        Apply.REBUILD,
                    ),
                    references=(
                        Reference(_EVIL, "javascript:alert(1)"),
                        Reference("a](b", "https://example.org/a b)c|<d>"),
                    ),
                    guide=("no-such|section",),
                    not_when=(_EVIL, "`unbalanced"),
                    also=("A|B",),
                ),
            )
        )
    ),
    not_evaluated=(NotEvaluated("X|1", _EVIL, (_EVIL, "host.memory"), (_EVIL,)),),
    passed=(),
    facts=(FactRow(f"fact|{_EVIL}", _EVIL, Origin.GIVEN, None, _EVIL, _EVIL),),
    guide=(GuideRow("s", _EVIL, _EVIL, ("A|B",)),),
    notes=(_EVIL, "lone surrogate \udc80, null \x00, delete \x7f, next line \x85"),
    diagram=((_EVIL, '"] --> x', "end"), ("end", "```", _EVIL)),
    sources={"nginx.conf": (_LONG, "if\r\r\n", "b" * 50)},
    rules=1,
    base=_EVIL,
    budgets=(
        Budget(
            BudgetKind.MEMORY,
            _EVIL,
            (BudgetTerm(_EVIL, float("nan"), float("inf"), _EVIL, Location(_EVIL, 0)),),
            -1,
            float("inf"),
            0,
            _EVIL,
        ),
    ),
    timeouts=(
        TimeoutChain(
            _EVIL, (TimeoutStep(Wait.POOL, _EVIL, float("inf"), Order.LATE, _EVIL, None),)
        ),
    ),
    targets=(TargetRow(_EVIL, _EVIL, _EVIL, _EVIL, _EVIL),),
    plans=(
        PlanTree(
            Location(_EVIL, 0),
            f"SELECT '</pre>{_EVIL}'\r\n-- </style>",
            "json",
            float("nan"),
            -1.0,
            estimated=True,
            rows=(
                PlanRow(
                    7,
                    f"Seq Scan on {_EVIL}",
                    _EVIL,
                    1.0,
                    float("inf"),
                    float("nan"),
                    0.5,
                    2.0,
                    Location(_EVIL, 0),
                    (_EVIL, "NGX999"),
                ),
            ),
        ),
    ),
)

ACCEPTED = report(
    _KEEPALIVE,
    name="accepted",
    sources=SOURCES,
    rules=12,
    suppressed=(
        Suppressed(
            fingerprinted([_CONNECTIONS])[0],
            By.COMMENT,
            "a pooler stands before it from June on",
            Location("postgresql.conf", 6),
            "2027-06-30",
        ),
        Suppressed(fingerprinted([_BUFFERING])[0], By.CONFIGURATION),
        Suppressed(fingerprinted([_WORKER_COUNT])[0], By.BASELINE, "advisor-baseline.json"),
        Suppressed(fingerprinted([_INDEX])[0], By.REVISION, "origin/main"),
    ),
)
"""One finding of each kind that is kept back, and one that is not."""
