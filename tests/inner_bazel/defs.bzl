"""Tests that run a Bazel of their own."""

load("//tools/python:defs.bzl", "pytest_test")

visibility("//tests/...")

def inner_bazel_test(name, srcs, data, deps = [], timeout = "long", **kwargs):
    """A pytest_test that may use `tests.inner_bazel.inner_bazel`.

    The inner Bazel downloads with the user's settings, and runs actions in sandboxes of its own.

    Args:
      name: string, name of the target.
      srcs: list of labels of test modules.
      data: list of labels that the test depends on. Name what the inner Bazel builds, so that everything is downloaded
        before.
      deps: list of labels of libraries that the test imports.
      timeout: string, as for all tests; a busy machine needs the default.
      **kwargs: further attributes of pytest_test.
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
            "NPM_CONFIG_REGISTRY",
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
            "npm_config_registry",
        ],
        tags = [
            "exclusive",
            "local",
            "no-remote",
            "requires-network",
        ],
        timeout = timeout,
        deps = deps + ["//tests/inner_bazel"],
        **kwargs
    )
