"""
The sections of the tuning guide that rules refer to, and what files can say about them.
"""

from __future__ import annotations

from msgspec import Struct


class GuideItem(Struct, frozen=True):
    """
    One section of the guide, or one setting inside a section.
    """

    title: str
    decidable: bool = True
    """False when no configuration file can show whether it is followed."""
    group: str = ""
    """Heading of the checklist that it stands under; empty for a section."""


class Target(Struct, frozen=True):
    """
    One row of the guide's table of target metrics.
    """

    metric: str
    target: str
    critical: str
    """Critical threshold."""


TARGETS = (
    Target("API response time (p50)", "< 50 ms", "< 200 ms"),
    Target("API response time (p95)", "< 200 ms", "< 500 ms"),
    Target("API response time (p99)", "< 500 ms", "< 1000 ms"),
    Target("Code generation time", "< 2 s", "< 5 s"),
    Target("Memory usage", "< 2 GB", "< 4 GB"),
    Target("CPU usage (average)", "< 60 %", "< 85 %"),
    Target("Request throughput", "> 1000 req/s", "> 500 req/s"),
    Target("Error rate", "< 0.1 %", "< 1 %"),
)
"""In the guide's order. Only a measurement under load can decide them."""

_QUICK, _MEDIUM, _LONG = "Quick wins", "Medium impact", "Long-term improvements"


GUIDE: dict[str, GuideItem] = {
    "target-metrics": GuideItem("Target metrics"),
    "profiling-and-monitoring": GuideItem("Profiling and monitoring", decidable=False),
    "code-generation-optimization": GuideItem("Code generation optimization", decidable=False),
    "response-compression": GuideItem("Response compression"),
    "pagination": GuideItem("Pagination", decidable=False),
    "request-batching": GuideItem("Request batching", decidable=False),
    "add-indexes": GuideItem("Add indexes"),
    "query-analysis.sequential-scans": GuideItem("Query analysis: sequential scans"),
    "query-analysis.execution-time": GuideItem("Query analysis: high execution times"),
    "query-analysis.row-counts": GuideItem("Query analysis: large row counts"),
    "connection-pooling.poolclass": GuideItem("Connection pooling: poolclass"),
    "connection-pooling.pool_size": GuideItem("Connection pooling: pool_size"),
    "connection-pooling.max_overflow": GuideItem("Connection pooling: max_overflow"),
    "connection-pooling.pool_timeout": GuideItem("Connection pooling: pool_timeout"),
    "connection-pooling.pool_recycle": GuideItem("Connection pooling: pool_recycle"),
    "database-configuration.shared_buffers": GuideItem("PostgreSQL: shared_buffers"),
    "database-configuration.effective_cache_size": GuideItem("PostgreSQL: effective_cache_size"),
    "database-configuration.maintenance_work_mem": GuideItem("PostgreSQL: maintenance_work_mem"),
    "database-configuration.work_mem": GuideItem("PostgreSQL: work_mem"),
    "database-configuration.max_connections": GuideItem("PostgreSQL: max_connections"),
    "caching-strategies": GuideItem("Caching strategies"),
    "http2-configuration.http2": GuideItem("HTTP/2"),
    "http2-configuration.ssl_session_cache": GuideItem("TLS: ssl_session_cache"),
    "http2-configuration.ssl_session_timeout": GuideItem("TLS: ssl_session_timeout"),
    "cdn-integration": GuideItem("CDN integration", decidable=False),
    "connection-optimization.keepalive_timeout": GuideItem("nginx: keepalive_timeout"),
    "connection-optimization.keepalive_requests": GuideItem("nginx: keepalive_requests"),
    "connection-optimization.upstream-keepalive": GuideItem("nginx: connection pool to backend"),
    "memory-management": GuideItem("Memory management", decidable=False),
    "worker-process-configuration.workers": GuideItem("gunicorn: workers"),
    "worker-process-configuration.worker_class": GuideItem("gunicorn: worker_class"),
    "worker-process-configuration.worker_connections": GuideItem("gunicorn: worker_connections"),
    "worker-process-configuration.timeout": GuideItem("gunicorn: timeout"),
    "worker-process-configuration.keepalive": GuideItem("gunicorn: keepalive"),
    "thread-pool-sizing": GuideItem("Thread pool sizing", decidable=False),
    "benchmarking": GuideItem("Benchmarking best practices"),
    "checklist.response-compression": GuideItem(
        "Checklist: enable response compression", group=_QUICK
    ),
    "checklist.database-indexes": GuideItem("Checklist: add database indexes", group=_QUICK),
    "checklist.connection-pooling": GuideItem(
        "Checklist: implement connection pooling", group=_QUICK
    ),
    "checklist.http2": GuideItem("Checklist: enable HTTP/2", group=_QUICK),
    "checklist.redis-caching": GuideItem("Checklist: configure caching (Redis)", group=_QUICK),
    "checklist.cdn": GuideItem(
        "Checklist: set up CDN for static assets", decidable=False, group=_QUICK
    ),
    "checklist.database-queries": GuideItem("Checklist: optimize database queries", group=_MEDIUM),
    "checklist.async-processing": GuideItem(
        "Checklist: async processing", decidable=False, group=_MEDIUM
    ),
    "checklist.result-caching": GuideItem(
        "Checklist: query result caching", decidable=False, group=_MEDIUM
    ),
    "checklist.load-balancing": GuideItem(
        "Checklist: configure load balancing", decidable=False, group=_MEDIUM
    ),
    "checklist.worker-processes": GuideItem("Checklist: optimize worker processes", group=_MEDIUM),
    "checklist.monitoring": GuideItem(
        "Checklist: monitoring and alerting", decidable=False, group=_MEDIUM
    ),
    "checklist.microservices": GuideItem("Checklist: microservices", decidable=False, group=_LONG),
    "checklist.read-replicas": GuideItem("Checklist: read replicas", decidable=False, group=_LONG),
    "checklist.event-driven": GuideItem(
        "Checklist: event-driven architecture", decidable=False, group=_LONG
    ),
    "checklist.circuit-breakers": GuideItem(
        "Checklist: circuit breakers", decidable=False, group=_LONG
    ),
    "checklist.rate-limiting": GuideItem("Checklist: rate limiting", decidable=False, group=_LONG),
    "checklist.ab-testing": GuideItem(
        "Checklist: A/B testing of optimizations", decidable=False, group=_LONG
    ),
}
"""By anchor, in the guide's order. A rule's ``guide`` names anchors of this table."""
