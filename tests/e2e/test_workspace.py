"""A user's workspace, as README.md shows it: images on the distroless ones, with its own lock."""

from __future__ import annotations

import contextlib
import json
import platform
import re
import shutil
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.inner_bazel.inner_bazel import InnerBazel, source_tree

WORKSPACE = Path("tests/e2e/workspace")

# A manifest of package files only, so that nothing is downloaded.
PINNED = """\
version: 1
architectures: [amd64]
files:
  - name: tool
    version: 1.2-3
    architecture: all
    url: https://example.org/tool_1.2-3_all.deb
    sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
sets:
  app:
    packages: [tool]
"""

UNKNOWN_PACKAGE = """
apt.package(
    name = "libsqlite3",
    exclude = ["usr/share"],
    repo = "bookworm",
)
"""


@pytest.fixture(scope="module")
def bazel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InnerBazel]:
    """Bazel in the workspace, with distroless beside it."""
    directory = tmp_path_factory.mktemp("e2e")
    shutil.copytree(WORKSPACE, directory / "user")
    (directory / "distroless").symlink_to(source_tree())
    with InnerBazel(directory / "user", directory / "root") as bazel:
        yield bazel


@contextlib.contextmanager
def changed(path: Path, change: Callable[[str], str]) -> Iterator[None]:
    """Changes the text of a file, and restores it."""
    text = path.read_text()
    path.write_text(change(text))
    try:
        yield
    finally:
        path.write_text(text)


def blobs(layout: Path, *kinds: str) -> list[dict[str, Any]]:
    """Documents of a layout: index.json, then what the field `kind` of each refers to."""
    found = [json.loads((layout / "index.json").read_text())]
    for kind in kinds:
        descriptor = found[-1][kind][0] if kind == "manifests" else found[-1][kind]
        digest = descriptor["digest"].removeprefix("sha256:")
        found.append(json.loads((layout / "blobs" / "sha256" / digest).read_text()))
    return found


def test_an_image_has_the_same_digest_in_a_users_workspace(bazel: InnerBazel) -> None:
    target = "base:base_nonroot_amd64_debian12.digest"
    bazel.succeed("build", f"@distroless//{target}")
    file = bazel.succeed("cquery", "--output=files", f"@distroless//{target}").strip()
    ours = Path("base/base_nonroot_amd64_debian12.json.sha256").read_text()
    assert (bazel.workspace / file).read_text() == ours


def test_the_readme_shows_this_workspace() -> None:
    section = Path("README.md").read_text().split("\n## Images of your own\n")[1]
    section = section.split("\n## ")[0]
    blocks = re.findall(r"(?:^(?: {4}.*)?\n)+", section, re.MULTILINE)
    shown = [textwrap.dedent(block).strip("\n") for block in blocks if block.strip()]
    files = [(WORKSPACE / name).read_text() for name in ("MODULE.bazel", "BUILD.bazel")]
    # The workspace has a test, too, which needs a load statement.
    paragraphs = [block.split("\n\n") for block in shown]
    missing = [
        paragraph
        for block in paragraphs
        for paragraph in block
        if not any(f"{paragraph}\n" in file for file in files)
    ]
    assert [len(block) for block in paragraphs] == [2, 4, 1]
    assert len(missing) == 1
    assert missing[0].startswith("bazel run @bookworm//:lock ")


def test_the_lock_has_the_packages_of_the_images() -> None:
    ours = json.loads(Path("private/lock/debian12.lock.json").read_text())
    known = {package["sha256"] for package in ours["packages"].values()}
    for name in ("bookworm", "tools"):
        lock = json.loads((WORKSPACE / f"{name}.lock.json").read_text())
        for package in lock["packages"].values():
            assert package["sha256"] in known, f"{WORKSPACE}: bazel run @{name}//:lock"


def test_images_are_built_and_tested(bazel: InnerBazel) -> None:
    bazel.succeed("test", "--test_output=errors", "//...")


