"""`files` and `symlinks`: files of the build, and links, at given paths of an image."""

load(":file_entries.bzl", "file_entries")
load(":part.bzl", "GENERATED_MTIME")

visibility("//rules/...")

def files(name, *, srcs, mode = "0644", uid = 0, gid = 0, architecture = "", mtime = GENERATED_MTIME, **kwargs):
    """Files of the build at given paths of an image.

    ```
    files(
        name = "app",
        srcs = {":server": "/app/server"},
        architecture = "amd64",
        mode = "0755",
    )
    ```

    Args:
      name: string, name of the target.
      srcs: dict from a label (one file) to its absolute path in the image.
      mode: string, octal, the mode of all files.
      uid: int, the owner of all files.
      gid: int, the group of all files.
      architecture: string, OCI architecture that the files are for. An image for another one does not accept them.
        Empty: any.
      mtime: int, time of all files, in seconds since 1970.
      **kwargs: attributes that all rules have, such as `tags` and `visibility`.
    """
    file_entries(
        name = name,
        srcs = srcs.keys(),
        architecture = architecture,
        entries = json.encode([
            {"path": path, "type": "file", "mode": mode, "uid": uid, "gid": gid, "source": index}
            for index, path in enumerate(srcs.values())
        ]),
        mtime = mtime,
        **kwargs
    )

def symlinks(name, *, links, mtime = GENERATED_MTIME, **kwargs):
    """Symbolic links.

    ```
    symlinks(
        name = "links",
        links = {"/usr/bin/python": "python3"},
    )
    ```

    Args:
      name: string, name of the target.
      links: dict from the absolute path of a link in the image to its target (string), which must not lead out of the
        image.
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
        **kwargs
    )
