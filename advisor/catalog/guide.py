"""
The sections of the tuning guide that rules refer to, and what files can say about them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GuideItem:
    """
    One section of the guide, or one setting inside a section.
    """

    title: str
    decidable: bool = True
    """False when no configuration file can show whether it is followed."""


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
    "checklist.response-compression": GuideItem("Checklist: enable response compression"),
    "checklist.database-indexes": GuideItem("Checklist: add database indexes"),
    "checklist.connection-pooling": GuideItem("Checklist: implement connection pooling"),
    "checklist.http2": GuideItem("Checklist: enable HTTP/2"),
    "checklist.redis-caching": GuideItem("Checklist: configure caching (Redis)"),
    "checklist.cdn": GuideItem("Checklist: set up CDN for static assets", decidable=False),
    "checklist.database-queries": GuideItem("Checklist: optimize database queries"),
    "checklist.async-processing": GuideItem("Checklist: async processing", decidable=False),
    "checklist.result-caching": GuideItem("Checklist: query result caching", decidable=False),
    "checklist.load-balancing": GuideItem("Checklist: configure load balancing", decidable=False),
    "checklist.worker-processes": GuideItem("Checklist: optimize worker processes"),
    "checklist.monitoring": GuideItem("Checklist: monitoring and alerting", decidable=False),
    "checklist.long-term": GuideItem("Checklist: long-term improvements", decidable=False),
}
"""By anchor, in the guide's order. A rule's ``guide`` names anchors of this table."""
