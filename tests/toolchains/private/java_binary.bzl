"""The rule `java_binary`: a Java program whose libraries are jars of their own."""

load(":compile.bzl", "COMPILE_ATTRS", "compiler_args", "compiler_attr", "run_compiler")

visibility("//tests/toolchains")

# buildifier: disable=native-java-info
def _library(jar):
    return JavaInfo(compile_jar = jar, output_jar = jar)

# buildifier: disable=native-java-info
def _java_binary_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".jar")
    args = compiler_args(ctx, "java", ctx.attr._javac, output)
    args.add("--release", ctx.attr.release)
    args.add("--main-class", ctx.attr.main_class)
    args.add_all(ctx.files.deps, before_each = "--class-path")
    args.add_all(ctx.files.srcs)
    run_compiler(
        ctx,
        arguments = args,
        inputs = ctx.files.srcs + ctx.files.deps,
        output = output,
    )
    return [
        DefaultInfo(files = depset([output])),
        JavaInfo(
            compile_jar = output,
            output_jar = output,
            runtime_deps = [_library(jar) for jar in ctx.files.deps],
        ),
    ]

java_binary = rule(
    doc = "A program as `<name>.jar`, with the attributes and the provider of rules_java's `java_binary`.",
    implementation = _java_binary_impl,
    attrs = COMPILE_ATTRS | {
        "data": attr.label_list(allow_files = True, doc = "Files that the program needs at run time."),
        "deps": attr.label_list(allow_files = [".jar"], doc = "Jars of libraries."),
        "main_class": attr.string(mandatory = True, doc = "Qualified name of the class that has `main`."),
        "release": attr.string(default = "17", doc = "Oldest version of Java that runs the program."),
        "srcs": attr.label_list(allow_files = [".java"], mandatory = True, doc = "Sources."),
        "_javac": compiler_attr("javac"),
    },
    provides = [JavaInfo],  # buildifier: disable=native-java-info
)
