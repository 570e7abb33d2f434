"""`user`: a user with a group and a home directory."""

load(":accounts.bzl", "group", "passwd")
load(":directories.bzl", "home")
load(":package_set.bzl", "package_set")

visibility("//rules/...")

def user(name, *, uid, base = None, gid = None, username = None, directory = None, **kwargs):
    """A user of its own group, with a home directory that only it can enter: `passwd`, `group` and `home` in one.

    ```
    load("@distroless//rules:oci.bzl", "oci_image")
    load("@distroless//rules:rootfs.bzl", "user")

    user(
        name = "app",
        base = "@distroless//base:base_debian12",
        uid = 1000,
    )

    oci_image(
        name = "image",
        base = "@distroless//base:base_debian12",
        tars = [":app"],
        user = "app",
        workdir = "/home/app",
    )
    ```

    It declares the targets `<name>_passwd`, `<name>_group` and `<name>_home`, and `<name>` with all three.

    Args:
      name: string, name of the target.
      uid: int, ID of the user.
      base: label of the image underneath, as for `passwd`. Its users and groups stay.
      gid: int, ID of the group, by default `uid`.
      username: string, name of the user and of the group, by default `name`.
      directory: string, absolute path of the home directory in the image, by default `/home/<username>`.
      **kwargs: attributes that all rules have, such as `tags` and `visibility`.
    """
    username = username or name
    gid = uid if gid == None else gid
    directory = directory or "/home/" + username
    passwd(
        name = name + "_passwd",
        base = base,
        entries = [dict(username = username, uid = uid, gid = gid, home = directory)],
        **kwargs
    )
    group(name = name + "_group", base = base, entries = [dict(name = username, gid = gid)], **kwargs)
    home(name = name + "_home", dirs = [dict(home = directory, uid = uid, gid = gid)], **kwargs)
    package_set(
        name = name,
        parts = [name + suffix for suffix in ["_passwd", "_group", "_home"]],
        **kwargs
    )
