"""
A web application of many tenants: its tables, made-up rows, and the statements it sends all day.
"""

from __future__ import annotations

SCHEMA = """
CREATE TABLE tenants (id int PRIMARY KEY, slug text NOT NULL, plan text NOT NULL);
CREATE TABLE users (id int PRIMARY KEY, tenant_id int NOT NULL, email varchar(80) NOT NULL,
  name text NOT NULL, settings jsonb NOT NULL, created_at timestamptz NOT NULL,
  last_login_at timestamptz, deleted_at timestamptz);
CREATE TABLE projects (id int PRIMARY KEY, tenant_id int NOT NULL, name text NOT NULL,
  slug varchar(60) NOT NULL, archived boolean NOT NULL, updated_at timestamptz NOT NULL,
  deleted_at timestamptz);
CREATE TABLE tasks (id int PRIMARY KEY, tenant_id int NOT NULL, project_id int NOT NULL,
  assignee_id int, title text NOT NULL, body text NOT NULL, status text NOT NULL,
  priority int NOT NULL, tags text[] NOT NULL, due_on date, position numeric,
  created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, deleted_at timestamptz);
CREATE TABLE comments (id int PRIMARY KEY, task_id int NOT NULL, author_id int NOT NULL,
  body text NOT NULL, created_at timestamptz NOT NULL);
CREATE TABLE events (id int PRIMARY KEY, tenant_id int NOT NULL, kind text NOT NULL,
  payload jsonb NOT NULL, created_at timestamptz NOT NULL);
CREATE TABLE jobs (id int PRIMARY KEY, queue text NOT NULL, run_at timestamptz NOT NULL,
  finished_at timestamptz, attempts int NOT NULL, payload jsonb NOT NULL);
CREATE TABLE sessions (id int PRIMARY KEY, token text NOT NULL, user_id int NOT NULL,
  expires_at timestamptz NOT NULL);
"""
ROWS = """
SELECT setseed(0.42);
INSERT INTO tenants SELECT g, 'tenant-' || g, 'free' FROM generate_series(1, 200) g;
INSERT INTO users SELECT g, 1 + g % 200, 'User' || g || '@Example' || g % 50 || '.org',
  (ARRAY['Ada','Grace','Alan','Edsger','Barbara','Donald','Tony','Niklaus'])[1 + g % 8] || ' '
    || substr(md5(g::text), 1, 8),
  jsonb_build_object('theme', 'dark', 'locale', 'l' || g % 400, 'beta', g % 300 = 0),
  timestamptz '2024-01-01' + g * interval '3 minutes',
  CASE WHEN g % 3 = 0 THEN timestamptz '2025-01-01' + g * interval '1 minute' END,
  CASE WHEN g % 20 = 0 THEN timestamptz '2025-03-01' END
  FROM generate_series(1, 100000) g;
INSERT INTO projects SELECT g, 1 + g % 200, 'Project ' || substr(md5((g * 7)::text), 1, 10),
  'p-' || substr(md5((g * 13)::text), 1, 12), g % 10 = 0,
  timestamptz '2025-01-01' + ((g * 7919) % 40000) * interval '10 minutes',
  CASE WHEN g % 25 = 0 THEN timestamptz '2025-03-01' END
  FROM generate_series(1, 40000) g;
INSERT INTO tasks SELECT g, 1 + (g % 40000) % 200, 1 + g % 40000,
  CASE WHEN g % 4 > 0 THEN 1 + (g * 31) % 100000 END,
  'Task ' || substr(md5((g * 3)::text), 1, 12), repeat(md5(g::text) || ' ', 6),
  (ARRAY['open','open','open','doing','done','done','done','done','blocked','done'])[1 + g % 10],
  g % 5, ARRAY['t' || g % 900, 'u' || g % 37], date '2025-01-01' + g % 400, g % 1000,
  timestamptz '2024-06-01' + g * interval '1 minute',
  timestamptz '2024-06-01' + ((g::bigint * 7919) % 300000) * interval '1 minute',
  CASE WHEN g % 20 = 0 THEN timestamptz '2025-03-01' END
  FROM generate_series(1, 300000) g;
INSERT INTO comments SELECT g, 1 + (g::bigint * 7907) % 300000, 1 + (g * 17) % 100000,
  'comment ' || md5(g::text) || ' ' || md5((g * 5)::text),
  timestamptz '2024-06-01' + g * interval '1 minute' FROM generate_series(1, 400000) g;
INSERT INTO events SELECT g, 1 + g % 200, 'kind' || g % 40,
  jsonb_build_object('user', g % 5000, 'path', '/p/' || g % 3000, 'ok', g % 2 = 0,
    'trace', md5(g::text)),
  timestamptz '2025-01-01' + g * interval '30 seconds' FROM generate_series(1, 400000) g;
INSERT INTO jobs SELECT g, 'q' || g % 4, timestamptz '2025-01-01' + g * interval '1 minute',
  CASE WHEN g % 200 > 0 THEN timestamptz '2025-02-01' END, g % 3, '{}'
  FROM generate_series(1, 200000) g;
INSERT INTO sessions SELECT g, md5(g::text), 1 + g % 100000,
  timestamptz '2025-01-01' + g * interval '1 minute' FROM generate_series(1, 200000) g;
"""

