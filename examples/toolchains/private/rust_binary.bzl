"""Rust programs, linked like C's."""

load(":compile.bzl", "COMPILE_ATTRS", "compiler", "run_compiler")
load(":programs.bzl", "ProgramInfo")

def _rust_binary_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name)
    linker = ctx.attr._gcc[ProgramInfo]
    args = ctx.actions.args()
    args.add("--sysroot", ctx.file.sysroot)
    args.add("--linker", linker.path)
    args.add("--linker-version", linker.version)
    args.add("--edition", ctx.attr.edition)
    args.add(ctx.file.main)
    run_compiler(
        ctx,
        "rust",
        ctx.attr._rustc,
        arguments = args,
        inputs = ctx.files.srcs + [ctx.file.main, ctx.file.sysroot],
        output = output,
    )
    return [DefaultInfo(files = depset([output]), executable = output)]

_rust_binary = rule(
    doc = "The rule behind the macro `rust_binary`.",
    implementation = _rust_binary_impl,
    attrs = COMPILE_ATTRS | {
        "edition": attr.string(default = "2021", doc = "Edition of the language."),
        "main": attr.label(allow_single_file = [".rs"], mandatory = True, doc = "The crate's root, main.rs."),
        "srcs": attr.label_list(allow_files = [".rs"], doc = "Its other modules."),
        "sysroot": attr.label(allow_single_file = True, mandatory = True, doc = "As for cc_binary."),
        "_gcc": compiler("gcc"),
        "_rustc": compiler("rustc"),
    },
    executable = True,
)

def rust_binary(name, sysroot = "//examples/toolchains:sysroot", **kwargs):
    """A program of one crate, for amd64.

    Args:
      name: name of the target.
      sysroot: the libraries to link against.
      **kwargs: `main`, `srcs` and `edition`.
    """
    _rust_binary(name = name, sysroot = sysroot, target_compatible_with = ["@platforms//cpu:x86_64"], **kwargs)
