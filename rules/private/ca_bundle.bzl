"""The bundle of certificates that Debian makes when ca-certificates is installed."""

load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "PythonToolInfo")
load(":part.bzl", "PART_ATTRS", "make_part")

def _ca_bundle_impl(ctx):
    args = ctx.actions.args()
    args.add("--deb", ctx.file.package)
    args.add_all(ctx.files.certificates, before_each = "--certificate")
    if ctx.attr.hashed:
        args.add("--hashed")
    return make_part(
        ctx,
        ctx.attr._tool,
        arguments = [args],
        inputs = [ctx.file.package] + ctx.files.certificates,
        mnemonic = "CaBundle",
        progress_message = "Bundling the certificates of %{input}",
    )

ca_bundle = rule(
    doc = """/etc/ssl/certs/ca-certificates.crt from Debian's ca-certificates, which it registers as a package.""",
    implementation = _ca_bundle_impl,
    attrs = PART_ATTRS | {
        "certificates": attr.label_list(
            allow_files = [".crt", ".pem"],
            doc = "Certificates of one's own, in PEM, after the package's.",
        ),
        "hashed": attr.bool(
            doc = "Also one file a certificate, `/etc/ssl/certs/<hash>.<n>`, where OpenSSL's CApath looks for it.",
        ),
        "package": attr.label(
            allow_single_file = [".deb"],
            mandatory = True,
            doc = "The package ca-certificates.",
        ),
        "_tool": attr.label(
            default = "//tools/ca_bundle",
            cfg = "exec",
            providers = [PythonToolInfo],
        ),
    },
    provides = [PartsInfo],
)