QUERIES = {
    "login": "SELECT id, name FROM users WHERE lower(email) = 'user777@example27.org'",
    "login of tenant": (
        "SELECT id FROM users WHERE tenant_id = 78 AND lower(email) = 'user4477@example27.org'"
        " AND deleted_at IS NULL"
    ),
    "session": "SELECT user_id FROM sessions WHERE token = md5('4711')",
    "sessions to delete": "SELECT id FROM sessions WHERE expires_at < '2025-01-02'",
    "sessions of a user": "SELECT id FROM sessions WHERE user_id = 4242 AND expires_at > '2025-01-01'",
    "members": (
        "SELECT id, name FROM users WHERE tenant_id = 42 AND deleted_at IS NULL"
        " ORDER BY created_at DESC LIMIT 25"
    ),
    "search members": "SELECT id, name FROM users WHERE name ILIKE '%a3f9%' LIMIT 20",
    "search address": "SELECT id, email FROM users WHERE email ILIKE '%777@%'",
    "complete address": "SELECT id, email FROM users WHERE email LIKE 'User99%' LIMIT 10000",
    "beta users": "SELECT id FROM users WHERE settings @> '{\"beta\": true}'",
    "locale": "SELECT count(*) FROM users WHERE settings ->> 'locale' = 'l77'",
    "project by slug": (
        "SELECT id, name FROM projects WHERE slug = 'p-' || substr(md5('91'), 1, 12)"
    ),
    "projects": (
        "SELECT id, name FROM projects WHERE tenant_id = 17 AND NOT archived"
        " AND deleted_at IS NULL ORDER BY updated_at DESC LIMIT 20"
    ),
    "search projects": "SELECT id, name FROM projects WHERE name ILIKE '%c4ca%'",
    "slugs": "SELECT id FROM projects WHERE slug LIKE 'p-abc%'",
    "board": (
        "SELECT id, title, status FROM tasks WHERE project_id = 123 AND deleted_at IS NULL"
        " ORDER BY position LIMIT 50"
    ),
    "newest tasks": (
        "SELECT id, title FROM tasks WHERE tenant_id = 12 AND deleted_at IS NULL"
        " ORDER BY created_at DESC LIMIT 20"
    ),
    "recently changed": (
        "SELECT id, title FROM tasks WHERE tenant_id = 99 AND deleted_at IS NULL"
        " ORDER BY updated_at DESC LIMIT 20"
    ),
    "mine": (
        "SELECT id, title, due_on FROM tasks WHERE assignee_id = 4321 AND status = 'open'"
        " AND deleted_at IS NULL"
    ),
    "due": (
        "SELECT id, title FROM tasks WHERE tenant_id = 5 AND due_on = '2025-06-01'"
        " AND deleted_at IS NULL"
    ),
    "blocked": (
        "SELECT id, title FROM tasks WHERE status = 'blocked' AND priority = 4"
        " AND tenant_id = 9 AND deleted_at IS NULL ORDER BY created_at DESC LIMIT 20"
    ),
    "tag": "SELECT id, title FROM tasks WHERE tags @> ARRAY['t123']",
    "either tag": "SELECT id FROM tasks WHERE tags && ARRAY['t5', 't77']",
    "search tasks": "SELECT id, title FROM tasks WHERE title ILIKE '%4a8b%'",
    "full text": (
        "SELECT id FROM comments WHERE to_tsvector('english', body)"
        " @@ plainto_tsquery('english', 'c4ca4238a0b923820dcc509a6f75849b')"
    ),
    "comments": (
        "SELECT id, body FROM comments WHERE task_id = 8642 ORDER BY created_at DESC LIMIT 50"
    ),
    "comments with authors": (
        "SELECT c.id, u.name FROM comments c JOIN users u ON u.id = c.author_id"
        " WHERE c.task_id = 97531"
    ),
    "comments of an author": "SELECT count(*) FROM comments WHERE author_id = 777",
    "comments of a project": (
        "SELECT count(*) FROM tasks t JOIN comments c ON c.task_id = t.id WHERE t.project_id = 77"
    ),
    "activity": (
        "SELECT id, kind FROM events WHERE tenant_id = 31 ORDER BY created_at DESC LIMIT 30"
    ),
    "activity of a kind": (
        "SELECT id FROM events WHERE tenant_id = 31 AND kind = 'kind30'"
        " AND created_at >= '2025-03-01' AND created_at < '2025-03-08'"
    ),
    "events of a user": "SELECT count(*) FROM events WHERE payload @> '{\"user\": 1234}'",
    "events of a path": "SELECT count(*) FROM events WHERE payload ->> 'path' = '/p/2222'",
    "trace": "SELECT id FROM events WHERE payload ->> 'trace' = md5('314159')",
    "hour": (
        "SELECT count(*) FROM events WHERE created_at >= '2025-03-03 10:00+00'"
        " AND created_at < '2025-03-03 11:00+00'"
    ),
    "next jobs": (
        "SELECT id FROM jobs WHERE finished_at IS NULL AND queue = 'q0' AND run_at <= '2025-05-01'"
        " ORDER BY run_at LIMIT 10"
    ),
    "jobs left": "SELECT count(*) FROM jobs WHERE finished_at IS NULL",
    "tenant by slug": "SELECT id FROM tenants WHERE slug = 'tenant-33'",
    "last login": (
        "SELECT id FROM users WHERE tenant_id = 3 AND deleted_at IS NULL"
        " ORDER BY last_login_at DESC NULLS LAST LIMIT 10"
    ),
}

PLAIN = (
    "users (tenant_id, created_at)",
    "users (tenant_id, last_login_at DESC NULLS LAST)",
    "sessions (token)",
    "sessions (user_id, expires_at)",
    "sessions (expires_at)",
    "projects (slug)",
    "projects (tenant_id, archived, updated_at)",
    "tasks (project_id, position)",
    "tasks (tenant_id, created_at)",
    "tasks (tenant_id, updated_at)",
    "tasks (tenant_id, due_on)",
    "tasks (assignee_id, status)",
    "tasks (tenant_id, status, priority, created_at)",
    "comments (task_id, created_at)",
    "comments (author_id)",
    "events (tenant_id, created_at)",
    "events (tenant_id, kind, created_at)",
    "events (created_at)",
    "jobs (finished_at)",
)
"""
The best that B-trees of plain columns can do for these statements, found by hand: what any of them
uses, and no column in front of an order that the planner does not take for fixed (IS NULL).
"""
