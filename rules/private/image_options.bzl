"""The options of `oci_image` that have two forms: a list or dict, and a label of a file with one item per line.

This is the only table of them. The rule has an attribute for each form, `<option>` and `<option>_file`; the macro has one
and looks at the type of the value.
"""

load(":labels.bzl", "is_label")

visibility("//rules/...")

def _option(attribute, doc, line):
    return {
        "": attribute(doc = doc),
        "_file": attr.label(allow_single_file = True, doc = "File in place of the other form, %s per line." % line),
    }

def _mapping(doc):
    return _option(attr.string_dict, doc, "one `KEY=VALUE`")

def _list(doc, item):
    return _option(attr.string_list, doc, "one " + item)

_OPTIONS = {
    "annotations": _mapping("Annotations of the manifest."),
    "cmd": _list("Arguments of the entrypoint. Replaces that of the base.", "argument"),
    "entrypoint": _list("Program and first arguments. Replaces that of the base, and clears its cmd.", "argument"),
    "env": _mapping("Environment. `$K` and `${K}` are replaced by variables of the base and by those further up."),
    "exposed_ports": _list("Ports such as `8080/tcp`, added to those of the base.", "port"),
    "labels": _mapping("Labels of the config, merged with those of the base."),
    "volumes": _list("Absolute paths of volumes, added to those of the base.", "path"),
}

# A rule cannot tell an empty list from one that is not given, so the macro says which it is.
_CLEARABLE = ["cmd", "entrypoint"]

OPTION_ATTRS = {
    option + suffix: attribute
    for option, attributes in _OPTIONS.items()
    for suffix, attribute in attributes.items()
} | {
    "clear_" + option: attr.bool(doc = "Whether to drop the %s of the base." % option)
    for option in _CLEARABLE
}

def split_forms(**values):
    """Turns options of the macro into attributes of the rule.

    Args:
      **values: options of the table by their names. A string, a Label and a select are labels of files, as in rules_oci.

    Returns:
      A dict from attribute names to values.
    """
    return {
        option + ("_file" if is_label(value) else ""): value
        for option, value in values.items()
    } | {
        "clear_" + option: values[option] == []
        for option in _CLEARABLE
    }

def option_values(ctx):
    """The options that are given as lists and dicts.

    Args:
      ctx: the rule's context. Its attributes include OPTION_ATTRS.

    Returns:
      A dict for the options.json of tools/oci_image. An option that is not given is None.
    """
    values = {option: getattr(ctx.attr, option) or None for option in _OPTIONS}
    for option in _CLEARABLE:
        if getattr(ctx.attr, "clear_" + option):
            values[option] = []
    if ctx.attr.env:
        # As pairs, because later variables see earlier ones, and json.encode sorts the keys of a dict.
        values["env"] = [list(pair) for pair in ctx.attr.env.items()]
    return values

def option_files(ctx):
    """The options that are given as files.

    Args:
      ctx: the rule's context. Its attributes include OPTION_ATTRS.

    Returns:
      A dict from an option to a File.
    """
    files = {option: getattr(ctx.file, option + "_file") for option in _OPTIONS}
    return {option: file for option, file in files.items() if file}
