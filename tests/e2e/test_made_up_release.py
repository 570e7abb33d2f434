"""A Debian release is added by data: a lock, lines in MODULE.bazel and in declarations."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.e2e.additions import add
from tests.inner_bazel.inner_bazel import InnerBazel, copy_source_tree

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
