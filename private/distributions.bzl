"""The matrix as data: Debian's releases and the architectures of each."""

load("@debian12//:versions.bzl", debian12 = "VERSIONS")
load("@debian13//:versions.bzl", debian13 = "VERSIONS")
load("@temurin//:versions.bzl", temurin = "VERSIONS")

def _architecture(debian, variant = ""):
    return struct(debian = debian, variant = variant)

# OCI's names of architectures, with Debian's, and OCI's variant.
ARCHITECTURES = {
    "amd64": _architecture("amd64"),
    "arm": _architecture("armhf", variant = "v7"),
    "arm64": _architecture("arm64", variant = "v8"),
    "ppc64le": _architecture("ppc64el"),
    "riscv64": _architecture("riscv64"),
    "s390x": _architecture("s390x"),
}

# Each is a lock, `//private/lock:<name>.lock.json`, and so a repository `@<name>`.
DISTRIBUTIONS = {
    "debian12": struct(
        architectures = ["amd64", "arm64", "arm", "s390x", "ppc64le"],
        os_release = {
            "PRETTY_NAME": "Distroless",
            "NAME": "Debian GNU/Linux",
            "ID": "debian",
            "VERSION_ID": "12",
            "VERSION": "Debian GNU/Linux 12 (bookworm)",
            "VERSION_CODENAME": "bookworm",
        },
        versions = debian12 | temurin,
    ),
    "debian13": struct(
        architectures = ["amd64", "arm64", "arm", "s390x", "ppc64le", "riscv64"],
        os_release = {
            "PRETTY_NAME": "Distroless",
            "NAME": "Debian GNU/Linux",
            "ID": "debian",
            "VERSION_ID": "13",
            "VERSION": "Debian GNU/Linux 13 (trixie)",
            "VERSION_CODENAME": "trixie",
        },
        versions = debian13 | temurin,
    ),
}

# Users of the images: the suffix in a target's name, the numeric user, the working directory.
USERS = [
    struct(suffix = "", uid = 0, workdir = "/"),
    struct(suffix = "_nonroot", uid = 65532, workdir = "/home/nonroot"),
]

# Where the images come from, an annotation of each.
SOURCE = {"org.opencontainers.image.source": "https://github.com/GoogleContainerTools/distroless"}
