"""The rule `cc_binary`: C and C++ programs, linked against libraries of an older release than the machine's."""

load(":compile.bzl", "COMPILE_ATTRS", "compiler_args", "compiler_attr", "run_compiler")

visibility("//tests/toolchains")

def _cc_binary_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name)
    is_c = all([src.extension == "c" for src in ctx.files.srcs])
    args = compiler_args(ctx, "cc", ctx.attr._gcc if is_c else ctx.attr._gxx, output)
    args.add("--sysroot", ctx.file.sysroot)
    args.add_all(ctx.files.srcs)
    args.add("--")
    args.add_all(ctx.attr.options)
    run_compiler(
        ctx,
        arguments = args,
        inputs = ctx.files.srcs + [ctx.file.sysroot],
        output = output,
    )
    return [DefaultInfo(files = depset([output]), executable = output)]

_cc_binary = rule(
    doc = "The rule behind the macro `cc_binary`.",
    implementation = _cc_binary_impl,
    attrs = COMPILE_ATTRS | {
        "options": attr.string_list(doc = "Options of gcc that follow the sources."),
        "srcs": attr.label_list(
            allow_files = [".c", ".cc"],
            mandatory = True,
            doc = "Sources. They are compiled with gcc if all are C, else with g++.",
        ),
        "sysroot": attr.label(
            allow_single_file = True,
            mandatory = True,
            doc = "Tar of libraries and headers, such as an oci_layer.",
        ),
        "_gcc": compiler_attr("gcc"),
        "_gxx": compiler_attr("g++"),
    },
    executable = True,
)

def cc_binary(name, *, srcs, options = [], sysroot = "//tests/toolchains:sysroot", **kwargs):
    """A program for amd64, from C or C++.

    Args:
      name: string, name of the target.
      srcs: list of labels of sources.
      options: list of strings, options of gcc that follow the sources.
      sysroot: label of a tar of libraries and headers.
      **kwargs: attributes that all rules have, such as `tags` and `visibility`.
    """
    _cc_binary(
        name = name,
        options = options,
        srcs = srcs,
        sysroot = sysroot,
        target_compatible_with = ["@platforms//cpu:x86_64"],
        **kwargs
    )
