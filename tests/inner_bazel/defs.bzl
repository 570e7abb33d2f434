"""Tests that run a Bazel of their own."""

load("//tools/python:defs.bzl", "pytest_test")

def inner_bazel_test(name, srcs, data, deps = [], **kwargs):
    """A pytest_test that may use `tests.inner_bazel.inner_bazel`.

    The Bazel within it fetches with the user's settings, and has a sandbox of its own.

    Args:
      name: name of the target.
      srcs: test modules.
      data: what the test depends on: what the inner Bazel builds is to be built before, so that all is fetched.
      deps: what the test imports.
      **kwargs: as for pytest_test.
    """
    pytest_test(
        name = name,
        srcs = srcs,
        data = data + ["//:MODULE.bazel", "//:bazelw", "//rules:starlark"],
        env_inherit = [
            "DISTROLESS_BAZEL",
            "DISTROLESS_MIRROR",
            "DISTROLESS_PYTHON",
            "HOME",
            "JAVA_HOME",
            "PATH",
            "PIP_CERT",
            "PIP_CONFIG_FILE",
            "PIP_EXTRA_INDEX_URL",
            "PIP_FIND_LINKS",
            "PIP_INDEX_URL",
            "SSL_CERT_FILE",
            "XDG_CACHE_HOME",
            "http_proxy",
            "https_proxy",
            "no_proxy",
        ],
        tags = [
            "exclusive",
            "local",
            "no-remote",
            "requires-network",
        ],
        deps = deps + ["//tests/inner_bazel"],
        **kwargs
    )
