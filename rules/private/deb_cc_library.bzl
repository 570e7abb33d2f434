"""The rule `deb_cc_library`: headers and libraries of Debian packages as a C library."""

load("//rules/providers:deb_file_info.bzl", "DebFileInfo")
load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")

# Macros of generated repositories load it.
visibility("//rules/...")

# buildifier: disable=native-cc-common
# buildifier: disable=native-cc-info
def _deb_cc_library_impl(ctx):
    directory = ctx.actions.declare_directory(ctx.label.name)
    script = ctx.actions.declare_file(ctx.label.name + ".ld")
    args = ctx.actions.args()
    args.add("--content", "development")
    args.add_all(ctx.files.debs, before_each = "--deb")
    for target in ctx.attr.debs:
        own = target[DebFileInfo].max_size_mib if DebFileInfo in target else 0
        max_size_mib = own or ctx.attr.max_size_mib
        for file in target[DefaultInfo].files.to_list() if max_size_mib else []:
            args.add_all("--max-size", [file, str(max_size_mib << 20)])
    args.add("--triplet", ctx.attr.triplet)
    args.add_all("--directory-out", [directory], expand_directories = False)
    args.add("--script-out", script)
    run_python_tool(
        ctx,
        ctx.attr._tool,
        arguments = args,
        inputs = ctx.files.debs,
        outputs = [directory, script],
        mnemonic = "DebCcLibrary",
        progress_message = "Unpacking headers and libraries for %{label}",
    )
    includes = ["include", "include/" + ctx.attr.triplet, "pkgconfig"]
    compilation_context = cc_common.create_compilation_context(
        headers = depset([directory]),
        system_includes = depset(["%s/%s" % (directory.path, each) for each in includes]),
    )
    libraries = directory.path + "/lib"
    linking_context = cc_common.create_linking_context(linker_inputs = depset([cc_common.create_linker_input(
        owner = ctx.label,
        additional_inputs = depset([directory, script]),
        # The base image may have what the libraries need themselves. The checks of the image find what it does not have.
        user_link_flags = ["-L" + libraries, "-Wl,-rpath-link," + libraries, "-Wl,--allow-shlib-undefined", script.path],
    )]))
    return [
        DefaultInfo(files = depset([directory])),
        CcInfo(compilation_context = compilation_context, linking_context = linking_context),
    ]

# buildifier: disable=native-cc-info
deb_cc_library = rule(
    doc = """A C library made of packages, such as libpq-dev and its dependencies: their headers, and their libraries to link against.

Headers are found as with pkg-config. Only libraries that the program uses become its dependencies. They are not in its runfiles:
the image has them. The C and C++ libraries are the toolchain's.""",
    implementation = _deb_cc_library_impl,
    attrs = {
        "debs": attr.label_list(allow_files = [".deb"], mandatory = True, doc = "The package files, for one architecture."),
        "max_size_mib": attr.int(
            doc = "The largest unpacked size of each package, in MiB, as for the rule `deb`. For a locked package, that of `apt.package` applies.",
        ),
        "triplet": attr.string(mandatory = True, doc = "GNU's name of the architecture, such as `x86_64-linux-gnu`."),
        "_tool": python_tool_attr("//tools/deb_files"),
    },
    provides = [CcInfo],
)
