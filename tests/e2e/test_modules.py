"""The modules app and lib have installs of the same names: `bookworm`, `wheels` and `npm`."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.password_server import Server
from tests.inner_bazel.inner_bazel import InnerBazel, source_tree
from tools.lib.debian.testing import deb, directory, file

TOOL = {
    "name": "tool",
    "version": "1",
    "architecture": "amd64",
    "url": "https://packages.example.org/tool_1_amd64.deb",
    "sha256": hashlib.sha256(b"").hexdigest(),
}
# What the tags of the workspace say, as a manifest.
MANIFEST = {
    "version": 1,
    "architectures": ["amd64"],
    "files": [TOOL],
    "sets": {
        "packages": {
            "packages": ["tool"],
            "ignored_dependencies": {"debconf": "für Skripte"},
        }
    },
}
LOCK_COMMAND = "(hint: bazel run @bookworm//:lock)"


def package(name: str, version: str, copyright: str = "free") -> bytes:
    control = f"Package: {name}\nVersion: {version}\nArchitecture: amd64\nMaintainer: x\n"
    header = f"#define LIBRARY {version}\n".encode()
    parents = [directory(f"./usr{each}") for each in ("", "/include", "/share", "/share/doc")]
    return deb(
        *parents,
        directory(f"./usr/share/doc/{name}"),
        file(f"./usr/share/doc/{name}/copyright", copyright.encode()),
        file(f"./usr/include/{name}.h", header),
        control=control.encode(),
    )


def write_lock(path: Path, manifest: str, packages: dict[str, tuple[str, bytes]]) -> None:
    """Writes a lock of packages, by `name version`, each with its URL and its bytes.

    Each depends on those after it.
    """
    locked: dict[str, Any] = {}
    for title, (url, data) in reversed(packages.items()):
        name, version = title.split()
        locked[f"{name}_{version}_amd64"] = {
            "name": name,
            "version": version,
            "architecture": "amd64",
            "sha256": hashlib.sha256(data).hexdigest(),
            "url": url,
            "depends": sorted(locked),
        }
    lock = {
        "version": 3,
        "manifest_sha256": hashlib.sha256(manifest.encode()).hexdigest(),
        "base": {},
        "merged_usr": False,
        "suites": [],
        "missing_indexes": [],
        "packages": locked,
        "sets": {"packages": {"amd64": sorted(locked)}},
    }
    path.write_text(json.dumps(lock))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture(scope="module")
def bazel(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Iterator[InnerBazel]:
    """Bazel in the workspace `app`, whose installs are not locked yet."""
    root = tmp_path_factory.mktemp("modules")
    shutil.copytree("tests/e2e/modules", root, dirs_exist_ok=True)
    lib = {"tool 1": package("tool", "1"), "library 2": package("library", "2")}
    write_lock(root / "lib/bookworm.lock.json", "", served(server, lib))
    modules = {"distroless": source_tree(), "lib": root / "lib"}
    flags = [f"--override_module={name}={path}" for name, path in modules.items()]
    with InnerBazel(root / "app", root / "root", flags) as bazel:
        yield bazel


def served(server: Server, packages: dict[str, bytes]) -> dict[str, tuple[str, bytes]]:
    """Puts packages on the server: a dict for `write_lock`."""
    result = {}
    for title, data in packages.items():
        path = f"/{title.replace(' ', '_')}_amd64.deb"
        server.files[path] = data
        result[title] = (server.url + path, data)
    return result


def lock_app(bazel: InnerBazel, server: Server) -> None:
    packages = {"tool 1": package("tool", "1"), "library 1": package("library", "1")}
    manifest = json.dumps(MANIFEST, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    write_lock(bazel.workspace / "bookworm.lock.json", manifest, served(server, packages))


def test_a_missing_lock_is_written_by_the_command_that_the_error_names(bazel: InnerBazel) -> None:
    for target in ("@bookworm//tool", "@bookworm//tool:data", "@bookworm//:packages"):
        error = bazel.fail("build", "--nobuild", target)
        assert error == f"//:bookworm.lock.json: lock not found {LOCK_COMMAND}"
    bazel.succeed("build", "@bookworm//:lock")
    repository = Path(bazel.succeed("info", "output_base").strip()) / "external"
    (manifest,) = repository.glob("distroless*apt*bookworm/manifest.json")
    assert json.loads(manifest.read_text()) == MANIFEST


def test_a_lock_of_other_tags_is_stale(bazel: InnerBazel, server: Server) -> None:
    write_lock(bazel.workspace / "bookworm.lock.json", "other", {})
    error = bazel.fail("build", "--nobuild", "//:layer")
    assert error == (
        "//:bookworm.lock.json: apt.install 'bookworm' in MODULE.bazel has changed since the lock "
        f"was written {LOCK_COMMAND}"
    )


def test_labels_follow_the_platform(bazel: InnerBazel, server: Server) -> None:
    lock_app(bazel, server)
    bazel.succeed("build", "@bookworm//tool:data", "@bookworm//tool:control", "//:program")
    output = Path(bazel.succeed("info", "bazel-bin").strip())
    (data,) = output.glob("external/*apt*bookworm_tool_amd64/data")
    assert (data / "usr/include/tool.h").read_text() == "#define LIBRARY 1\n"
    assert (data.parent / "control/control").read_text().startswith("Package: tool\n")
    error = bazel.run(
        "build", "--platforms=@distroless//rules/platforms:linux_arm64", "@bookworm//tool"
    )
    assert "package 'tool' is locked for amd64 only (hint: build for --platforms=" in error.stderr


def test_a_package_of_two_modules_counts_once(bazel: InnerBazel, server: Server) -> None:
    lock_app(bazel, server)
    error = bazel.fail("build", "//:two_versions")
    assert error.startswith("packages that the image has twice: library 1 and 2 (hint: lock them")
    error = bazel.fail("build", "//:layer")
    assert error.startswith("packages that the image has twice: library 1 and 2 (hint: lock them")


def test_modules_with_installs_of_one_name_get_their_own(bazel: InnerBazel, server: Server) -> None:
    lock_app(bazel, server)
    bazel.succeed("build", "--nobuild", "@lib//:library", "@lib//:tool", "@bookworm//library")
    for name in ("library", "set"):
        result = bazel.run("build", "--nobuild", f"@lib//:shared_{name}")
        assert result.returncode != 0
        assert "is not visible from" in result.stderr
    module = bazel.workspace / "MODULE.bazel"
    text = module.read_text()
    module.write_text(text + 'apt.override(module = "lib", repo = "bookworm")\n')
    bazel.succeed("build", "--nobuild", "@lib//:shared_library", "@lib//:shared_set")
    module.write_text(text)
    warned = bazel.run("build", "--nobuild", "@bookworm//tool").stderr
    assert (
        "@bookworm is the one of module app. That of module lib differs, and is not visible under "
        "this name (hint: in MODULE.bazel of lib write use_repo(apt, "
        'bookworm = "lib_bookworm"))'
    ) in warned


def test_wheels_and_npm_packages_of_modules_are_their_own(
    bazel: InnerBazel, server: Server
) -> None:
    lock_app(bazel, server)
    targets = ["@wheels", "@lib//:wheels", "@npm", "@lib//:node_modules"]
    bazel.succeed("build", *targets)
    for target, versions in zip(
        targets, [["4.16.0"], ["4.12.2"], ["2.1.3"], ["2.1.2"]], strict=True
    ):
        assert built_versions(bazel, target) == versions
    bazel.succeed("build", "--nobuild", "@wheels//typing-extensions", "@lib//:wheel")
    for name in ("wheel", "node_modules"):
        result = bazel.run("build", "--nobuild", f"@lib//:shared_{name}")
        assert result.returncode != 0
        assert "is not visible from" in result.stderr
    with changed(bazel.workspace / "MODULE.bazel") as module:
        for extension in ("wheels", "npm"):
            with module.open("a") as file:
                file.write(f'{extension}.override(module = "lib", repo = "{extension}")\n')
        bazel.succeed("build", "@lib//:shared_wheel", "@npm")
        assert built_versions(bazel, "@npm") == ["2.1.2"]
        assert built_versions(bazel, "@lib//:shared_wheel") == ["4.12.2"]


def built_versions(bazel: InnerBazel, target: str) -> list[str]:
    """The versions of the wheels, or of the packages from npm, that a target consists of."""
    query = f"deps({target})"
    paths = bazel.succeed("cquery", "--output=files", query).split()
    root = Path(bazel.succeed("info", "execution_root").strip())
    metadata = [each for path in paths for each in (root / path).glob("*.dist-info/METADATA")]
    layers = [root / path for path in paths if path.endswith(".tar.gz")]
    found = [re.findall(r"^Version: (.+)$", path.read_text(), re.MULTILINE) for path in metadata]
    for layer in layers:
        with tarfile.open(layer) as archive:
            for member in archive:
                if member.name.endswith("/package.json"):
                    file = archive.extractfile(member)
                    assert file
                    found.append([json.load(file)["version"]])
    return [version for versions in found for version in versions]


@contextlib.contextmanager
def changed(path: Path) -> Iterator[Path]:
    """A file to change, which is restored."""
    text = path.read_text()
    try:
        yield path
    finally:
        path.write_text(text)


def test_modules_disagree_on_wheels_and_npm_packages(
    bazel: InnerBazel, tmp_path: Path, server: Server
) -> None:
    """The root module has none of its own."""
    lock_app(bazel, server)
    other = shutil.copytree(bazel.workspace.parent / "lib", tmp_path / "other")
    for name in ("requirements.txt", "package-lock.json"):
        shutil.copy(bazel.workspace / name, other / name)
    for path in (other / "MODULE.bazel",):
        path.write_text(path.read_text().replace('"lib', '"other'))
    with changed(bazel.workspace / "MODULE.bazel") as module:
        text = module.read_text()
        module.write_text(
            text[: text.index("wheels = ")] + 'bazel_dep(name = "other", version = "1.0")\n'
        )
        flag = f"--override_module=other={other}"
        for target, extension, name in (
            ("wheel", "wheels", ": 'typing-extensions'"),
            ("node_modules", "npm", ""),
        ):
            result = bazel.run("build", "--nobuild", flag, f"@lib//:shared_{target}")
            assert result.returncode != 0
            assert (
                f"@{extension}{name} is not the same in module lib and module other, which each "
                f"have a{'n' * (extension == 'npm')} {extension}.install '{extension}' (hint: in "
                f'MODULE.bazel of lib write use_repo({extension}, {extension} = "lib_{extension}")'
            ) in result.stderr
            bazel.succeed("build", "--nobuild", flag, f"@lib//:{target}", f"@other//:{target}")
