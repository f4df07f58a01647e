"""
A small application: partitions, documents, arrays, expressions, dependent columns, text search.
"""

from __future__ import annotations

SCHEMA = """
CREATE TABLE tenants (id int PRIMARY KEY, name text NOT NULL, plan varchar(20) NOT NULL);
CREATE TABLE users (id bigint PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenants,
  email text NOT NULL, city text NOT NULL, zip int NOT NULL, country text NOT NULL,
  tags text[] NOT NULL, data jsonb NOT NULL, active boolean NOT NULL, deleted_at timestamptz,
  created_at timestamptz NOT NULL, score numeric(8,2));
CREATE TABLE events (id bigint NOT NULL, user_id bigint NOT NULL, kind text NOT NULL,
  at timestamptz NOT NULL, payload jsonb) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2025-02-01') TO ('2025-03-01');
CREATE TABLE events_3 PARTITION OF events FOR VALUES FROM ('2025-03-01') TO ('2025-04-01');
ALTER TABLE events ADD PRIMARY KEY (id, at);
CREATE INDEX events_user ON events (user_id);
CREATE STATISTICS users_place (ndistinct, dependencies, mcv) ON city, zip FROM users;
CREATE STATISTICS users_month ON date_trunc('month', created_at, 'UTC') FROM users;
"""
ROWS = """
SELECT setseed(0.5);
INSERT INTO tenants SELECT g, 'tenant ' || g, (ARRAY['free','team','big'])[1 + g % 3]
  FROM generate_series(1, 300) g;
INSERT INTO users SELECT g, 1 + (random() * random() * 299)::int, 'User' || g || '@example.org',
  'city ' || (g * 31 % 400), 10000 + g * 31 % 400, 'country ' || (g % 20),
  ARRAY['t' || (random() * 300)::int, 'u' || (random() * random() * 500)::int],
  jsonb_build_object('k', g % 900, 'v', md5((g * 3)::text)), random() < 0.9,
  CASE WHEN random() < 0.05 THEN timestamptz '2025-01-01' END,
  timestamptz '2024-01-01' + g * interval '9 minutes', (random() * 1000)::numeric(8,2)
  FROM generate_series(1, {users}) g;
INSERT INTO events SELECT g, 1 + (random() * random() * ({users} - 1))::bigint,
  (ARRAY['view','click','buy','login'])[1 + (random() * random() * 4)::int % 4],
  timestamptz '2025-01-01' + g * (interval '89 days' / {events}), '{}'
  FROM generate_series(1, {events}) g;
"""
INDEXES = (
    "users (tenant_id)",
    "users (tenant_id, created_at DESC)",
    "users (lower(email))",
    "users (city, zip)",
    "users USING gin (tags)",
    "users (created_at) WHERE deleted_at IS NULL",
    "users (active, tenant_id)",
    "users (email)",
    "users (email text_pattern_ops)",
    "users USING hash (email)",
    "users USING brin (created_at)",
    "users (score)",
    "users (country) INCLUDE (score)",
    "users (zip)",
    "events (kind, at)",
    "events (user_id, at)",
    "events USING brin (at)",
    "events (at)",
)
QUERIES = {
    "tenant": "SELECT * FROM users WHERE tenant_id = 7",
    "newest": "SELECT * FROM users WHERE tenant_id = 7 ORDER BY created_at DESC LIMIT 10",
    "email": "SELECT * FROM users WHERE lower(email) = 'user777@example.org'",
    "exact": "SELECT id FROM users WHERE email = 'User777@example.org'",
    "prefix": "SELECT id FROM users WHERE email LIKE 'User77%'",
    "place": "SELECT * FROM users WHERE city = 'city 31' AND zip = 10031",
    "places": "SELECT city, zip, count(*) FROM users GROUP BY city, zip",
    "tags": "SELECT id FROM users WHERE tags @> ARRAY['t77']",
    "alive": (
        "SELECT id FROM users WHERE deleted_at IS NULL AND created_at > '2024-02-01'"
        " AND created_at < '2024-02-03'"
    ),
    "months": (
        "SELECT date_trunc('month', created_at, 'UTC'), count(*) FROM users"
        " WHERE date_trunc('month', created_at, 'UTC') = '2024-02-01' GROUP BY 1"
    ),
    "scores": "SELECT avg(score) FROM users WHERE country = 'country 7'",
    "ranked": "SELECT id FROM users WHERE score > 990 ORDER BY score DESC LIMIT 20",
    "join": (
        "SELECT u.email, e.at FROM users u JOIN events e ON e.user_id = u.id"
        " WHERE u.tenant_id = 12 AND e.kind = 'buy'"
    ),
    "plans": (
        "SELECT t.plan, count(*) FROM tenants t JOIN users u ON u.tenant_id = t.id"
        " WHERE u.active GROUP BY 1"
    ),
    "partition": "SELECT count(*) FROM events WHERE at >= '2025-02-10' AND at < '2025-02-11'",
    "kinds": "SELECT * FROM events WHERE kind = 'login' ORDER BY at DESC LIMIT 5",
    "latest": "SELECT * FROM events WHERE user_id = 77 ORDER BY at DESC LIMIT 1",
    "parameter": "SELECT * FROM events WHERE user_id = 77 AND at > '2025-03-15'",
}


def statements(users: int, events: int) -> list[str]:
    """
    Everything that fills a server.
    """
    rows = ROWS.replace("{users}", str(users)).replace("{events}", str(events))
    return [one for one in (SCHEMA + rows).split(";\n") if one.strip()]
