"""The rule behind `home` and the like: files, directories and links of a BUILD file as a part."""

load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "python_tool_attr")
load(":part.bzl", "GENERATED_MTIME", "PART_ATTRS", "make_part")

visibility("//rules/...")

ENTRIES_ATTRS = PART_ATTRS | {
    "architecture": attr.string(doc = "OCI architecture that the files are for. Empty: any."),
    "mtime": attr.int(default = GENERATED_MTIME, doc = "Time of all entries, in seconds since 1970."),
    "srcs": attr.label_list(allow_files = True, doc = "Files and directories of the build."),
    "_tool": python_tool_attr("//tools/files"),
}

def file_entry(path, content, mode = "0644"):
    """An entry for a generated file that root owns.

    Args:
      path: string, absolute path in the image.
      content: string, the file's content.
      mode: string, octal.

    Returns:
      A dict for make_entries_part.
    """
    return {"path": path, "type": "file", "mode": mode, "uid": 0, "gid": 0, "content": content}

def make_entries_part(ctx, entries, *, sources = [], modes = [], replaces = []):
    """Makes a part of entries, and returns the rule's providers.

    Args:
      ctx: the rule's context. Its attributes include ENTRIES_ATTRS.
      entries: list of dicts: path, type, mode, uid, gid, and content, source or link. tools/files/spec.py reads them.
      sources: list of File that entries refer to by their index (`source`): files and directories.
      modes: list of pairs of a pattern and an octal mode.
      replaces: list of paths that may replace those of a layer below.

    Returns:
      A list of DefaultInfo and PartsInfo.
    """
    spec = ctx.actions.declare_file(ctx.label.name + ".spec.json")
    ctx.actions.write(spec, json.encode({
        "architecture": ctx.attr.architecture or None,
        "entries": entries,
        "modes": modes,
        "mtime": ctx.attr.mtime,
        "replaces": replaces,
        "version": 1,
    }))
    args = ctx.actions.args()
    args.add("--spec", spec)
    args.add_all(sources, before_each = "--source", expand_directories = False)
    return make_part(
        ctx,
        ctx.attr._tool,
        arguments = args,
        inputs = [spec] + sources,
        mnemonic = "FilesPart",
        progress_message = "Packing files for %{label}",
    )

def _file_entries_impl(ctx):
    return make_entries_part(
        ctx,
        json.decode(ctx.attr.entries),
        sources = ctx.files.srcs,
        replaces = ctx.attr.replaces,
    )

file_entries = rule(
    doc = "The rule behind `symlinks`, `home`, `tmp`, `nsswitch` and `os_release`.",
    implementation = _file_entries_impl,
    attrs = ENTRIES_ATTRS | {
        "entries": attr.string(mandatory = True, doc = "JSON list of objects, as for make_entries_part."),
        "replaces": attr.string_list(doc = "Paths that may replace those of a layer below."),
    },
    provides = [PartsInfo],
)
