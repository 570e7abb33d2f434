"""`nsswitch` and `os_release`: configuration that Debian writes when packages are installed."""

load(":file_entries.bzl", "file_entries", "file_entry")
load(":part.bzl", "GENERATED_MTIME")

visibility("//rules/...")

def _join_lines(lines):
    return "".join([line + "\n" for line in lines])

def nsswitch(name, *, databases = None, path = "/etc/nsswitch.conf", mtime = GENERATED_MTIME, **kwargs):
    """Where the C library looks up names: nsswitch.conf(5). It replaces the file of a base image.

    Args:
      name: string, name of the target.
      databases: dict from the name of a database to a list of services. By default hosts are looked up in `/etc/hosts`,
        then by DNS.
      path: string, absolute path of the file in the image.
      mtime: int, time of the file, in seconds since 1970.
      **kwargs: attributes that all rules have, such as `tags` and `visibility`.
    """
    content = _join_lines([
        "%s: %s" % (database, " ".join(services))
        for database, services in (databases or {"hosts": ["files", "dns"]}).items()
    ])
    file_entries(
        name = name,
        entries = json.encode([file_entry(path, content)]),
        mtime = mtime,
        replaces = [path],
        **kwargs
    )

def os_release(name, *, content, path = "/usr/lib/os-release", mtime = GENERATED_MTIME, **kwargs):
    """The name and version of the distribution: os-release(5).

    It replaces the file of a base image. In an image without a base, Debian's package base-files contains the file too. Leave
    it out there:

    ```
    apt.package(
        exclude = ["usr/lib/os-release"],
        name = "base-files",
        repo = "debian12",
    )
    ```

    Args:
      name: string, name of the target.
      content: dict from the name of a field to its value (string), which is written in quotes.
      path: string, absolute path of the file in the image. `/etc/os-release` of base-files is a link to the default.
      mtime: int, time of the file, in seconds since 1970.
      **kwargs: attributes that all rules have, such as `tags` and `visibility`.
    """
    for key, value in content.items():
        for character in "\"\\$`\n".elems():
            if character in value:
                fail("os_release %s: invalid value of %s: '%s' (hint: remove the character %s, which shells expand)" % (
                    name,
                    key,
                    value,
                    repr(character),
                ))
    file_entries(
        name = name,
        entries = json.encode([file_entry(path, _join_lines(['%s="%s"' % each for each in content.items()]))]),
        mtime = mtime,
        replaces = [path],
        **kwargs
    )
