"""Debian packages as repositories. `bazel run @bookworm//:lock` writes the lock.

    apt = use_extension("@distroless//rules:apt.bzl", "apt")
    apt.sources(repo = "bookworm", archive = "debian", suites = ["bookworm", "bookworm-updates"], components = ["main"])
    apt.sources(repo = "bookworm", archive = "debian-security", suites = ["bookworm-security"], components = ["main"])
    apt.install(
        name = "bookworm",
        architectures = ["amd64", "arm64"],
        base = "@distroless//base:base_debian12",
        lock = "//:bookworm.lock.json",
        packages = ["curl"],
    )
    use_repo(apt, "bookworm")
"""

load("//rules/private:apt_extension.bzl", _apt = "apt")

apt = _apt
