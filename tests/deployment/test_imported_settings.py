"""Settings that code keeps in a module of its own reach gunicorn and the engines."""

from __future__ import annotations

from advisor.deployment.model import Application
from advisor.model import Origin, Value
from tests.support.deployments import deploy

FILES = {
    "compose.yaml": (
        "services:\n  app:\n    build: .\n    command: gunicorn -c gunicorn.conf.py app.main:app\n"
        "    environment:\n      APP_POOL_SIZE: '7'\n      WORKERS: '3'\n"
    ),
    "Dockerfile": "FROM python:3.13\nWORKDIR /srv\nCOPY . .\n",
    "gunicorn.conf.py": "from app.config import WORKERS, settings\nworkers = WORKERS\n"
    "timeout = settings.timeout\n",
    "app/__init__.py": "",
    "app/config.py": (
        "import os\n"
        "from pydantic_settings import BaseSettings, SettingsConfigDict\n"
        "WORKERS = int(os.environ.get('WORKERS', '1'))\n"
        "class Settings(BaseSettings):\n"
        "    model_config = SettingsConfigDict(env_prefix='APP_')\n"
        "    pool_size: int = 5\n"
        "    timeout: int = 45\n"
        "settings = Settings()\n"
    ),
    "app/db.py": (
        "from sqlalchemy import create_engine\n"
        "from .config import settings\n"
        "engine = create_engine('postgresql://db/shop', pool_size=settings.pool_size)\n"
    ),
}


def application() -> Application:
    """The only application of the files."""
    (found,) = deploy(FILES).applications
    return found


def test_gunicorn_reads_another_file_of_the_code() -> None:
    """Constants and fields of a settings class, with the variables of the service."""
    settings = application().settings
    workers, timeout = settings.setting("workers"), settings.setting("timeout")
    assert isinstance(workers, Value)
    assert (workers.value, workers.origin) == (3, Origin.EVALUATED)
    assert isinstance(timeout, Value)
    assert (timeout.value, timeout.origin) == (45, Origin.ASSUMED)
    assert timeout.note == "if APP_TIMEOUT is not set"


def test_engines_read_another_file_of_the_code() -> None:
    """The pool has the size that the variable of the service gives the field."""
    (engine,) = application().engines
    size = engine.arguments["pool_size"].value()
    assert isinstance(size, Value)
    assert (size.value, size.note) == (7, "with APP_POOL_SIZE as stated")
