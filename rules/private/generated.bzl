"""What Debian makes at install time, and we declare: users, groups, homes, and a few files below /etc.

Each is a macro over `files_layer` or `accounts`; each target can stand in `parts` of an oci_layer and in `tars` of an oci_image.
"""

load(":accounts.bzl", "accounts")
load(":files_layer.bzl", "files_layer")

def _file(path, content, mode = "0644"):
    return {"path": path, "type": "file", "mode": mode, "uid": 0, "gid": 0, "content": content}

def _lines(lines):
    return "".join([line + "\n" for line in lines])

def passwd(name, entries, path = "/etc/passwd", **kwargs):
    """The users: passwd(5).

    Args:
      name: name of the target.
      entries: list of dicts with `username`, `uid`, `gid`, and optionally `gecos` (a string, by default the
        username), `home` (`/nonexistent`) and `shell` (`/sbin/nologin`). Each name is there once; names may share a uid.
      path: path of the file in the image.
      **kwargs: as for `files_layer`.
    """
    accounts(name = name, kind = "passwd", entries = json.encode(entries), path = path, **kwargs)

def group(name, entries, path = "/etc/group", **kwargs):
    """The groups: group(5).

    Args:
      name: name of the target.
      entries: list of dicts with `name`, `gid`, and optionally `users`, a list of user names. Each name is there once;
        names may share a gid.
      path: path of the file in the image.
      **kwargs: as for `files_layer`.
    """
    accounts(name = name, kind = "group", entries = json.encode(entries), path = path, **kwargs)

def home(name, dirs, **kwargs):
    """Home directories.

    Args:
      name: name of the target.
      dirs: list of dicts with `home`, `uid`, `gid`, and optionally `mode`, an octal string (`0700`).
      **kwargs: as for `files_layer`.
    """
    files_layer(
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
        **kwargs
    )

def tmp(name, path = "/tmp", **kwargs):
    """A directory for temporary files: writable for all, with the sticky bit.

    Args:
      name: name of the target.
      path: path of the directory in the image.
      **kwargs: as for `files_layer`.
    """
    files_layer(
        name = name,
        entries = json.encode([{"path": path, "type": "directory", "mode": "1777", "uid": 0, "gid": 0}]),
        **kwargs
    )

def os_release(name, content, path = "/usr/lib/os-release", **kwargs):
    """The distribution's identity: os-release(5).

    `/etc/os-release` is a link to `path` in Debian's base-files; leave base-files' own file out
    (`apt.package(package = "base-files", exclude = ["usr/lib/os-release"])`).

    Args:
      name: name of the target.
      content: dict of the file's fields; values are quoted here.
      path: path of the file in the image.
      **kwargs: as for `files_layer`.
    """
    for key, value in content.items():
        for character in "\"\\$`\n".elems():
            if character in value:
                fail("os_release %s: %s='%s' holds a character that a shell would expand (hint: leave it out)" % (name, key, value))
    files_layer(
        name = name,
        entries = json.encode([_file(path, _lines(['%s="%s"' % (key, value) for key, value in content.items()]))]),
        **kwargs
    )

def nsswitch(name, databases = None, path = "/etc/nsswitch.conf", **kwargs):
    """Where libc looks names up: nsswitch.conf(5).

    Args:
      name: name of the target.
      databases: dict from a database to its list of services; by default hosts from /etc/hosts, then DNS.
      path: path of the file in the image.
      **kwargs: as for `files_layer`.
    """
    databases = databases or {"hosts": ["files", "dns"]}
    files_layer(
        name = name,
        entries = json.encode([_file(path, _lines([
            "%s: %s" % (database, " ".join(services))
            for database, services in databases.items()
        ]))]),
        **kwargs
    )

def files(name, srcs, mode = "0644", uid = 0, gid = 0, **kwargs):
    """Files of a build, at their places in the image.

    Args:
      name: name of the target.
      srcs: dict from a label (one file) to its path in the image.
      mode: octal string, for all of them.
      uid: owner of all of them.
      gid: group of all of them.
      **kwargs: as for `files_layer`.
    """
    files_layer(
        name = name,
        srcs = srcs.keys(),
        entries = json.encode([
            {"path": path, "type": "file", "mode": mode, "uid": uid, "gid": gid, "source": index}
            for index, path in enumerate(srcs.values())
        ]),
        **kwargs
    )

def symlinks(name, links, **kwargs):
    """Symbolic links.

    Args:
      name: name of the target.
      links: dict from the link's path in the image to its target's text, which does not lead out of the image.
      **kwargs: as for `files_layer`.
    """
    files_layer(
        name = name,
        entries = json.encode([
            {"path": path, "type": "symlink", "mode": "0777", "uid": 0, "gid": 0, "link": link}
            for path, link in links.items()
        ]),
        **kwargs
    )
