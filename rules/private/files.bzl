"""`files` and `symlinks`: files and directories of the build, and links, at given paths of an image."""

load("//rules/providers:parts_info.bzl", "PartsInfo")
load(":file_entries.bzl", "ENTRIES_ATTRS", "file_entries", "make_entries_part")
load(":labels.bzl", "display_label")
load(":part.bzl", "GENERATED_MTIME")

visibility("//rules/...")

def _join(directory, path):
    return directory.rstrip("/") + "/" + path.lstrip("/") if path else directory

def _package_path(file):
    """The path of a file below the package that it belongs to."""
    path = file.short_path
    if path.startswith("../"):
        path = path.split("/", 2)[2]
    package = file.owner.package
    return path.removeprefix(package + "/") if package else path

def _strip(ctx, file):
    """The path of a file below its package, without `strip_prefix`."""
    path = _package_path(file)
    prefix = ctx.attr.strip_prefix.strip("/")
    if not prefix:
        return path
    if path == prefix and file.is_directory:
        return ""
    if not path.startswith(prefix + "/"):
        fail("%s: %s is not below `strip_prefix` '%s' (hint: correct it, or list the file in a `files` target of its own)" % (
            display_label(ctx.label),
            path,
            ctx.attr.strip_prefix,
        ))
    return path.removeprefix(prefix + "/")

def _places(ctx):
    """Pairs of a File and its path in the image."""
    if not ctx.attr.paths:
        return [(file, _join(ctx.attr.package_dir, _strip(ctx, file))) for file in ctx.files.srcs]
    places = []
    for path, indexes in ctx.attr.paths.items():
        for index in indexes:
            found = ctx.attr.srcs[int(index)][DefaultInfo].files.to_list()
            if len(found) > 1:
                places += [(file, _join(path, _strip(ctx, file))) for file in found]
            elif found:
                name = found[0].basename if path.endswith("/") and not found[0].is_directory else ""
                places.append((found[0], path + name))
    return places

def _place_entry(ctx, index, file, path):
    entry = {
        "gid": ctx.attr.gid,
        "mode": ctx.attr.mode or None,
        "path": path,
        "source": index,
        "type": "file",
        "uid": ctx.attr.uid,
    }
    if file.is_directory:
        entry["type"] = "tree"
    return entry

def _files_impl(ctx):
    places = _places(ctx)
    entries = [_place_entry(ctx, i, file, path) for i, (file, path) in enumerate(places)]
    entries += [
        {"path": path, "type": "directory", "mode": mode, "uid": ctx.attr.uid, "gid": ctx.attr.gid}
        for path, mode in ctx.attr.directories.items()
    ]
    modes = [
        [_join(ctx.attr.package_dir, pattern).lstrip("/"), mode]
        for pattern, mode in ctx.attr.modes.items()
    ]
    return make_entries_part(
        ctx,
        entries,
        sources = [file for file, _ in places],
        modes = modes,
        replaces = ctx.attr.replaces,
    )

_files = rule(
    doc = "The rule behind `files`.",
    implementation = _files_impl,
    attrs = ENTRIES_ATTRS | {
        "directories": attr.string_dict(doc = "Modes of directories by their absolute paths in the image."),
        "gid": attr.int(doc = "Numeric group of all files."),
        "mode": attr.string(doc = "Octal mode of all files. Empty: by content."),
        "modes": attr.string_dict(doc = "Octal modes by pattern."),
        "package_dir": attr.string(default = "/", doc = "Absolute path of a directory in the image."),
        "paths": attr.string_list_dict(
            doc = "For each path in the image, the indexes in `srcs` of the files to put there. If empty, all go to `package_dir`.",
        ),
        "replaces": attr.string_list(doc = "Paths that may replace those of a layer below."),
        "strip_prefix": attr.string(doc = "Directory to remove from paths below `package_dir`."),
        "uid": attr.int(doc = "Numeric owner of all files."),
    },
    provides = [PartsInfo],
)

