"""Debian packages from a lock, as repositories.

    apt = use_extension("@distroless//rules:apt.bzl", "apt")
    apt.install(name = "debian12", lock = "//:debian12.lock.json")
    use_repo(apt, "debian12")
"""

load("//rules/private:apt_extension.bzl", _apt = "apt")

apt = _apt
