"""The macro of the repository of the machine's compilers."""

# Generated repositories load it.
visibility("public")

ProgramInfo = provider(
    doc = "A program of the machine that executes actions.",
    fields = {
        "package": "string: the Debian package that contains it.",
        "path": "string: absolute path, empty if it was not found.",
        "version": "string: what the program prints as its version.",
    },
)

def _program_impl(ctx):
    return ProgramInfo(package = ctx.attr.package, path = ctx.attr.path, version = ctx.attr.version)

_program = rule(
    doc = "A program of the machine.",
    implementation = _program_impl,
    attrs = {
        "package": attr.string(mandatory = True, doc = "The Debian package that contains it."),
        "path": attr.string(doc = "Absolute path, empty if it was not found."),
        "version": attr.string(doc = "What the program prints as its version."),
    },
    provides = [ProgramInfo],
)

# buildifier: disable=unnamed-macro
def programs(found):
    """Declares a target for each program.

    Args:
      found: dict from the name of a target to a dict of `path`, `version` and `package`.
    """
    for name, attributes in found.items():
        _program(name = name, visibility = ["//visibility:public"], **attributes)
