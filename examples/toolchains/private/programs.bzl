"""What stands in the repository of the machine's compilers."""

ProgramInfo = provider(
    doc = "A program of the machine that executes.",
    fields = {
        "package": "Debian's package of it, a string.",
        "path": "Absolute path, a string; empty where there is none.",
        "version": "What it says of itself, a string.",
    },
)

def _program_impl(ctx):
    return ProgramInfo(package = ctx.attr.package, path = ctx.attr.path, version = ctx.attr.version)

_program = rule(
    implementation = _program_impl,
    attrs = {
        "package": attr.string(mandatory = True, doc = "Debian's package."),
        "path": attr.string(doc = "Absolute path."),
        "version": attr.string(doc = "What it says of itself."),
    },
    provides = [ProgramInfo],
)

# buildifier: disable=unnamed-macro
def programs(found):
    """Declares a target for each program.

    Args:
      found: dict from a name to a dict of `path`, `version` and `package`.
    """
    for name, attributes in found.items():
        _program(name = name, visibility = ["//visibility:public"], **attributes)
