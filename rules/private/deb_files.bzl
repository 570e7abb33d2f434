"""The rule `deb_files`: the files of a Debian package as a directory."""

load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")

visibility("//rules/...")

def _deb_files_impl(ctx):
    directory = ctx.actions.declare_directory(ctx.label.name)
    args = ctx.actions.args()
    args.add("--deb", ctx.file.deb)
    args.add("--content", ctx.attr.content)
    args.add_all("--directory-out", [directory], expand_directories = False)
    if ctx.attr.max_size_mib:
        args.add_all("--max-size", [ctx.file.deb, str(ctx.attr.max_size_mib << 20)])
    run_python_tool(
        ctx,
        ctx.attr._tool,
        arguments = args,
        inputs = [ctx.file.deb],
        outputs = [directory],
        mnemonic = "DebFiles",
        progress_message = "Unpacking package %{label}",
    )
    return [DefaultInfo(files = depset([directory]), runfiles = ctx.runfiles([directory]))]

deb_files = rule(
    doc = """The files of a .deb as a directory, for other rules to read. Nothing of the package is run.

Files are as in the package, without owner, setuid bits and times. Symlinks whose targets the package does not have, devices and
named pipes are left out.""",
    implementation = _deb_files_impl,
    attrs = {
        "content": attr.string(
            default = "data",
            values = ["control", "data"],
            doc = "`data`: what the package installs. `control`: its control files, maintainer scripts included.",
        ),
        "deb": attr.label(allow_single_file = [".deb"], mandatory = True, doc = "The package file."),
        "max_size_mib": attr.int(doc = "The largest unpacked size of the package, in MiB, as for the rule `deb`."),
        "_tool": python_tool_attr("//tools/deb_files"),
    },
)
