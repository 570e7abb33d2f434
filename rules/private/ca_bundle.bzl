"""The rule `ca_bundle`: the certificates that Debian bundles when ca-certificates is installed."""

load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "python_tool_attr")
load(":part.bzl", "PART_ATTRS", "make_part")

visibility("//rules/...")

def _ca_bundle_impl(ctx):
    args = ctx.actions.args()
    args.add("--deb", ctx.file.deb)
    args.add_all(ctx.files.certificates, before_each = "--certificate")
    if ctx.attr.hashed:
        args.add("--hashed")
    return make_part(
        ctx,
        ctx.attr._tool,
        arguments = args,
        inputs = [ctx.file.deb] + ctx.files.certificates,
        mnemonic = "CaBundle",
        origin = ctx.attr.deb,
        progress_message = "Bundling certificates for %{label}",
    )

ca_bundle = rule(
    doc = """`/etc/ssl/certs/ca-certificates.crt` from Debian's package ca-certificates.

The package is registered in `/var/lib/dpkg/status.d`.""",
    implementation = _ca_bundle_impl,
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
        "hashed": attr.bool(
            doc = """Whether to write each certificate to a file of its own too, `/etc/ssl/certs/<hash>.<n>`, where OpenSSL
looks for it if a program sets `CApath`.""",
        ),
        "_tool": python_tool_attr("//tools/ca_bundle"),
    },
    provides = [PartsInfo],
)
