"""/etc/passwd and /etc/group: the rule behind `passwd` and `group`, which checks what it writes."""

load("//rules/providers:parts_info.bzl", "PartsInfo")
load(":files_layer.bzl", "FILES_ATTRS", "make_files_part")
load(":labels.bzl", "shown")

_MAX_ID = 4294967294  # The kernel takes the next, -1, for "unchanged".
_KEYS = {
    "group": ["name", "gid", "users"],
    "passwd": ["username", "uid", "gid", "gecos", "home", "shell"],
}

def _name(value, where):
    """As useradd(8) has it, which forbids what other programs take for something else."""
    fits = type(value) == "string" and value and value[0] not in "-+~" and not value.isdigit()
    if not fits or [each for each in value.elems() if each <= " " or each in ":,/\177"]:
        fail(("%s: %s is no name (hint: it is not empty and no number, has no white space, colon, comma or slash, and " +
              "does not begin with -, + or ~)") % (where, repr(value)))
    return value

def _id(value, where):
    if type(value) != "int" or value < 0 or value > _MAX_ID:
        fail("%s: %s is no whole number from 0 to %d (hint: write it without quotes)" % (where, repr(value), _MAX_ID))
    return str(value)

def _text(value, where):
    if type(value) != "string" or ":" in value or "\n" in value:
        fail("%s: %s is no text, or has a colon or a newline, which separate the file's fields (hint: leave it out)" % (where, repr(value)))
    return value

def _passwd_fields(entry, name, where):
    return [
        name,
        "x",
        _id(entry.get("uid"), where + ".uid"),
        _id(entry.get("gid"), where + ".gid"),
        _text(entry.get("gecos", name), where + ".gecos"),
        _text(entry.get("home", "/nonexistent"), where + ".home"),
        _text(entry.get("shell", "/sbin/nologin"), where + ".shell"),
    ]

def _group_fields(entry, name, where):
    users = entry.get("users", [])
    if type(users) != "list":
        fail("%s.users: %s is no list (hint: write a list of user names)" % (where, repr(users)))
    return [
        name,
        "x",
        _id(entry.get("gid"), where + ".gid"),
        ",".join([_name(user, "%s.users[%d]" % (where, i)) for i, user in enumerate(users)]),
    ]

def _accounts_impl(ctx):
    known = _KEYS[ctx.attr.kind]
    lines = {}
    for i, entry in enumerate(json.decode(ctx.attr.entries)):
        where = "%s: entries[%d]" % (shown(ctx.label), i)
        for key in entry:
            if key not in known:
                fail("%s: unknown key '%s' (hint: known are %s)" % (where, key, ", ".join(known)))
        name = _name(entry.get(known[0]), "%s.%s" % (where, known[0]))
        if name in lines:
            fail("%s.%s: '%s' is there twice (hint: the first would count; leave one out)" % (where, known[0], name))
        fields = _passwd_fields if ctx.attr.kind == "passwd" else _group_fields
        lines[name] = ":".join(fields(entry, name, where)) + "\n"
    return make_files_part(ctx, [{
        "content": "".join(lines.values()),
        "gid": 0,
        "mode": "0644",
        "path": ctx.attr.path,
        "type": "file",
        "uid": 0,
    }])

accounts = rule(
    doc = "The rule behind `passwd` and `group`.",
    implementation = _accounts_impl,
    attrs = FILES_ATTRS | {
        "entries": attr.string(mandatory = True, doc = "JSON list of objects, as the macros describe them."),
        "kind": attr.string(mandatory = True, values = _KEYS.keys(), doc = "Which of the two files it is."),
        "path": attr.string(mandatory = True, doc = "Path of the file in the image."),
    },
    provides = [PartsInfo],
)
