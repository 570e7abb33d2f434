"""`home` and `tmp`: directories that programs write to."""

load(":file_entries.bzl", "file_entries")
load(":part.bzl", "GENERATED_MTIME")

visibility("//rules/...")

def home(name, *, dirs, mtime = GENERATED_MTIME, **kwargs):
    """Home directories.

    ```
    load("@distroless//rules:rootfs.bzl", "home")

    home(
        name = "home",
        dirs = [dict(home = "/home/app", uid = 1000, gid = 1000)],
    )
    ```

    Args:
      name: string, name of the target.
      dirs: list of dicts with `home` (string, absolute path in the image), `uid` (int), `gid` (int), and optionally
        `mode` (string, octal, by default `0700`).
      mtime: int, time of the directories, in seconds since 1970.
      **kwargs: attributes that all rules have, such as `tags` and `visibility`.
    """
    file_entries(
        name = name,
        entries = json.encode([
            {
                "path": entry["home"],
                "type": "directory",
                "mode": entry.get("mode", "0700"),
                "uid": entry["uid"],
                "gid": entry["gid"],
            }
            for entry in dirs
        ]),
        mtime = mtime,
        **kwargs
    )

def tmp(name, *, path = "/tmp", mtime = GENERATED_MTIME, **kwargs):
    """A directory for temporary files, writable for everyone, with the sticky bit.

    Args:
      name: string, name of the target.
      path: string, absolute path of the directory in the image.
      mtime: int, time of the directory, in seconds since 1970.
      **kwargs: attributes that all rules have, such as `tags` and `visibility`.
    """
    file_entries(
        name = name,
        entries = json.encode([{"path": path, "type": "directory", "mode": "1777", "uid": 0, "gid": 0}]),
        mtime = mtime,
        **kwargs
    )
