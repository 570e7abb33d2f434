"""Files, directories and links that come from no package, as a part of a layer."""

load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "PythonToolInfo")
load(":part.bzl", "PART_ATTRS", "make_part")

# What is generated from nothing dated is dated so: fixed, and not 1970, which confuses pip and zip.
GENERATED_MTIME = 1735689600  # 2025-01-01T00:00:00Z

FILES_ATTRS = PART_ATTRS | {
    "architecture": attr.string(doc = "OCI architecture that the files are for; empty: any."),
    "mtime": attr.int(default = GENERATED_MTIME, doc = "Time of all entries, seconds since 1970."),
    "srcs": attr.label_list(allow_files = True, doc = "Files that entries name by their index, `source`."),
    "_tool": attr.label(
        default = "//tools/files",
        cfg = "exec",
        providers = [PythonToolInfo],
    ),
}

def make_files_part(ctx, entries):
    """Makes a part of entries, and returns the rule's providers.

    Args:
      ctx: the rule's context; its attributes include FILES_ATTRS.
      entries: list of dicts: path, type, mode, uid, gid, and content, source or link; see docs/formats.md.

    Returns:
      A list of DefaultInfo and PartsInfo.
    """
    spec = ctx.actions.declare_file(ctx.label.name + ".spec.json")
    ctx.actions.write(spec, json.encode({
        "architecture": ctx.attr.architecture or None,
        "entries": entries,
        "mtime": ctx.attr.mtime,
        "version": 1,
    }))
    args = ctx.actions.args()
    args.add("--spec", spec)
    args.add_all(ctx.files.srcs, before_each = "--source", expand_directories = False)
    return make_part(
        ctx,
        ctx.attr._tool,
        arguments = [args],
        inputs = [spec] + ctx.files.srcs,
        mnemonic = "FilesLayer",
        progress_message = "Making a layer part of files for %{label}",
    )

def _files_layer_impl(ctx):
    return make_files_part(ctx, json.decode(ctx.attr.entries))

files_layer = rule(
    doc = "The rule behind `files`, `home` and the like: entries as JSON, see docs/formats.md.",
    implementation = _files_layer_impl,
    attrs = FILES_ATTRS | {
        "entries": attr.string(mandatory = True, doc = "JSON list of entries: path, type, mode, uid, gid, and content, source or link."),
    },
    provides = [PartsInfo],
)
