"""A downloaded file that knows where it comes from, and what parts record of that."""

load("//rules/providers:origin_info.bzl", "OriginInfo")

# Generated repositories load it.
visibility("public")

def _downloaded_file_impl(ctx):
    file = ctx.file.src
    return [
        # `bazel run` and runfiles treat it as they would the file itself.
        DefaultInfo(files = depset([file]), runfiles = ctx.runfiles([file])),
        OriginInfo(cpe = ctx.attr.cpe, purl = ctx.attr.purl, sha256 = ctx.attr.sha256, url = ctx.attr.url),
    ]

downloaded_file = rule(
    doc = "A file of a repository, and what was downloaded. Parts that are made of it record that for SBOMs and provenance.",
    implementation = _downloaded_file_impl,
    attrs = {
        "cpe": attr.string(doc = "CPE 2.3 name of the software."),
        "purl": attr.string(doc = "Package URL of the software."),
        "sha256": attr.string(doc = "Hash of the download, in hex, or empty if only another hash is known."),
        "src": attr.label(allow_single_file = True, mandatory = True, doc = "The file."),
        "url": attr.string(doc = "URL in the lock, not that of a mirror."),
    },
    provides = [OriginInfo],
)

def add_origin(args, target):
    """Adds the flags of tools/lib/part/output.py for what a target's file was downloaded as, if that is known.

    Args:
      args: Args.
      target: Target, which may have OriginInfo, or None.
    """
    if not target or OriginInfo not in target:
        return
    origin = target[OriginInfo]
    for flag, value in [("url", origin.url), ("sha256", origin.sha256), ("purl", origin.purl), ("cpe", origin.cpe)]:
        if value:
            args.add("--origin-" + flag, value)
