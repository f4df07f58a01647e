"""
``advisor config``: what holds and why, its schema, a first file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from advisor.cli.choosing import BASELINE, choice_options, stated_layer
from advisor.cli.options import HOST, PATH_MAP, TARGET
from advisor.errors import UsageError


@click.group()
def config() -> None:
    """
    Show settings and their sources, their schema, or begin with a file of them.
    """


@config.command("show")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@HOST
@TARGET
@PATH_MAP
@choice_options
@BASELINE
def show_config(
    path: Path, host: Sequence[str], target: Sequence[str], path_map: Sequence[str], **_: object
) -> None:
    """
    Print every setting that holds for PATH (default: the current folder), each with its source.

    The output is an advisor.toml itself.
    """
    from advisor.config import load_layers, load_settings
    from advisor.config.given import option_layers
    from advisor.config.show import explained

    folder, stated = path if path.is_dir() else path.parent, stated_layer()
    load_settings(folder, host=host, target=target, path_map=path_map, stated=stated)
    layers = [*load_layers(folder, stated), *option_layers(host, target, path_map)]
    click.echo(explained(layers), nl=False)


@config.command("schema")
def config_schema() -> None:
    """
    Print the JSON schema of advisor.toml.
    """
    import json

    from advisor.config.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2))


@config.command("init")
@click.argument("folder", default=".", type=click.Path(path_type=Path))
def init_config(folder: Path) -> None:
    """
    Write an advisor.toml with every setting explained to FOLDER (default: the current one).
    """
    from advisor.config import FILE
    from advisor.config.show import FIRST

    path = folder / FILE
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(FIRST)
    except FileExistsError as error:
        raise UsageError("is there already", path=str(path)) from error
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", path=str(path)) from error
    click.echo(f"wrote {path}", err=True)
