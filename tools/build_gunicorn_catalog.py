"""
Writes `advisor/catalog/gunicorn.json` from gunicorn itself.

Run it with one folder per release, each filled by `pip install --no-deps --target FOLDER
gunicorn==VERSION`; without arguments it reads the gunicorn of its own environment:

    python tools/build_gunicorn_catalog.py FOLDER... > advisor/catalog/gunicorn.json
"""  # noqa: INP001 - a script, not part of a package

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

PROBE = """
import json, gunicorn, gunicorn.config as config
print(json.dumps([gunicorn.__version__, [
    [s.name, s.section, s.cli or [], s.validator.__name__, s.action or "store", s.nargs or "",
     None if callable(s.default) else s.default]
    for s in config.KNOWN_SETTINGS
]], default=int))
"""
KINDS = {
    "validate_bool": "bool",
    "validate_callable": "callable",
    "_validate_callable": "callable",
    "validate_post_request": "callable",
    "validate_class": "class",
    "validate_dict": "dict",
    "validate_group": "account",
    "validate_user": "account",
    "validate_list_of_existing_files": "list",
    "validate_list_of_files_or_patterns": "list",
    "validate_list_string": "list",
    "validate_pos_int": "int",
    "validate_http2_frame_size": "int",
    "validate_http2_stream_limit": "int",
    "validate_http2_window_size": "int",
    "validate_string_to_addr_list": "addresses",
    "validate_string_to_list": "csv",
    "validate_ssl_version": "any",
    "validate_header_map_behaviour": "choice",
    "validate_asgi_loop": "choice",
    "validate_asgi_lifespan": "choice",
    "validate_http_parser": "choice",
    "validate_http2_cleartext": "choice",
    "validate_proxy_protocol": "choice",
    "validate_reload_engine": "choice",
}
CHOICES = {
    "asgi_lifespan": ["auto", "on", "off"],
    "asgi_loop": ["auto", "asyncio", "uvloop"],
    "header_map": ["drop", "refuse", "dangerous"],
    "http2_cleartext": ["off", "prior-knowledge", "upgrade", "both"],
    "http_parser": ["auto", "fast", "python"],
    "proxy_protocol": ["off", "v1", "v2", "auto"],
    "reload_engine": ["auto", "poll", "inotify"],
}
VARIABLES = {
    "bind": "PORT",
    "forwarded_allow_ips": "FORWARDED_ALLOW_IPS",
    "sendfile": "SENDFILE",
    "workers": "WEB_CONCURRENCY",
}
COMPUTED = {"chdir", "user", "group", "control_socket", "ssl_version"}
"""Settings whose default is taken from the machine, so that no figure belongs in the catalogue."""


def probe(folder: str | None) -> tuple[str, list[list[Any]]]:
    """
    Version and settings of the gunicorn in `folder`, of the environment's own for None.
    """
    env = {key: value for key, value in os.environ.items() if key not in VARIABLES.values()}
    env |= {"PYTHONPATH": folder} if folder else {}
    done = subprocess.run(  # noqa: S603 - runs this interpreter
        [sys.executable, "-c", PROBE], env=env, capture_output=True, text=True, check=True
    )
    version, settings = json.loads(done.stdout)
    return ".".join(version.split(".")[:2]), settings


def describe(name: str, validator: str, action: str, nargs: str, default: object) -> dict[str, Any]:
    """
    What one release makes of one setting.
    """
    kind = KINDS.get(validator, "string")
    arity = {"store_true": "on", "store_const": "off", "append": "append"}.get(action, "one")
    form: dict[str, Any] = {"kind": kind, "arity": "maybe" if nargs == "?" else arity}
    form["default"] = None if name in COMPUTED else default
    if kind == "choice":
        form["choices"] = CHOICES[name]
    return form


def merge(releases: list[tuple[str, list[list[Any]]]]) -> dict[str, Any]:
    """
    One table over all releases, oldest first: a form is listed where it differs from the last.
    """
    table: dict[str, dict[str, Any]] = {}
    for version, settings in releases:
        for name, section, flags, validator, action, nargs, default in settings:
            entry = table.setdefault(name, {"since": version, "forms": []})
            entry |= {"section": section, "flags": flags, "until": version}
            if name in VARIABLES:
                entry["variable"] = VARIABLES[name]
            form = describe(name, validator, action, nargs, default)
            if not entry["forms"] or {**entry["forms"][-1], "since": ""} != {**form, "since": ""}:
                entry["forms"].append({"since": version, **form})
    for entry in table.values():
        if entry["until"] == releases[-1][0]:
            del entry["until"]
    return {"versions": [version for version, _ in releases], "settings": table}


def layout(catalogue: dict[str, Any]) -> str:
    """
    The catalogue as JSON with one setting a line, so that a new release makes a short diff.
    """
    lines = [
        f" {json.dumps(name)}: {json.dumps(entry)}" for name, entry in catalogue["settings"].items()
    ]
    versions = json.dumps(catalogue["versions"])
    return f'{{"versions": {versions},\n"settings": {{\n' + ",\n".join(lines) + "\n}}\n"


def main() -> None:
    """
    Read every folder named on the command line and write the catalogue to standard output.
    """
    folders: list[str | None] = [*sys.argv[1:]] or [None]
    releases = [probe(folder) for folder in folders]
    releases.sort(key=lambda release: [int(part) for part in release[0].split(".")])
    sys.stdout.write(layout(merge(releases)))


if __name__ == "__main__":
    main()
