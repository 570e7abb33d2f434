"""The macro of the repository of one distribution from PyPI."""

load("@rules_python//python:defs.bzl", "py_library")

# Generated repositories load it.
visibility("public")

# buildifier: disable=unnamed-macro
def pip_distribution(deps):
    """Declares `:pkg`, the importable distribution.

    Args:
      deps: list of labels of the distributions that it depends on.
    """
    py_library(
        name = "pkg",
        srcs = native.glob(["site-packages/**/*.py"], allow_empty = True),
        data = native.glob(
            ["site-packages/**"],
            # Labels cannot contain spaces. The other files are not read at run time.
            exclude = ["**/*.py", "**/* *", "**/RECORD", "site-packages/bin/pip*"],
        ),
        imports = ["site-packages"],
        visibility = ["//visibility:public"],
        deps = deps,
    )
