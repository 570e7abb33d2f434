"""The matrix of images as data: Debian releases, and the architectures of each."""

load("@debian12//:versions.bzl", debian12 = "VERSIONS")
load("@debian13//:versions.bzl", debian13 = "VERSIONS")
load("//rules/private:architectures.bzl", "DEBIAN_ARCHITECTURES")
load(":visibility.bzl", "IMAGES_AND_TESTS")

visibility(IMAGES_AND_TESTS)

# Debian's names of the architectures that images are built for.
_DEBIAN_NAMES = ["amd64", "armhf", "arm64", "ppc64el", "riscv64", "s390x"]

# By OCI's name: struct of `debian`, Debian's name; `variant`, OCI's variant; `triplet`, the name of the directories of
# libraries; `loader`, the path of the dynamic loader.
ARCHITECTURES = {
    DEBIAN_ARCHITECTURES[debian].oci: struct(
        debian = debian,
        variant = DEBIAN_ARCHITECTURES[debian].variant,
        triplet = DEBIAN_ARCHITECTURES[debian].triplet,
        loader = DEBIAN_ARCHITECTURES[debian].loader,
    )
    for debian in _DEBIAN_NAMES
}

# Each key is the name of a lock, `//private/lock:<name>.lock.json`, and of its repository, `@<name>`.
#   architectures  list of OCI's names
#   os_release     content of /usr/lib/os-release
#   versions       versions of packages, by name and OCI architecture
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
        versions = debian12,
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
        versions = debian13,
    ),
}

# Users of the images: the suffix of the target's name, the numeric user, the working directory.
USERS = [
    struct(suffix = "", uid = 0, workdir = "/"),
    struct(suffix = "_nonroot", uid = 65532, workdir = "/home/nonroot"),
]
