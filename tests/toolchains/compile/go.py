"""Go programs without cgo, which need no library."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

from tests.toolchains.compile import process


def go(argv: Sequence[str]) -> None:
    """`compile go`: a statically linked program, from a module without dependencies."""
    parser = process.parser("go", "Builds the package main of a module.")
    parser.add_argument("--architecture", required=True, help="OCI's name, which is also Go's")
    parser.add_argument("sources", nargs="+", help="go.mod and the sources beside it")
    flags = parser.parse_args(argv)
    process.check_compiler(flags.compiler, "go", flags.package)
    with process.scratch() as scratch:
        module, program = os.path.join(scratch, "module"), os.path.join(scratch, "program")
        os.mkdir(module)
        # In Bazel's sandbox, sources are symlinks, which go:embed does not accept.
        for source in flags.sources:
            shutil.copyfile(source, os.path.join(module, os.path.basename(source)))
        process.run(
            [
                flags.compiler,
                "build",
                "-trimpath",
                "-buildvcs=false",
                "-ldflags=-s -w -buildid=",
                f"-o={program}",
                ".",
            ],
            scratch,
            environment={
                "CGO_ENABLED": "0",
                "GOARCH": flags.architecture,
                "GOARM": "7",
                "GOCACHE": os.path.join(scratch, "cache"),
                "GOENV": "off",
                "GOOS": "linux",
                "GOPATH": os.path.join(scratch, "path"),
                "GOPROXY": "off",
                "GOTELEMETRY": "off",
                "GOTOOLCHAIN": "local",
                "GOWORK": "off",
            },
            directory=module,
        )
        process.publish(program, flags.output)
