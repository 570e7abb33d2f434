"""The rule `rust_binary`: Rust programs, linked like those of cc_binary."""

load(":compile.bzl", "COMPILE_ATTRS", "compiler_args", "compiler_attr", "run_compiler")
load(":programs.bzl", "ProgramInfo")

visibility("//tests/toolchains")

def _rust_binary_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name)
    linker = ctx.attr._gcc[ProgramInfo]
    args = compiler_args(ctx, "rust", ctx.attr._rustc, output)
    args.add("--sysroot", ctx.file.sysroot)
    args.add("--linker", linker.path)
    args.add("--linker-version", linker.version)
    args.add("--edition", ctx.attr.edition)
    args.add(ctx.file.main)
    run_compiler(
        ctx,
        arguments = args,
        inputs = ctx.files.srcs + [ctx.file.main, ctx.file.sysroot],
        output = output,
    )
    return [DefaultInfo(files = depset([output]), executable = output)]

_rust_binary = rule(
    doc = "The rule behind the macro `rust_binary`.",
    implementation = _rust_binary_impl,
    attrs = COMPILE_ATTRS | {
        "edition": attr.string(default = "2021", doc = "Edition of Rust."),
        "main": attr.label(allow_single_file = [".rs"], mandatory = True, doc = "Root of the crate, main.rs."),
        "srcs": attr.label_list(allow_files = [".rs"], doc = "Other modules of the crate."),
        "sysroot": attr.label(allow_single_file = True, mandatory = True, doc = "Tar of libraries, such as an oci_layer."),
        "_gcc": compiler_attr("gcc"),
        "_rustc": compiler_attr("rustc"),
    },
    executable = True,
)

def rust_binary(name, *, main, srcs = [], edition = "2021", sysroot = "//tests/toolchains:sysroot", **kwargs):
    """A program for amd64, from one Rust crate.

    Args:
      name: string, name of the target.
      main: label of the root of the crate.
      srcs: list of labels of its other modules.
      edition: string, edition of Rust.
      sysroot: label of a tar of libraries.
      **kwargs: attributes that all rules have, such as `tags` and `visibility`.
    """
    _rust_binary(
        name = name,
        edition = edition,
        main = main,
        srcs = srcs,
        sysroot = sysroot,
        target_compatible_with = ["@platforms//cpu:x86_64"],
        **kwargs
    )
