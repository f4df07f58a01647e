"""
Services that run on a host itself, started by systemd or supervisord, and those of a Procfile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from advisor import regex
from advisor.deployment.paths import folder_of, is_variant, join, name_of, names_in, text_of
from advisor.deployment.services import RunningService, Services
from advisor.model import Origin, Problem, Tree, Value
from advisor.parsers.compose import Command, Mount, Service
from advisor.parsers.dotenv import parse_dotenv
from advisor.parsers.gunicorn import parse_command
from advisor.parsers.process_model import Process, Processes, Variable, VariableFile
from advisor.parsers.supervisord import parse_procfile, parse_supervisord
from advisor.parsers.systemd import (
    Unit,
    parse_unit,
    read_service,
    socket_target,
    substituted,
)

_PROGRAMS: Mapping[str, str] = {
    "nginx": "nginx",
    "openresty": "nginx",
    "postgres": "postgresql",
    "postmaster": "postgresql",
    "pg_ctl": "postgresql",
    "pg_ctlcluster": "postgresql",
    "pgbouncer": "pooler",
}
"""Programs by the name of their executable."""
_ELSEWHERE = frozenset({"docker", "docker-compose", "podman", "podman-compose", "nerdctl"})
"""What these start is declared elsewhere."""
_BIND = regex.lazy(r"(?:--bind|-b)(?P<value>=.*)?")


def read_units(files: Mapping[str, str], tree: Tree) -> Services:
    """
    Services of unit files, given as path and text, with their drop-ins and sockets.

    Of several files of one name the one nearest to the root counts.
    """
    reading = _Reading(tree)
    units = {path: parse_unit(path, text) for path, text in files.items()}
    real = [path for path in units if not is_variant(path)] or list(units)
    ordered = sorted(real, key=lambda path: (path.count("/"), path))
    drop_ins, sockets = _drop_ins(ordered), _sockets(ordered, units)
    running: dict[str, RunningService] = {}
    for path in ordered:
        name = name_of(path)
        if not name.endswith(".service"):
            continue
        if name in running:
            reading.notes.append(f"{path} is not read: another file declares {name}")
            continue
        used = [units[path], *(units[one] for one in drop_ins.get(name, ()))]
        handed = [units[one] for one in sockets.get(name, ())]
        process, problems = read_service(name, used, handed)
        reading.problems += problems
        reading.problems += (problem for one in (*used, *handed) for problem in one.problems)
        if process is not None and not _is_elsewhere(process):
            running[name] = reading.running(
                process, folder_of(path), label=f"unit {name}", manager="systemd"
            )
    return reading.services(running.values())


def read_supervisord(files: Mapping[str, str], tree: Tree) -> Services:
    """
    Programs of supervisord, given as path and text of its configuration files.
    """
    documents = [parse_supervisord(path, text) for path, text in sorted(files.items())]
    return _Reading(tree).all(documents, label="program {}", manager="supervisord")


def read_procfiles(files: Mapping[str, str], tree: Tree) -> Services:
    """
    Process types of the Procfile nearest to the root, given as path and text.
    """
    path = min(files, key=lambda one: (is_variant(one), one.count("/"), one))
    reading = _Reading(tree)
    reading.notes += [
        f"{one} is not read: {path} says what runs" for one in sorted(files) if one != path
    ]
    return reading.all([parse_procfile(path, files[path])], label="process {}", manager="")


def _drop_ins(paths: Iterable[str]) -> dict[str, list[str]]:
    """
    Drop-ins by the name of their unit, in the order in which they apply.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(paths, key=name_of):
        folder = name_of(folder_of(path))
        if folder.endswith(".d"):
            found.setdefault(folder.removesuffix(".d"), []).append(path)
    return found


def _sockets(paths: Iterable[str], units: Mapping[str, Unit]) -> dict[str, list[str]]:
    """
    Socket units by the name of the service that they start.
    """
    found: dict[str, list[str]] = {}
    for path in paths:
        if path.endswith(".socket"):
            found.setdefault(socket_target(path, units[path]), []).append(path)
    return found


def _is_elsewhere(process: Process) -> bool:
    return bool(process.words) and name_of(process.words[0].value) in _ELSEWHERE


