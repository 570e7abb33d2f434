"""C and C++ programs, linked against the libraries of an older release than the machine's."""

load(":compile.bzl", "COMPILE_ATTRS", "compiler", "run_compiler")

def _cc_binary_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name)
    args = ctx.actions.args()
    args.add("--sysroot", ctx.file.sysroot)
    args.add_all(ctx.files.srcs)
    args.add("--")
    args.add_all(ctx.attr.options)
    is_c = all([src.extension == "c" for src in ctx.files.srcs])
    run_compiler(
        ctx,
        "cc",
        ctx.attr._gcc if is_c else ctx.attr._gxx,
        arguments = args,
        inputs = ctx.files.srcs + [ctx.file.sysroot],
        output = output,
    )
    return [DefaultInfo(files = depset([output]), executable = output)]

_cc_binary = rule(
    doc = "The rule behind the macro `cc_binary`.",
    implementation = _cc_binary_impl,
    attrs = COMPILE_ATTRS | {
        "options": attr.string_list(doc = "Of gcc, after the sources."),
        "srcs": attr.label_list(allow_files = [".c", ".cc"], mandatory = True, doc = "Sources; gcc if all are C, else g++."),
        "sysroot": attr.label(
            allow_single_file = True,
            mandatory = True,
            doc = "A tar of Debian's libraries and headers, such as an oci_layer.",
        ),
        "_gcc": compiler("gcc"),
        "_gxx": compiler("g++"),
    },
    executable = True,
)

def cc_binary(name, sysroot = "//examples/toolchains:sysroot", **kwargs):
    """A program of C or C++ sources, for amd64.

    Args:
      name: name of the target.
      sysroot: the libraries to link against.
      **kwargs: `srcs`, and `options` of gcc.
    """
    _cc_binary(name = name, sysroot = sysroot, target_compatible_with = ["@platforms//cpu:x86_64"], **kwargs)
