"""Debian packages from a lock, as repositories.

    apt = use_extension("@distroless//rules:apt.bzl", "apt")
    apt.install(name = "bookworm", lock = "//:bookworm.lock.json")
    use_repo(apt, "bookworm")
"""

load("//rules/private:apt_extension.bzl", _apt = "apt")

apt = _apt
