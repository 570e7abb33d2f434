"""`passwd` and `group`: /etc/passwd and /etc/group, and the rule that checks and writes them."""

load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "python_tool_attr")
load(":base_image.bzl", "IMPORT_ATTRS", "base_attr")
load(":file_entries.bzl", "ENTRIES_ATTRS", "file_entry", "make_entries_part")
load(":image_flags.bzl", "add_base")
load(":labels.bzl", "display_label")
load(":part.bzl", "GENERATED_MTIME", "make_part")

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

def _append_to_base(ctx, lines):
    """Makes a part with the file of `base` and further lines, and returns the rule's providers."""
    args = ctx.actions.args()
    inputs = add_base(ctx, args, ctx.attr.base)
    args.add("--kind", ctx.attr.kind)
    args.add("--path", ctx.attr.path)
    args.add_all(lines, before_each = "--entry")
    args.add("--mtime", ctx.attr.mtime)
    return make_part(
        ctx,
        ctx.attr._accounts,
        arguments = args,
        inputs = depset(transitive = inputs),
        mnemonic = "Accounts",
        progress_message = "Adding accounts for %{label}",
    )

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
        lines[name] = ":".join(fields(entry, name, where))
    if ctx.attr.base:
        return _append_to_base(ctx, lines.values())
    return make_entries_part(ctx, [file_entry(ctx.attr.path, "".join([line + "\n" for line in lines.values()]))])

accounts = rule(
    doc = "The rule behind `passwd` and `group`.",
    implementation = _accounts_impl,
    attrs = ENTRIES_ATTRS | IMPORT_ATTRS | {
        "base": base_attr("Its entries come first, and the file replaces the image's."),
        "entries": attr.string(mandatory = True, doc = "JSON list of objects with the fields that the macros describe."),
        "kind": attr.string(mandatory = True, values = _KEYS.keys(), doc = "Which file it is: `passwd` or `group`."),
        "path": attr.string(mandatory = True, doc = "Absolute path of the file in the image."),
        "_accounts": python_tool_attr("//tools/accounts"),
    },
    provides = [PartsInfo],
)

def passwd(name, *, entries, base = None, path = "/etc/passwd", mtime = GENERATED_MTIME, **kwargs):
    """Users: passwd(5).

    ```
    load("@distroless//rules:rootfs.bzl", "passwd")

    passwd(
        name = "passwd",
        base = "@distroless//base:base_debian12",
        entries = [dict(username = "app", uid = 1000, gid = 1000, home = "/home/app")],
    )
    ```

    Args:
      name: string, name of the target.
      entries: list of dicts with `username` (string), `uid` (int), `gid` (int), and optionally `gecos` (string, by
        default the username), `home` (string, by default `/nonexistent`) and `shell` (string, by default
        `/sbin/nologin`). A username may occur only once; a uid may occur more often.
      base: label of the image underneath, as for `oci_image`. Its users stay, `entries` follow them, and the file replaces
        the image's. A username or uid that the image has is an error.
        Without `base`, the file has only `entries`.
      path: string, absolute path of the file in the image.
      mtime: int, time of the file, in seconds since 1970.
      **kwargs: attributes that all rules have, such as `tags` and `visibility`.
    """
    accounts(name = name, kind = "passwd", base = base, entries = json.encode(entries), path = path, mtime = mtime, **kwargs)

def group(name, *, entries, base = None, path = "/etc/group", mtime = GENERATED_MTIME, **kwargs):
    """Groups: group(5).

    Args:
      name: string, name of the target.
      entries: list of dicts with `name` (string), `gid` (int), and optionally `users` (list of user names). A name may
        occur only once; a gid may occur more often.
      base: label of the image underneath, as for `oci_image`. Its groups stay, `entries` follow them, and the file replaces
        the image's. A name or gid that the image has is an error.
        Without `base`, the file has only `entries`.
      path: string, absolute path of the file in the image.
      mtime: int, time of the file, in seconds since 1970.
      **kwargs: attributes that all rules have, such as `tags` and `visibility`.
    """
    accounts(name = name, kind = "group", base = base, entries = json.encode(entries), path = path, mtime = mtime, **kwargs)
