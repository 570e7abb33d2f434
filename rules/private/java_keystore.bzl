"""The trust store that Debian makes when ca-certificates-java is installed."""

load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "PythonToolInfo")
load(":part.bzl", "PART_ATTRS", "make_part")

def _java_keystore_impl(ctx):
    args = ctx.actions.args()
    args.add("--deb", ctx.file.package)
    args.add_all(ctx.files.certificates, before_each = "--certificate")
    args.add_all(ctx.attr.paths, before_each = "--path")
    return make_part(
        ctx,
        ctx.attr._tool,
        arguments = [args],
        inputs = [ctx.file.package] + ctx.files.certificates,
        mnemonic = "JavaKeystore",
        progress_message = "Making a Java trust store of %{input}",
    )

java_keystore = rule(
    doc = """Java's trust store (JKS, password `changeit`) from Debian's ca-certificates.

It does not register ca-certificates as a package: `ca_bundle`, which the image needs anyway, does.""",
    implementation = _java_keystore_impl,
    attrs = PART_ATTRS | {
        "certificates": attr.label_list(
            allow_files = [".crt", ".pem"],
            doc = "Certificates of one's own, in PEM, after the package's.",
        ),
        "package": attr.label(
            allow_single_file = [".deb"],
            mandatory = True,
            doc = "The package ca-certificates.",
        ),
        "paths": attr.string_list(
            allow_empty = False,
            default = ["/etc/ssl/certs/java/cacerts"],
            doc = """Where Java looks for it: Debian's by default, Temurin's packages also at
`/etc/ssl/certs/adoptium/cacerts`. The file is at the first, the others are links to it.""",
        ),
        "_tool": attr.label(
            default = "//tools/java_keystore",
            cfg = "exec",
            providers = [PythonToolInfo],
        ),
    },
    provides = [PartsInfo],
)
