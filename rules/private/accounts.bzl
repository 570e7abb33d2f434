"""`passwd` and `group`: /etc/passwd and /etc/group, and the rule that checks and writes them."""

load("//rules/providers:parts_info.bzl", "PartsInfo")
load(":file_entries.bzl", "ENTRIES_ATTRS", "file_entry", "make_entries_part")
load(":labels.bzl", "display_label")
load(":part.bzl", "GENERATED_MTIME")

visibility("//rules/...")

_MAX_ID = 4294967294  # The kernel uses the next one, -1, for "unchanged".
_KEYS = {
    "group": ["name", "gid", "users"],
    "passwd": ["username", "uid", "gid", "gecos", "home", "shell"],
}

def _check_name(value, where):
    """A name that useradd(8) accepts: programs do not mistake it for a number, a flag or two fields."""
    valid = type(value) == "string" and value and value[0] not in "-+~" and not value.isdigit()
    if not valid or [each for each in value.elems() if each <= " " or each in ":,/\177"]:
        fail(("%s: invalid name %s (hint: a name must not be empty, a number, begin with -, + or ~, or contain white " +
              "space, a colon, a comma or a slash)") % (where, repr(value)))
    return value

def _check_id(value, where):
    if type(value) != "int" or value < 0 or value > _MAX_ID:
        fail("%s: invalid id %s (hint: an id is an integer from 0 to %d, without quotes)" % (where, repr(value), _MAX_ID))
    return str(value)

def _check_text(value, where):
    if type(value) != "string" or ":" in value or "\n" in value:
        fail("%s: invalid text %s (hint: it must be a string without colons and newlines, which separate the fields)" % (
            where,
            repr(value),
        ))
    return value

def _passwd_fields(entry, name, where):
    return [
        name,
        "x",
        _check_id(entry.get("uid"), where + ".uid"),
        _check_id(entry.get("gid"), where + ".gid"),
        _check_text(entry.get("gecos", name), where + ".gecos"),
        _check_text(entry.get("home", "/nonexistent"), where + ".home"),
        _check_text(entry.get("shell", "/sbin/nologin"), where + ".shell"),
    ]

def _group_fields(entry, name, where):
    users = entry.get("users", [])
    if type(users) != "list":
        fail("%s.users: invalid list %s (hint: it must be a list of user names)" % (where, repr(users)))
    return [
        name,
        "x",
        _check_id(entry.get("gid"), where + ".gid"),
        ",".join([_check_name(user, "%s.users[%d]" % (where, i)) for i, user in enumerate(users)]),
    ]

def _accounts_impl(ctx):
    keys = _KEYS[ctx.attr.kind]
    fields = _passwd_fields if ctx.attr.kind == "passwd" else _group_fields
    lines = {}
    for i, entry in enumerate(json.decode(ctx.attr.entries)):
        where = "%s: entries[%d]" % (display_label(ctx.label), i)
        for key in entry:
            if key not in keys:
                fail("%s: unknown field '%s' (hint: must be one of %s)" % (where, key, ", ".join(keys)))
        name = _check_name(entry.get(keys[0]), "%s.%s" % (where, keys[0]))
        if name in lines:
            fail("%s.%s: duplicate entry '%s' (hint: programs read only the first; remove one)" % (where, keys[0], name))
        lines[name] = ":".join(fields(entry, name, where)) + "\n"
    return make_entries_part(ctx, [file_entry(ctx.attr.path, "".join(lines.values()))])

accounts = rule(
    doc = "The rule behind `passwd` and `group`.",
    implementation = _accounts_impl,
    attrs = ENTRIES_ATTRS | {
        "entries": attr.string(mandatory = True, doc = "JSON list of objects with the fields that the macros describe."),
        "kind": attr.string(mandatory = True, values = _KEYS.keys(), doc = "Which file it is: `passwd` or `group`."),
        "path": attr.string(mandatory = True, doc = "Absolute path of the file in the image."),
    },
    provides = [PartsInfo],
)

def passwd(name, *, entries, path = "/etc/passwd", mtime = GENERATED_MTIME, **kwargs):
    """Users: passwd(5).

    ```
    passwd(
        name = "passwd",
        entries = [
            dict(username = "root", uid = 0, gid = 0, home = "/root"),
            dict(username = "app", uid = 1000, gid = 1000, home = "/home/app"),
        ],
    )
    ```

    Args:
      name: string, name of the target.
      entries: list of dicts with `username` (string), `uid` (int), `gid` (int), and optionally `gecos` (string, by
        default the username), `home` (string, by default `/nonexistent`) and `shell` (string, by default
        `/sbin/nologin`). A username may occur only once; a uid may occur more often.
      path: string, absolute path of the file in the image.
      mtime: int, time of the file, in seconds since 1970.
      **kwargs: attributes that all rules have, such as `tags` and `visibility`.
    """
    accounts(name = name, kind = "passwd", entries = json.encode(entries), path = path, mtime = mtime, **kwargs)

def group(name, *, entries, path = "/etc/group", mtime = GENERATED_MTIME, **kwargs):
    """Groups: group(5).

    Args:
      name: string, name of the target.
      entries: list of dicts with `name` (string), `gid` (int), and optionally `users` (list of user names). A name may
        occur only once; a gid may occur more often.
      path: string, absolute path of the file in the image.
      mtime: int, time of the file, in seconds since 1970.
      **kwargs: attributes that all rules have, such as `tags` and `visibility`.
    """
    accounts(name = name, kind = "group", entries = json.encode(entries), path = path, mtime = mtime, **kwargs)
