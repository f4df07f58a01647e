"""
Whole stacks for tests of what lies between the programs.
"""

from __future__ import annotations

from tests.support.deployments import NGINX, UVICORN

STACK = {
    "nginx.conf": NGINX % "127.0.0.1:8000",
    "gunicorn.conf.py": UVICORN + "workers = 2\n",
    "db.py": "from sqlalchemy import create_engine\nengine = create_engine('postgresql://db/x')\n",
    "postgresql.conf": "max_connections = 100\n",
}
"""One of each, nothing between the pools and the server."""

ENGINE = """\
from sqlalchemy import create_engine
engine = create_engine('postgresql+psycopg2://u@pool:6432/x', pool_timeout=20,
                       connect_args={'connect_timeout': 3})
"""
POOLED = {
    "compose.yaml": """\
services:
  proxy: {image: 'nginx:1.30', volumes: ['./nginx.conf:/etc/nginx/nginx.conf']}
  app:
    image: shop
    command: gunicorn -c gunicorn.conf.py app:app
    deploy: {replicas: 3}
    volumes: ['./gunicorn.conf.py:/gunicorn.conf.py']
  pool:
    image: edoburu/pgbouncer:v1.23.1
    volumes: ['./pgbouncer.ini:/etc/pgbouncer/pgbouncer.ini']
  db:
    image: postgres:16
    command: postgres -c config_file=/etc/postgresql/postgresql.conf
    volumes: ['./postgresql.conf:/etc/postgresql/postgresql.conf']
    deploy: {resources: {limits: {cpus: '4', memory: 16G}}}
""",
    "nginx.conf": """\
events {}
http {
  upstream backend { server app:8000; keepalive 16; }
  server { listen 80; location / { proxy_pass http://backend; proxy_read_timeout 20s; } }
}
""",
    "gunicorn.conf.py": "workers = 9\nbind = '0.0.0.0:8000'\n",
    "app/db.py": ENGINE,
    "pgbouncer.ini": """\
[databases]
x = host=db dbname=x
[pgbouncer]
pool_mode = transaction
listen_addr = *
default_pool_size = 20
max_client_conn = 25
""",
    "postgresql.conf": "shared_buffers = 4GB\nstatement_timeout = 30s\n",
}
"""Three replicas that reach the server through PgBouncer, which takes fewer than they are."""
