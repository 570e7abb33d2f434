"""The rule `java_keystore`: the trust store that Debian writes when ca-certificates-java is installed."""

load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "python_tool_attr")
load(":part.bzl", "PART_ATTRS", "make_part")

visibility("//rules/...")

def _java_keystore_impl(ctx):
    args = ctx.actions.args()
    args.add("--deb", ctx.file.deb)
    args.add_all(ctx.files.certificates, before_each = "--certificate")
    args.add_all(ctx.attr.paths, before_each = "--path")
    return make_part(
        ctx,
        ctx.attr._tool,
        arguments = args,
        inputs = [ctx.file.deb] + ctx.files.certificates,
        mnemonic = "JavaKeystore",
        origin = ctx.attr.deb,
        progress_message = "Making a Java trust store for %{label}",
    )

java_keystore = rule(
    doc = """Java's trust store (JKS, password `changeit`) from Debian's package ca-certificates.

It does not register the package in `/var/lib/dpkg/status.d`; `ca_bundle`, which the image needs too, does.""",
    implementation = _java_keystore_impl,
    attrs = PART_ATTRS | {
        "certificates": attr.label_list(
            allow_files = [".crt", ".pem"],
            doc = "Your own certificates, PEM files. They follow the package's.",
        ),
        "deb": attr.label(
            allow_single_file = [".deb"],
            mandatory = True,
            doc = "The package ca-certificates.",
        ),
        "paths": attr.string_list(
            allow_empty = False,
            default = ["/etc/ssl/certs/java/cacerts"],
            doc = """Absolute paths in the image. The first is the trust store, the others are links to it. Debian's Java
reads the default; Temurin's packages read `/etc/ssl/certs/adoptium/cacerts`.""",
        ),
        "_tool": python_tool_attr("//tools/java_keystore"),
    },
    provides = [PartsInfo],
)
