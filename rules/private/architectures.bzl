"""The architectures that Debian builds for.

This is the only table of its kind for Starlark; tests/rules compares it with the one for Python,
tools/lib/debian/architectures.py, which names the sources.
"""

visibility([
    "//private/...",
    "//rules/...",
    "//tests/rules",
])

# By Debian's name. `oci` and `variant` are OCI's names; `triplet` names the directories of libraries; `loader` is the
# path of the dynamic loader.
DEBIAN_ARCHITECTURES = {
    "amd64": struct(
        oci = "amd64",
        variant = "",
        triplet = "x86_64-linux-gnu",
        loader = "/lib64/ld-linux-x86-64.so.2",
    ),
    "arm64": struct(
        oci = "arm64",
        variant = "v8",
        triplet = "aarch64-linux-gnu",
        loader = "/lib/ld-linux-aarch64.so.1",
    ),
    "armel": struct(
        oci = "arm",
        variant = "v5",
        triplet = "arm-linux-gnueabi",
        loader = "/lib/ld-linux.so.3",
    ),
    "armhf": struct(
        oci = "arm",
        variant = "v7",
        triplet = "arm-linux-gnueabihf",
        loader = "/lib/ld-linux-armhf.so.3",
    ),
    "i386": struct(
        oci = "386",
        variant = "",
        triplet = "i386-linux-gnu",
        loader = "/lib/ld-linux.so.2",
    ),
    "loong64": struct(
        oci = "loong64",
        variant = "",
        triplet = "loongarch64-linux-gnu",
        loader = "/lib64/ld-linux-loongarch-lp64d.so.1",
    ),
    "mips64el": struct(
        oci = "mips64le",
        variant = "",
        triplet = "mips64el-linux-gnuabi64",
        loader = "/lib64/ld.so.1",
    ),
    "ppc64el": struct(
        oci = "ppc64le",
        variant = "",
        triplet = "powerpc64le-linux-gnu",
        loader = "/lib64/ld64.so.2",
    ),
    "riscv64": struct(
        oci = "riscv64",
        variant = "",
        triplet = "riscv64-linux-gnu",
        loader = "/lib/ld-linux-riscv64-lp64d.so.1",
    ),
    "s390x": struct(
        oci = "s390x",
        variant = "",
        triplet = "s390x-linux-gnu",
        loader = "/lib/ld64.so.1",
    ),
}
