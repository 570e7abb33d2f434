"""Runfiles as layers."""

load("//rules/providers:layer_info.bzl", "LayerInfo")
load("//tools/python:tool.bzl", "run_python_tool")
load(":compression.bzl", "COMPRESSION_SUFFIX", "compression")
load(":labels.bzl", "display_label")
load(":part.bzl", "GENERATED_MTIME")

visibility("//rules/...")

RUNFILES_ATTRS = {
    "mtime": attr.int(default = GENERATED_MTIME, doc = "Time of all files, in seconds since 1970."),
}

def runfiles_path(short_path, workspace):
    """The path of a file below the root of the runfiles.

    Args:
      short_path: string, its `short_path`, which begins with `../` if it is from another repository.
      workspace: string, directory of the main repository's runfiles.
    """
    return short_path.removeprefix("../") if short_path.startswith("../") else workspace + "/" + short_path

def runfiles_entries(runfiles, root, workspace, excluded, mapping):
    """Sorts runfiles into those of the main repository and those of others.

    Args:
      runfiles: runfiles, or None.
      root: string, absolute path of the runfiles in the image.
      workspace: string, directory of the main repository's runfiles.
      excluded: list of File to leave out.
      mapping: File, the manifest that maps names of repositories, or None.

    Returns:
      struct(main, external: lists of (path, File), where a directory stands for its files; empty: list of paths).
    """
    if not runfiles:
        return struct(empty = [], external = [], main = [])
    left_out = {file: True for file in excluded}
    main = []
    external = []
    for file in runfiles.files.to_list():
        if file not in left_out:
            is_external = file.short_path.startswith("../")
            path = "%s/%s" % (root, runfiles_path(file.short_path, workspace))
            (external if is_external else main).append((path, file))
    for link in runfiles.symlinks.to_list():
        main.append(("%s/%s/%s" % (root, workspace, link.path), link.target_file))
    for link in runfiles.root_symlinks.to_list():
        main.append(("%s/%s" % (root, link.path), link.target_file))
    if mapping and (main or external):
        main.append((root + "/_repo_mapping", mapping))
    return struct(
        empty = [
            "%s/%s" % (root, runfiles_path(path, workspace))
            for path in runfiles.empty_filenames.to_list()
        ],
        external = external,
        main = main,
    )

def _add_entry(args, path, file):
    """Adds `--file PATH SOURCE`, for a directory once for each of its files."""
    if not file.is_directory:
        args.add("--file")
        args.add(path)
        args.add(file)
        return

    # buildifier: disable=uninitialized
    def expand(child):
        return ["--file", path + "/" + child.tree_relative_path, child.path]

    args.add_all([file], map_each = expand, allow_closure = True, expand_directories = True)

def runfiles_layer(ctx, name, entries, files, empty, progress_message):
    """Makes a layer of files.

    Args:
      ctx: the rule's context. Its attributes include PART_ATTRS, RUNFILES_ATTRS and `_runfiles`.
      name: string, tells the layers of the rule apart.
      entries: list of (path, File), the runfiles.
      files: list of (path, File) of the files that are started.
      empty: list of paths of empty files.
      progress_message: string, the action's progress message.

    Returns:
      A LayerInfo.
    """
    prefix = "%s.%s" % (ctx.label.name, name)
    kind = compression(ctx)
    blob = ctx.actions.declare_file("%s.tar.%s" % (prefix, COMPRESSION_SUFFIX[kind]))
    metadata = ctx.actions.declare_file(prefix + ".layer.json")
    part = ctx.actions.declare_file(prefix + ".part.json")
    inventory = ctx.actions.declare_file(prefix + ".inventory.json")
    outline = ctx.actions.declare_file(prefix + ".outline.json")
    args = ctx.actions.args()
    args.add("--blob-out", blob)
    args.add("--part-out", part)
    args.add("--inventory-out", inventory)
    args.add("--outline-out", outline)
    args.add("--layer-out", metadata)
    args.add("--label", display_label(ctx.label))
    args.add("--compression", kind)
    args.add("--mtime", ctx.attr.mtime)
    for path, file in entries + files:
        _add_entry(args, path, file)
    args.add_all([path for path, _ in files if not path.endswith(".jar")], before_each = "--executable")
    args.add_all(empty, before_each = "--empty")
    run_python_tool(
        ctx,
        ctx.attr._runfiles,
        arguments = args,
        inputs = [file for _, file in entries + files],
        outputs = [blob, metadata, part, inventory, outline],
        mnemonic = "RunfilesLayer",
        progress_message = progress_message,
    )
    return LayerInfo(
        blob = blob,
        inventories = depset([inventory]),
        metadata = metadata,
        outlines = depset([outline]),
        parts = depset([part]),
    )
