"""The rule `trust_store`: certificates that the programs of an image trust."""

load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "python_tool_attr")
load(":base_image.bzl", "IMPORT_ATTRS", "base_attr")
load(":image_flags.bzl", "add_base")
load(":labels.bzl", "display_label")
load(":part.bzl", "GENERATED_MTIME", "PART_ATTRS", "make_part")

visibility("//rules/...")

def _trust_store_impl(ctx):
    if not (ctx.attr.certificates or ctx.attr.deb):
        fail("%s: `certificates` and `deb` are empty (hint: list the PEM files to trust in `certificates`)" % (
            display_label(ctx.label)
        ))
    args = ctx.actions.args()
    inputs = [depset(ctx.files.certificates + ctx.files.deb)]
    if ctx.attr.base:
        args.add("--has-base")
        inputs += add_base(ctx, args, ctx.attr.base)
    args.add_all(ctx.files.deb, before_each = "--deb")
    args.add_all(ctx.files.certificates, before_each = "--certificate")
    args.add_all(ctx.attr.java_keystores, before_each = "--java-keystore")
    if ctx.attr.hashed:
        args.add("--hashed")
    args.add("--mtime", ctx.attr.mtime)
    return make_part(
        ctx,
        ctx.attr._tool,
        arguments = args,
        inputs = depset(transitive = inputs),
        mnemonic = "TrustStore",
        progress_message = "Making trust stores for %{label}",
    )

trust_store = rule(
    doc = """Adds certificates to those that an image trusts.

```
load("@distroless//rules:oci.bzl", "oci_image")
load("@distroless//rules:rootfs.bzl", "trust_store")

trust_store(
    name = "trust",
    base = "@distroless//java:java17_amd64_debian12",
    certificates = ["company_ca.pem"],
)

oci_image(
    name = "image",
    base = "@distroless//java:java17_amd64_debian12",
    tars = [":trust"],
)
```

It writes the bundle `/etc/ssl/certs/ca-certificates.crt`, a file `/etc/ssl/certs/<hash>.<n>` for each certificate, and each
Java trust store that the image has, and replaces the image's files. The image's own certificates stay.""",
    implementation = _trust_store_impl,
    attrs = PART_ATTRS | IMPORT_ATTRS | {
        "base": base_attr("Without it, only `certificates` and the package's are trusted."),
        "certificates": attr.label_list(
            allow_files = [".crt", ".pem"],
            doc = "The certificates to add, PEM files. A certificate that the image has is not added again.",
        ),
        "deb": attr.label(
            allow_single_file = [".deb"],
            doc = """Debian's package ca-certificates, for an image without a bundle. Its certificates come before yours,
and it is registered in `/var/lib/dpkg/status.d`.""",
        ),
        "hashed": attr.bool(
            default = True,
            doc = """Whether to write each certificate to a file of its own too, where OpenSSL looks for it if a program
sets `CApath`. If the image has such files, those of the added certificates are always written.""",
        ),
        "java_keystores": attr.string_list(
            doc = """Absolute paths of Java trust stores to make if the image has none there, such as
`/etc/ssl/certs/java/cacerts`. The first is a file (JKS, password `changeit`), the others link to it. Those that the image
has are always extended.""",
        ),
        "mtime": attr.int(default = GENERATED_MTIME, doc = "Time of all files, in seconds since 1970."),
        "_tool": python_tool_attr("//tools/trust_store"),
    },
    provides = [PartsInfo],
)
