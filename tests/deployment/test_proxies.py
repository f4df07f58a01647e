"""nginx configurations: which service each belongs to, with which mounts includes are followed."""

from __future__ import annotations

from typing import ClassVar

import pytest

from advisor.model import Unknown, Value
from tests.support.deployments import NGINX, deploy

MAIN = "events {}\nhttp { include /etc/nginx/conf.d/*.conf; }\n"
MOUNTED = "services: {web: {image: nginx, volumes: ['./%s:/etc/nginx/conf.d']}}"
SITE = "server { listen 80; server_name %s; location / { return 204; } }\n"


def found(files: dict[str, str]) -> list[tuple[str, tuple[str, ...]]]:
    """Name and files of every nginx."""
    return [(one.name, one.document.files) for one in deploy(files).proxies]


class TestPairing:
    def test_a_mounted_main_file(self) -> None:
        files = {
            "compose.yaml": """\
services:
  a: {image: nginx, volumes: ["./a.conf:/etc/nginx/nginx.conf:ro"]}
  b: {image: nginx, volumes: ["./b.conf:/etc/nginx/nginx.conf:ro"]}
""",
            "a.conf": NGINX % "x:1",
            "b.conf": NGINX % "y:1",
        }
        assert found(files) == [("service a", ("a.conf",)), ("service b", ("b.conf",))]
        assert deploy(files).notes == ()

    def test_each_container_has_its_own_folders(self) -> None:
        """The same path in two containers leads to two folders."""
        files = {
            "compose.yaml": """\
services:
  a:
    image: nginx
    volumes: ["./main.conf:/etc/nginx/nginx.conf", "./a:/etc/nginx/conf.d"]
  b:
    image: nginx
    volumes: ["./main.conf:/etc/nginx/nginx.conf", "./b:/etc/nginx/conf.d"]
""",
            "main.conf": MAIN,
            "a/site.conf": SITE % "a",
            "b/site.conf": SITE % "b",
        }
        assert found(files) == [
            ("service a", ("main.conf", "a/site.conf")),
            ("service b", ("main.conf", "b/site.conf")),
        ]

    def test_a_folder_of_fragments(self) -> None:
        files = {
            "compose.yaml": MOUNTED % "c",
            "c/a.conf": SITE % "a",
            "c/b.conf": SITE % "b",
        }
        assert found(files) == [("service web", ("c/a.conf",)), ("c/b.conf", ("c/b.conf",))]
        assert {one.service for one in deploy(files).proxies} == {"web"}

    def test_fragments_and_the_main_file_beside_them(self) -> None:
        files = {
            "compose.yaml": MOUNTED % "n/conf.d",
            "n/nginx.conf": MAIN,
            "n/conf.d/a.conf": SITE % "a",
        }
        assert found(files) == [("service web", ("n/nginx.conf", "n/conf.d/a.conf"))]

    def test_an_image_built_here(self) -> None:
        files = {
            "compose.yaml": "services: {web: {build: proxy}, static: {image: nginx}}",
            "proxy/Dockerfile": "FROM nginx:1.27\nCOPY nginx.conf /etc/nginx/\n"
            "COPY sites/ /etc/nginx/conf.d/\n",
            "proxy/nginx.conf": MAIN,
            "proxy/sites/a.conf": SITE % "a",
        }
        assert found(files) == [("service web", ("proxy/nginx.conf", "proxy/sites/a.conf"))]
        version = deploy(files).proxies[0].version
        assert isinstance(version, Value)
        assert (version.value, str(version.location)) == ((1, 27), "proxy/Dockerfile:1")

    def test_one_file_and_one_service(self) -> None:
        files = {"compose.yaml": "services: {web: {image: nginx}}", "x/nginx.conf": NGINX % "x:1"}

        assert found(files) == [("service web", ("x/nginx.conf",))]

    def test_one_file_and_two_services(self) -> None:
        files = {
            "compose.yaml": "services: {a: {image: nginx}, b: {image: nginx}}",
            "nginx.conf": NGINX % "x:1",
        }
        assert found(files) == [("nginx.conf", ("nginx.conf",))]
        assert "nginx.conf could not be matched to one nginx service" in deploy(files).notes

    def test_files_that_include_each_other(self) -> None:
        files = {"nginx.conf": "include b.conf;\n" + MAIN, "b.conf": "include nginx.conf;\n" + MAIN}

        assert [name for name, _ in found(files)] == ["nginx.conf"]

    def test_fragments_without_anything_else(self) -> None:
        assert [name for name, _ in found({"a.conf": SITE % "a", "b.conf": SITE % "b"})] == [
            "a.conf",
            "b.conf",
        ]


