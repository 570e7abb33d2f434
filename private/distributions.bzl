"""The matrix as data: Debian's releases and the architectures of each."""

load("@debian12//:versions.bzl", debian12 = "VERSIONS")
load("@debian13//:versions.bzl", debian13 = "VERSIONS")

# OCI's names of architectures, with Debian's, OCI's variant, the dynamic loader's path (of the ABI's documents), and
# Debian's name of the folders of libraries.
ARCHITECTURES = {
    "amd64": struct(
        debian = "amd64",
        variant = "",
        loader = "/lib64/ld-linux-x86-64.so.2",
        triplet = "x86_64-linux-gnu",
    ),
    "arm": struct(
        debian = "armhf",
        variant = "v7",
        loader = "/lib/ld-linux-armhf.so.3",
        triplet = "arm-linux-gnueabihf",
    ),
    "arm64": struct(
        debian = "arm64",
        variant = "v8",
        loader = "/lib/ld-linux-aarch64.so.1",
        triplet = "aarch64-linux-gnu",
    ),
    "ppc64le": struct(
        debian = "ppc64el",
        variant = "",
        loader = "/lib64/ld64.so.2",
        triplet = "powerpc64le-linux-gnu",
    ),
    "riscv64": struct(
        debian = "riscv64",
        variant = "",
        loader = "/lib/ld-linux-riscv64-lp64d.so.1",
        triplet = "riscv64-linux-gnu",
    ),
    "s390x": struct(
        debian = "s390x",
        variant = "",
        loader = "/lib/ld64.so.1",
        triplet = "s390x-linux-gnu",
    ),
}

# Each is a lock, `//private/lock:<name>.lock.json`, and so a repository `@<name>`.
DISTRIBUTIONS = {
    "debian12": struct(
        architectures = ["amd64", "arm64", "arm", "s390x", "ppc64le"],
        on_request = [],
        os_release = {
            "PRETTY_NAME": "Distroless",
            "NAME": "Debian GNU/Linux",
            "ID": "debian",
            "VERSION_ID": "12",
            "VERSION": "Debian GNU/Linux 12 (bookworm)",
            "VERSION_CODENAME": "bookworm",
        },
        versions = debian12,
    ),
    "debian13": struct(
        architectures = ["amd64", "arm64", "arm", "s390x", "ppc64le", "riscv64"],
        # Built where --//:architectures names them: the lock has packages of theirs that some mirrors lack, so that
        # only snapshot.debian.org is left.
        on_request = ["s390x", "ppc64le"],
        os_release = {
            "PRETTY_NAME": "Distroless",
            "NAME": "Debian GNU/Linux",
            "ID": "debian",
            "VERSION_ID": "13",
            "VERSION": "Debian GNU/Linux 13 (trixie)",
            "VERSION_CODENAME": "trixie",
        },
        versions = debian13,
    ),
}

# Users of the images: the suffix in a target's name, the numeric user, the working directory.
USERS = [
    struct(suffix = "", uid = 0, workdir = "/"),
    struct(suffix = "_nonroot", uid = 65532, workdir = "/home/nonroot"),
]

# Where the images come from, an annotation of each.
SOURCE = {"org.opencontainers.image.source": "https://github.com/GoogleContainerTools/distroless"}
