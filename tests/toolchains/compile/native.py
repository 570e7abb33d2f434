"""C, C++ and Rust programs, linked against the libraries of an image.

A program that is linked against a newer glibc than the image's may not start there. So libraries
and headers come from a layer of Debian packages, and only the compilers from the machine.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence

from tests.toolchains.compile import process
from tests.toolchains.compile.layer import unpack
from tools.lib.cli.errors import ToolError

# gcc's directory in the sysroot: libgcc_s, and libstdc++ with its headers.
_GCC_LIBRARIES = "usr/lib/gcc/*/*"
_CXX_HEADERS = "usr/include/c++/*"
# They keep random and absolute names out of the output.
_REPRODUCIBLE = ("-Wl,--build-id=none", "-frandom-seed=0")


def cc(argv: Sequence[str]) -> None:
    """`compile cc`: a program from C or C++, linked against the libraries of a layer."""
    parser = process.parser("cc", "Compiles and links C or C++.")
    parser.add_argument("--sysroot", required=True, help="a layer of libraries and headers")
    parser.add_argument("words", nargs="+", help="sources, and options of the compiler after --")
    # argparse drops the --.
    at = list(argv).index("--") if "--" in argv else len(argv)
    flags = parser.parse_args(argv[:at])
    process.check_compiler(flags.compiler, "gcc or g++", flags.package)
    with process.scratch() as scratch:
        sysroot, program = os.path.join(scratch, "sysroot"), os.path.join(scratch, "program")
        unpack(flags.sysroot, sysroot)
        process.run(
            [
                flags.compiler,
                *_link_options(sysroot),
                *_cxx_options(sysroot, flags.words),
                "-O2",
                "-Wall",
                "-Werror",
                f"-ffile-prefix-map={scratch}=",
                *_REPRODUCIBLE,
                *flags.words,
                *argv[at + 1 :],
                "-s",
                "-o",
                program,
            ],
            scratch,
        )
        process.publish(program, flags.output)


def rust(argv: Sequence[str]) -> None:
    """`compile rust`: a program from one crate, linked against the libraries of a layer."""
    parser = process.parser("rust", "Compiles and links a Rust crate.")
    parser.add_argument("--sysroot", required=True, help="a layer of libraries")
    parser.add_argument("--linker", required=True, help="path of gcc, empty if not installed")
    parser.add_argument("--linker-version", default="", help="ignored")
    parser.add_argument("--edition", required=True)
    parser.add_argument("main", help="root of the crate")
    flags = parser.parse_args(argv)
    process.check_compiler(flags.compiler, "rustc", flags.package)
    process.check_compiler(flags.linker, "gcc, rustc's linker,", "gcc")
    with process.scratch() as scratch:
        sysroot, program = os.path.join(scratch, "sysroot"), os.path.join(scratch, "program")
        unpack(flags.sysroot, sysroot)
        linking = [*_link_options(sysroot), *_REPRODUCIBLE]
        process.run(
            [
                flags.compiler,
                f"--edition={flags.edition}",
                "-Copt-level=2",
                "-Ccodegen-units=1",
                "-Cstrip=symbols",
                f"--remap-path-prefix={os.getcwd()}=",
                f"-Clinker={flags.linker}",
                *(f"-Clink-arg={option}" for option in linking),
                flags.main,
                "-o",
                program,
            ],
            scratch,
        )
        process.publish(program, flags.output)


def _only(sysroot: str, pattern: str) -> str:
    found = sorted(glob.glob(os.path.join(sysroot, pattern)))
    if len(found) != 1:
        raise ToolError(
            f"{len(found)} directories match {pattern} in the sysroot, expected 1",
            "make the sysroot from one version of libgcc-*-dev and libstdc++-*-dev",
        )
    return found[0]


def _link_options(sysroot: str) -> list[str]:
    # They come before the compiler's own directories, which hold libraries of its version.
    return [f"--sysroot={sysroot}", f"-L{_only(sysroot, _GCC_LIBRARIES)}"]


def _cxx_options(sysroot: str, sources: Sequence[str]) -> list[str]:
    if all(source.endswith(".c") for source in sources):
        return []
    headers = _only(sysroot, _CXX_HEADERS)
    triplet = os.path.basename(os.path.dirname(_only(sysroot, _GCC_LIBRARIES)))
    version = os.path.basename(headers)
    return [
        "-nostdinc++",
        f"-isystem{headers}",
        f"-isystem{sysroot}/usr/include/{triplet}/c++/{version}",
        f"-isystem{headers}/backward",
    ]
