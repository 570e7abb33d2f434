"""A JRE as Temurin's packages are, as Adoptium's site is not needed for a test."""

load("//tools/python:tool.bzl", "PythonToolInfo", "run_python_tool")

def temurins_version(debian):
    """Temurin's version of what has one in Debian: `21.0.13.0.0+9-0` of `21.0.13+9-1~deb13u2`.

    Args:
      debian: version of Debian's openjdk packages.

    Returns:
      A string.
    """
    numbers, build = debian.split("-")[0].split("+")
    return "%s+%s-0" % (".".join((numbers.split(".") + ["0"] * 5)[:5]), build)

def _made_jre_impl(ctx):
    deb = ctx.actions.declare_file(ctx.label.name + ".deb")
    args = ctx.actions.args()
    args.add("--deb", ctx.file.deb)
    args.add("--java", ctx.attr.java)
    args.add("--version", ctx.attr.version)
    args.add("--architecture", ctx.attr.architecture)
    args.add("--output", deb)
    run_python_tool(
        ctx,
        ctx.attr._tool,
        arguments = [args],
        inputs = [ctx.file.deb],
        outputs = [deb],
        mnemonic = "MadeTemurin",
        progress_message = "Making a package for %{label}",
    )
    return [DefaultInfo(files = depset([deb]))]

made_jre = rule(
    doc = "A package of the shape that Adoptium's have.",
    implementation = _made_jre_impl,
    attrs = {
        "architecture": attr.string(mandatory = True, doc = "Debian's name."),
        "deb": attr.label(allow_single_file = [".deb"], mandatory = True, doc = "Debian's openjdk-*-jre-headless."),
        "java": attr.string(mandatory = True, doc = "Java's version, such as `21`."),
        "version": attr.string(mandatory = True, doc = "The package's version."),
        "_tool": attr.label(default = ":repack", cfg = "exec", providers = [PythonToolInfo]),
    },
)
