"""A Debian release is added by data: a lock, lines in MODULE.bazel and in declarations."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.e2e.additions import add
from tests.inner_bazel.inner_bazel import InnerBazel, copy_source_tree
from tools.lib.updates.catalog import build_catalog

# By file: the text that is added after another text.
DATA = {
    "MODULE.bazel": {
        'apt = use_extension("//private:apt.bzl", "apt")\n': """\
apt.install(
    name = "debian99",
    lock = "//private/lock:debian99.lock.json",
)
""",
        "    )\n    for repo in [\n": '        "debian99",\n',
        "use_repo(apt, ": '"debian99", ',
    },
    "private/distributions.bzl": {
        'load("@debian13//:versions.bzl", debian13 = "VERSIONS")\n': (
            'load("@debian99//:versions.bzl", debian99 = "VERSIONS")\n'
        ),
        "DISTRIBUTIONS = {\n": """\
    "debian99": struct(
        architectures = ["amd64", "arm64"],
        os_release = {"PRETTY_NAME": "Distroless", "ID": "debian", "VERSION_ID": "99"},
        versions = debian99,
    ),
""",
    },
    # Declarations of runtimes name each release. Those of static, base and cc do not.
    "java/java.bzl": {"_ARCHITECTURES = {\n": '    "debian99": ["amd64"],\n'},
    "java/BUILD.bazel": {'    name = "java21",\n    distributions = [': '"debian99", '},
    "python3/BUILD.bazel": {
        "    architectures = {\n": '        "debian99": ["arm64"],\n',
        "        substitutions = {\n": '            "debian99": {"python": "3.13"},\n',
        "    for distribution, links in {\n": '        "debian99": {},\n',
    },
}


def copy_lock(workspace: Path) -> None:
    for suffix in ("yaml", "lock.json"):
        lock = workspace / "private" / "lock" / f"debian13.{suffix}"
        shutil.copy(lock, lock.with_name(f"debian99.{suffix}"))


def test_a_release_is_added_by_data_alone(tmp_path: Path) -> None:
    workspace = copy_source_tree(tmp_path / "workspace")
    copy_lock(workspace)
    add(workspace, DATA)
    images = ["//static:static", "//base:base_nossl", "//base:base", "//cc:cc"]
    runtimes = ["//java:java21", "//python3:python3"]
    with InnerBazel(workspace, tmp_path / "root") as bazel:
        bazel.succeed(
            "build", "--nobuild", *(f"{image}_debian99" for image in [*images, *runtimes])
        )
        bazel.succeed("test", *(f"{image}_amd64_debian99_test" for image in images))

        # `./knife update` finds its images in the build graph, too.
        def query(expression: str) -> list[str]:
            declared = " + ".join(
                image.partition(":")[0] + ":all" for image in [*images, *runtimes]
            )
            expression = expression.replace("//... - //tests/...", declared)
            found = bazel.succeed("query", "--output=streamed_jsonproto", "--", expression)
            return [line for line in found.splitlines() if line.startswith("{")]

        catalog = build_catalog(query)
        names = ("base", "base-nossl", "cc", "java-base", "java21", "python3", "static")
        assert catalog.images["debian99"] == tuple(f"{name}-debian99" for name in names)
        assert catalog.images_with("debian99", "libssl3t64") == (
            "base-debian99",
            "cc-debian99",
            "python3-debian99",
        )
        assert catalog.images_with("debian99", "busybox-static")[-1] == "static-debian99:debug"