def _split_srcs(name, srcs):
    """The attributes `srcs` and `paths` of the rule. A label may have several paths."""
    if type(srcs) != "dict":
        return [], {}
    labels = {}
    paths = {}
    for path, label in srcs.items():
        if not path.startswith("/"):
            fail("%s: `srcs` has '%s', which is not an absolute path (hint: write {\"/path/in/the/image\": \"label\"})" % (name, path))
        several = type(label) == "list"
        paths[path.rstrip("/") + "/" if several else path] = [
            str(labels.setdefault(native.package_relative_label(each), len(labels)))
            for each in (label if several else [label])
        ]
    return labels.keys(), paths

def files(
        name,
        *,
        srcs = [],
        package_dir = "/",
        strip_prefix = "",
        mode = "",
        modes = {},
        uid = 0,
        gid = 0,
        directories = {},
        replaces = [],
        architecture = "",
        mtime = GENERATED_MTIME,
        **kwargs):
    """Files and directories of the build in an image.

    ```
    load("@distroless//rules:rootfs.bzl", "files")

    files(
        name = "app",
        srcs = {
            "/app/server": ":server",
            "/app/assets": ":assets",
        },
        architecture = "amd64",
    )

    files(
        name = "site",
        srcs = glob(["site/**"]),
        package_dir = "/srv/www",
        strip_prefix = "site",
        modes = {"cgi-bin/*": "0755"},
        directories = {"/var/cache/www": "0750"},
        uid = 65532,
        gid = 65532,
    )
    ```

    Args:
      name: string, name of the target.
      srcs: dict from an absolute path in the image to a label or to a list of labels; or a list of labels, such as a `glob`.
        In a dict, one file goes to the path, or into it if the path ends with a slash; a directory becomes the directory at the
        path; several files, and a list of labels, go below the path. In a list, files go below `package_dir`, with the path that they
        have below their package, without `strip_prefix`.
      package_dir: string, absolute path of a directory in the image.
      strip_prefix: string, a directory that all files of a list are in, which is left out of their paths.
      mode: string, octal, the mode of all files. By default programs, which are ELF executables and files that begin with
        `#!`, have 0755, and other files 0644. Bazel does not keep the execute bits of files.
      modes: dict from a pattern to the octal mode (string) of the files that it matches. A pattern is a path below
        `package_dir`; `*` and `?` match within a name, `**` matches directories, and a pattern applies to everything below
        what it matches. The last pattern that matches counts. A pattern without a match is an error.
      uid: int, the owner of all files and of `directories`.
      gid: int, the group of all files and of `directories`.
      directories: dict from the absolute path of a directory in the image, which may be empty, to its octal mode (string).
        Other directories have mode 0755 and belong to root.
      replaces: list of absolute paths in the image. These files replace those of the base image, which would otherwise be
        an error.
      architecture: string, OCI architecture that the files are for. An image for another one does not accept them.
        Empty: any.
      mtime: int, time of all files, in seconds since 1970.
      **kwargs: attributes that all rules have, such as `tags` and `visibility`.
    """
    labels, paths = _split_srcs(name, srcs)
    _files(
        name = name,
        architecture = architecture,
        directories = directories,
        gid = gid,
        mode = mode,
        modes = modes,
        mtime = mtime,
        package_dir = package_dir,
        paths = paths,
        replaces = replaces,
        srcs = labels or srcs,
        strip_prefix = strip_prefix,
        uid = uid,
        **kwargs
    )

def symlinks(name, *, links, replaces = [], mtime = GENERATED_MTIME, **kwargs):
    """Symbolic links.

    ```
    load("@distroless//rules:rootfs.bzl", "symlinks")

    symlinks(
        name = "links",
        links = {"/usr/bin/python": "python3"},
    )
    ```

    Args:
      name: string, name of the target.
      links: dict from the absolute path of a link in the image to its target (string), which must not lead out of the
        image.
      replaces: list of strings, paths of links that replace files and links of the base image, which would otherwise be an
        error.
      mtime: int, time of all links, in seconds since 1970.
      **kwargs: attributes that all rules have, such as `tags` and `visibility`.
    """
    file_entries(
        name = name,
        entries = json.encode([
            {"path": path, "type": "symlink", "mode": "0777", "uid": 0, "gid": 0, "link": link}
            for path, link in links.items()
        ]),
        mtime = mtime,
        replaces = replaces,
        **kwargs
    )
