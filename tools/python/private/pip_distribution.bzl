"""What stands in the repository of one PyPI distribution."""

load("@rules_python//python:defs.bzl", "py_library")

# buildifier: disable=unnamed-macro
def pip_distribution(deps):
    """Declares `:pkg`, the importable distribution.

    Args:
      deps: labels of the distributions that it imports.
    """
    py_library(
        name = "pkg",
        srcs = native.glob(["site-packages/**/*.py"], allow_empty = True),
        data = native.glob(
            ["site-packages/**"],
            # Names with spaces are no labels; the rest is not read at run time.
            exclude = ["**/*.py", "**/* *", "**/RECORD", "site-packages/bin/pip*"],
        ),
        imports = ["site-packages"],
        visibility = ["//visibility:public"],
        deps = deps,
    )