def test_options_in_files_equal_options_in_lists(bazel: InnerBazel) -> None:
    bazel.succeed("build", "//options:from_files.digest", "//options:from_lists.digest")
    digests = [
        bazel.built(f"options/{name}.json.sha256").read_text()
        for name in ("from_files", "from_lists")
    ]
    assert digests[0].startswith("sha256:")
    assert digests[0] == digests[1]
    _, manifest, config = blobs(bazel.built("options/from_files"), "manifests", "config")
    assert manifest["annotations"]["org.example.team"] == "images = containers"
    assert config["config"]["Labels"]["org.example.version"] == "1.0"


def test_an_index_has_both_images(bazel: InnerBazel) -> None:
    bazel.succeed("build", "//index")
    _, index = blobs(bazel.built("index/index"), "manifests")
    assert index["annotations"] == {"org.example.what": "an index"}
    platforms = [manifest["platform"] for manifest in index["manifests"]]
    assert platforms == [
        {"architecture": "amd64", "os": "linux"},
        {"architecture": "arm64", "os": "linux", "variant": "v8"},
    ]


def test_an_index_has_sboms_of_each_image(bazel: InnerBazel) -> None:
    bazel.succeed("build", "//index:sbom")
    for architecture in ("amd64", "arm64"):
        spdx = json.loads(bazel.built(f"index/sbom.{architecture}.spdx.json").read_text())
        packages = {each["name"]: each for each in spdx["packages"]}
        assert packages["index"]["supplier"] == "Organization: Example Corp"
        purl = packages["libc6"]["externalRefs"][0]["referenceLocator"]
        assert f"?arch={architecture}&distro=debian-12&upstream=glibc" in purl
        assert bazel.built(f"index/sbom.{architecture}.cdx.json").exists()


def test_an_index_is_built_for_its_platforms_on_the_images_of_another(bazel: InnerBazel) -> None:
    bazel.succeed("build", "//index:for_platforms", "//index:by_platform")
    _, index = blobs(bazel.built("index/for_platforms"), "manifests")
    architectures = [manifest["platform"]["architecture"] for manifest in index["manifests"]]
    assert architectures == ["arm64", "amd64"]
    _, _, config = blobs(bazel.built("index/by_platform"), "manifests", "config")
    own = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    assert config["architecture"] == own


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (
            "twice",
            r"bin/busybox: duplicate entry: in busybox-static .* and in //refused:busybox \(.*",
        ),
        (
            "foreign",
            r"//refused:foreign: libsqlite3-0 \S+ is for arm64, but base-files \S+, in a layer"
            r" below, is for amd64 \(hint: .*\)",
        ),
        (
            "no_packages",
            r"//refused:no_packages: libsqlite3-0 \S+ is for arm64, the image for amd64 \(hint: .*",
        ),
        (
            "of_index",
            r"//refused:of_index: //index:index is an index .* \(hint: .*, such as image_amd64\)",
        ),
        (
            "unmerged",
            r"lib: symlink to usr/lib in base-files .*, directory in //refused:library "
            r"\(hint: write /usr/lib/library.so in //refused:library\)",
        ),
        (
            "no_manifest",
            r"//refused:layout: the layout has no image: its index.json lists no manifest",
        ),
    ],
)
def test_an_error_is_one_line(bazel: InnerBazel, target: str, reason: str) -> None:
    errors = bazel.errors("build", "--keep_going", f"//refused:{target}")
    # The check runs beside the actions that make the image, and may have findings of its own.
    finding = rf"//refused:{target}: .* \[[a-z-]+\] \(hint: .*\)"
    (error,) = [each for each in errors if not re.fullmatch(finding, each)]
    assert re.fullmatch(reason, error)