class TestPathMap:
    FILES: ClassVar = {"x/nginx.conf": MAIN, "elsewhere/a.conf": SITE % "a"}

    def test_it_says_where_an_absolute_path_lies(self) -> None:
        (proxy,) = deploy(self.FILES, path_map={"/etc/nginx/conf.d": "elsewhere"}).proxies

        assert proxy.document.files == ("x/nginx.conf", "elsewhere/a.conf")

    def test_without_it_they_stay_apart(self) -> None:
        assert len(deploy(self.FILES).proxies) == 2

    def test_it_beats_a_mount(self) -> None:
        files = {
            **self.FILES,
            "mounted/b.conf": SITE % "b",
            "compose.yaml": "services: {w: {image: nginx, volumes: ["
            "'./x/nginx.conf:/etc/nginx/nginx.conf', './mounted:/etc/nginx/conf.d']}}",
        }
        assert "mounted/b.conf" in deploy(files).proxies[0].document.files
        mapped = deploy(files, path_map={"/etc/nginx/conf.d": "elsewhere"}).proxies[0]
        assert "elsewhere/a.conf" in mapped.document.files


class TestTemplates:
    """The official image fills templates in and writes them to conf.d."""

    FRAGMENT = "server { listen ${PORT}; location / { return 204; } }\n"

    @pytest.mark.parametrize(
        "mount",
        [
            "./t:/etc/nginx/templates",
            "./t/site.conf.template:/etc/nginx/templates/site.conf.template:ro",
        ],
    )
    def test_mounted(self, mount: str) -> None:
        files = {
            "compose.yaml": "services: {web: {image: nginx, volumes: "
            f"['./main.conf:/etc/nginx/nginx.conf', '{mount}']}}}}",
            "main.conf": MAIN,
            "t/site.conf.template": self.FRAGMENT,
            "t/README": "not a template",
        }
        assert found(files) == [("service web", ("main.conf", "t/site.conf.template"))]

    def test_copied_with_the_whole_folder(self) -> None:
        files = {
            "Dockerfile": "FROM nginx\nCOPY web/ /etc/nginx/\n",
            "web/nginx.conf": MAIN,
            "web/templates/site.conf.template": self.FRAGMENT,
        }
        assert [files for _, files in found(files)] == [
            ("web/nginx.conf", "web/templates/site.conf.template")
        ]

    def test_other_endings_stay_what_they_are(self) -> None:
        """``site.template`` becomes ``site``, which ``*.conf`` does not match."""
        files = {
            "compose.yaml": "services: {web: {image: nginx, volumes: "
            "['./main.conf:/etc/nginx/nginx.conf', './t:/etc/nginx/templates']}}",
            "main.conf": MAIN,
            "t/site.template": self.FRAGMENT,
        }
        assert found(files) == [("service web", ("main.conf",))]


class TestFolders:
    def test_a_mounted_folder_that_holds_only_folders(self) -> None:
        files = {
            "compose.yaml": "services: {web: {image: nginx, volumes: "
            "['./main.conf:/etc/nginx/nginx.conf', './all:/etc/nginx/sites']}}",
            "main.conf": "events {}\nhttp { include sites/*/site.conf; }\n",
            "all/b/site.conf": SITE % "b",
            "all/a/site.conf": SITE % "a",
        }
        assert found(files) == [
            ("service web", ("main.conf", "all/a/site.conf", "all/b/site.conf"))
        ]


@pytest.mark.parametrize(
    ("image", "version"), [("nginx:1.27.3-alpine", (1, 27, 3)), ("nginx:alpine", None)]
)
def test_the_version_by_the_image(image: str, version: tuple[int, ...] | None) -> None:
    files = {"compose.yaml": f"services: {{w: {{image: '{image}'}}}}", "nginx.conf": NGINX % "x:1"}
    (proxy,) = deploy(files).proxies

    assert (proxy.version.value if isinstance(proxy.version, Value) else None) == version


def test_a_stated_version() -> None:
    (proxy,) = deploy({"nginx.conf": NGINX % "x:1"}, target={"nginx": "1.24"}).proxies
    (bare,) = deploy({"nginx.conf": NGINX % "x:1"}).proxies

    assert isinstance(proxy.version, Value)
    assert isinstance(bare.version, Unknown)
    assert bare.version.needs == ("nginx.version",)
