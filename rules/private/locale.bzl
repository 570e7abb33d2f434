"""The rule `locale`: compiled locales of Debian's packages."""

load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "python_tool_attr")
load(":labels.bzl", "display_label")
load(":part.bzl", "PART_ATTRS", "make_part")

visibility("//rules/...")

def _directory_name(locale):
    """The name of a locale's directory: the C library writes `en_US.UTF-8` as `en_US.utf8`."""
    name, at, modifier = locale.partition("@")
    language, dot, codeset = name.partition(".")
    codeset = "".join([each for each in codeset.lower().elems() if each.isalnum()])
    return language + dot + codeset + at + modifier

def _locale_impl(ctx):
    args = ctx.actions.args()
    args.add("--deb", ctx.file.deb)
    args.add("--exclude", "*")
    for locale in ctx.attr.locales:
        if not locale or "/" in locale or "*" in locale or "?" in locale:
            fail("%s: invalid locale '%s' (hint: write it as \"en_US.UTF-8\")" % (display_label(ctx.label), locale))
        args.add("--required-include", "usr/lib/locale/" + _directory_name(locale))
    return make_part(
        ctx,
        ctx.attr._tool,
        arguments = args,
        inputs = [ctx.file.deb],
        mnemonic = "Locale",
        progress_message = "Selecting locales for %{label}",
    )

locale = rule(
    doc = """Locales, as files of `/usr/lib/locale`, from Debian's package locales-all, or `C.UTF-8` from libc-bin.

```
load("@distroless//rules:oci.bzl", "oci_image")
load("@distroless//rules:rootfs.bzl", "locale")

locale(
    name = "locale",
    deb = "@bookworm//locales-all:deb",
    locales = ["de_DE.UTF-8"],
)

oci_image(
    name = "image",
    base = "@distroless//cc:cc_debian12",
    env = {"LANG": "de_DE.UTF-8"},
    tars = [":locale"],
)
```

The package is registered in `/var/lib/dpkg/status.d`. Debian's package locales has the sources of locales only, which
`localedef` compiles at installation; use locales-all.""",
    implementation = _locale_impl,
    attrs = PART_ATTRS | {
        "deb": attr.label(
            allow_single_file = [".deb"],
            doc = "The package locales-all or libc-bin, for the architecture of the image.",
            mandatory = True,
        ),
        "locales": attr.string_list(
            allow_empty = False,
            default = ["C.UTF-8"],
            doc = "Names of locales, such as `en_US.UTF-8`. One that the package does not have is an error.",
        ),
        "_tool": python_tool_attr("//tools/deb"),
    },
    provides = [PartsInfo],
)