def test_a_label_in_place_of_a_path_is_an_error_that_shows_the_order(bazel: InnerBazel) -> None:
    """rules_pkg has the label first."""

    def swap(text: str) -> str:
        return text.replace('{"/bin/busybox": "BUILD.bazel"}', '{"BUILD.bazel": "/bin/busybox"}')

    with changed(bazel.workspace / "refused/BUILD.bazel", swap):
        error = bazel.fail("build", "//refused:busybox")
    assert error == (
        "busybox: `srcs` has 'BUILD.bazel', which is not an absolute path "
        '(hint: write {"/path/in/the/image": "label"})'
    )


def test_an_unknown_package_is_an_error_with_similar_names(bazel: InnerBazel) -> None:
    with changed(bazel.workspace / "MODULE.bazel", lambda text: text + UNKNOWN_PACKAGE):
        error = bazel.fail("build", "//:image")
    assert error == (
        "apt.package: package 'libsqlite3' not found in //:bookworm.lock.json "
        "(did you mean libsqlite3-0?)"
    )


_ADD = "add \"%s\" to `packages` of apt.install 'bookworm', and run bazel run @bookworm//:lock"
_NOT_LOCKED = "package '%s' is not in //:bookworm.lock.json"


@pytest.mark.parametrize(
    ("label", "error"),
    [
        (
            "//libsqlite3",
            f"{_NOT_LOCKED % 'libsqlite3'}, did you mean @bookworm//libsqlite3-0?"
            f" (hint: {_ADD % 'libsqlite3'})",
        ),
        (
            "//libsqlite3-dev:cc",
            f"{_NOT_LOCKED % 'libsqlite3-dev'} (hint: {_ADD % 'libsqlite3-dev'})",
        ),
        (
            "//:libsqlite3_amd64",
            f"{_NOT_LOCKED % 'libsqlite3'}, did you mean @bookworm//libsqlite3-0?"
            f" (hint: {_ADD % 'libsqlite3'})",
        ),
        (
            "//libc6",
            f"{_NOT_LOCKED % 'libc6'}: the base image has it (hint: leave out the label;"
            " @distroless//base:base_nonroot_debian12 has the package)",
        ),
        (
            "//:libsqlite3-0",
            "'libsqlite3-0' is a package, not a set (hint: write @bookworm//libsqlite3-0)",
        ),
        ("//packages", "'packages' is a set, not a package (hint: write @bookworm//:packages)"),
    ],
)
def test_a_label_that_the_lock_lacks_is_an_error_that_says_what_to_write(
    bazel: InnerBazel, label: str, error: str
) -> None:
    assert bazel.fail("build", f"@bookworm{label}") == error


def test_a_lock_of_another_manifest_is_an_error_that_says_what_to_run(bazel: InnerBazel) -> None:
    manifest = bazel.workspace / "tools.yaml"
    with changed(manifest, lambda text: f"# a comment\n\n{text}  # another\n"):
        bazel.succeed("build", "@tools//:shell")
    with changed(manifest, lambda text: text.replace("busybox-static", "busybox")):
        error = bazel.fail("build", "@tools//:shell")
    assert error == (
        "//:tools.lock.json: tools.yaml has changed since the lock was written "
        "(hint: bazel run @tools//:lock)"
    )
    with changed(manifest, lambda text: f"# A comment.\n\n{text}"):
        bazel.succeed("build", "@tools//:shell")


def test_the_hint_of_a_missing_lock_is_the_command_that_writes_it(bazel: InnerBazel) -> None:
    lock, manifest = (bazel.workspace / f"tools.{suffix}" for suffix in ("lock.json", "yaml"))
    with changed(lock, lambda _: ""), changed(manifest, lambda _: PINNED):
        lock.unlink()
        error = bazel.fail("build", "@tools//tool")
        bazel.succeed("run", "@tools//:lock")
        assert list(json.loads(lock.read_text())["packages"]) == ["tool_1.2-3_all"]
        packages = bazel.succeed("query", "@tools//...").split()
    assert error == "//:tools.lock.json: lock not found (hint: bazel run @tools//:lock)"
    assert "@tools//:tool_amd64" in packages
    assert "@tools//tool:tool" in packages