class _Reading(Struct):
    """
    What comes up while processes become services.
    """

    tree: Tree
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def all(self, documents: Iterable[Processes], *, label: str, manager: str) -> Services:
        """
        Services of whole files; of several programs of one name the first counts.
        """
        running: dict[str, RunningService] = {}
        for document in documents:
            self.problems += document.problems
            for one in document.found:
                if one.name not in running and not _is_elsewhere(one):
                    title = label.format(one.name)
                    folder = folder_of(document.path)
                    running[one.name] = self.running(one, folder, label=title, manager=manager)
        return self.services(running.values())

    def services(self, running: Iterable[RunningService]) -> Services:
        """
        The result.
        """
        return Services(tuple(running), tuple(self.problems), tuple(dict.fromkeys(self.notes)))

    def running(self, process: Process, folder: str, *, label: str, manager: str) -> RunningService:
        """
        One process as a service; a manager that is known runs it on the host itself.
        """
        variables = dict(process.variables)
        for file in process.variable_files:
            variables.update(self._file(file, process, folder, label))
        words = _handed(tuple(substituted(process.words, variables)), process.listens)
        place = process.location
        service = Service(
            name=process.name,
            location=place,
            command=Command(words, place),
            working_dir=process.working_dir,
            replicas=process.replicas,
            cpus=process.cpus,
            memory=process.memory,
            cpuset=process.cpuset,
            nofile=process.nofile,
            stop_grace_period=process.stop_grace,
            mounts=tuple(self._mounts(process)),
        )
        return RunningService(
            service=service,
            folder="",
            variables=variables,
            composed=False,
            label=label,
            runs=_program(words),
            bare=bool(manager),
            forks=process.forks,
            manager=manager,
        )

    def _mounts(self, process: Process) -> Iterator[Value[Mount]]:
        """
        Where the files of the deployment lie on the host: the code in the working directory.
        """
        folder = process.working_dir
        if folder is None or not folder.value.strip("/"):
            return
        last = name_of(folder.value.rstrip("/"))
        source = last if names_in(self.tree, last) else "."
        yield Value(Mount("bind", source, folder.value), Origin.ASSUMED, folder.location)

    def _file(
        self, file: VariableFile, process: Process, folder: str, label: str
    ) -> Mapping[str, Variable]:
        """
        Variables of a file on the host, which may lie among the files under another path.
        """
        for path in _candidates(file.path, process, folder):
            text = text_of(self.tree, path)
            if text is not None:
                document = parse_dotenv(path, text, env={})
                self.problems += document.problems
                known = document.variables.items()
                return {name: one for name, one in known if isinstance(one, Value)}
        if file.required:
            self.notes.append(
                f"{file.path} is not among the files: what it sets for {label} is not known"
            )
        return {}


def _candidates(path: str, process: Process, folder: str) -> Iterator[str]:
    yield join("", path)
    base = process.working_dir.value.rstrip("/") if process.working_dir else ""
    if base and path.startswith(f"{base}/"):
        yield join("", path[len(base) :])
    yield join(folder, name_of(path))
    yield name_of(path)


def _handed(words: tuple[Value[str], ...], listens: Sequence[Value[str]]) -> tuple[Value[str], ...]:
    """
    The words of gunicorn with the sockets that it is handed in the place of its own addresses.

    Source: gunicorn documentation, "Deploying Gunicorn", "Systemd".
    """
    texts = [word.value for word in words]
    place = words[0].location if words else None
    if not listens or place is None or parse_command(texts, place) is None:
        return words
    at = next((n for n, text in enumerate(texts) if name_of(text).startswith("gunicorn")), None)
    if at is None:
        return words
    flags = (part for one in listens for part in (replace(one, value="--bind", note=""), one))
    return (*words[: at + 1], *flags, *_without_bind(words[at + 1 :]))


def _without_bind(words: Sequence[Value[str]]) -> Iterator[Value[str]]:
    rest = iter(words)
    for word in rest:
        match = _BIND.fullmatch(word.value)
        if match is None:
            yield word
        elif match["value"] is None:
            next(rest, None)


def _program(words: Sequence[Value[str]]) -> str:
    return _PROGRAMS.get(name_of(words[0].value), "") if words else ""
