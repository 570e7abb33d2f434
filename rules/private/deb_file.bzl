"""The rule `deb_file`: the package file of a locked package."""

load("//rules/providers:deb_file_info.bzl", "DebFileInfo")
load("//rules/providers:origin_info.bzl", "OriginInfo")

visibility(["//rules/...", "//tests/rules/..."])

def _source(ctx):
    """The source package, whose directory of the archive has the file: `.../pool/main/g/glibc/libc6_2.36-9_amd64.deb`."""
    folders = ctx.attr.url.split("/")[:-1]
    return folders[-1] if "pool" in folders else ctx.file.deb.basename.split("_")[0]

def _deb_file_impl(ctx):
    return [
        # `bazel run` and runfiles treat it as they would the file itself.
        DefaultInfo(files = depset([ctx.file.deb]), runfiles = ctx.runfiles([ctx.file.deb])),
        DebFileInfo(max_size_mib = ctx.attr.max_size_mib, size = ctx.attr.size, source = _source(ctx)),
        OriginInfo(cpe = "", purl = "", sha256 = ctx.attr.sha256, url = ctx.attr.url),
    ]

deb_file = rule(
    doc = "A package file, what was downloaded, and how large it may be unpacked.",
    implementation = _deb_file_impl,
    attrs = {
        "deb": attr.label(allow_single_file = True, mandatory = True, doc = "The package file."),
        "max_size_mib": attr.int(doc = "The largest unpacked size of the package, in MiB, as for the rule `deb`."),
        "size": attr.int(doc = "Bytes of the file, 0 if the lock does not say."),
        "sha256": attr.string(doc = "Hash of the download, in hex."),
        "url": attr.string(doc = "URL in the lock, not that of a mirror."),
    },
    provides = [DebFileInfo, OriginInfo],
)
