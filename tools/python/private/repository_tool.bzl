"""Runs a tool of //tools in a repository rule or module extension, before there are actions."""

load(":find_interpreter.bzl", "find_interpreter")

visibility("//tools/python")

# What tools/lib/registry imports. A label of a repository that is not fetched yet fetches it.
_DISTRIBUTIONS = [
    Label("@pip_certifi//:BUILD.bazel"),
    Label("@pip_charset_normalizer//:BUILD.bazel"),
    Label("@pip_idna//:BUILD.bazel"),
    Label("@pip_requests//:BUILD.bazel"),
    Label("@pip_urllib3//:BUILD.bazel"),
]

_LAUNCHER = """\
import sys
count = int(sys.argv[1])
sys.path[:0] = sys.argv[2 : count + 2]
module = __import__(sys.argv[count + 2], fromlist=["main"])
from tools.lib.cli.errors import run
sys.exit(run(module.main, sys.argv[count + 2 :]))
"""

def run_repository_tool(ctx, module, arguments):
    """Runs `main` of a module that imports the standard library, requests, and what is in tools/lib.

    Args:
      ctx: repository_ctx or module_ctx.
      module: string, dotted name of the module.
      arguments: list of strings.

    Returns:
      struct(output: string, what it wrote to stdout; error: string, its error without `error: `, "" if it succeeded).
    """
    roots = [ctx.path(Label("//:MODULE.bazel")).dirname]
    roots += [ctx.path(label).dirname.get_child("site-packages") for label in _DISTRIBUTIONS]
    result = ctx.execute(
        [find_interpreter(ctx).path, "-I", "-S", "-B", "-X", "utf8", "-c", _LAUNCHER, str(len(roots))] +
        [str(root) for root in roots] + [module] + arguments,
    )
    if result.return_code == 0:
        return struct(output = result.stdout, error = "")
    return struct(output = "", error = result.stderr.strip().removeprefix("error: ") or "exit status %d" % result.return_code)
