"""What a .bzl file offers, read from Bazel's ModuleInfo.

The messages are those of Bazel 7's src/main/protobuf/stardoc_output.proto. Fields that a page does
not show are not read.
"""

from __future__ import annotations

from dataclasses import dataclass

from tools.api_reference.text_format import Message


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a rule or a tag class, a parameter of a macro, or a field of a provider."""

    name: str
    doc: str
    type: str = ""
    """As in attr.*: `label_list`. "" for parameters and fields, whose docs begin with the type."""
    default: str = ""
    """A Starlark expression; "" if there is none."""
    mandatory: bool = False
    providers: tuple[tuple[str, ...], ...] = ()
    """Of a label: providers that a target must have, as alternatives."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A rule, macro, provider or tag class."""

    kind: str
    """`rule`, `test rule`, `repository rule`, `macro`, `aspect`, `provider` or `tag class`."""
    name: str
    """As it is written: `oci_image`, `apt.install`."""
    doc: str
    attributes: tuple[Attribute, ...]
    returns: str = ""
    """Of a function: what it returns."""


@dataclass(frozen=True, slots=True)
class Extension:
    """A module extension."""

    name: str
    doc: str
    tags: tuple[Symbol, ...]


@dataclass(frozen=True, slots=True)
class Module:
    """A public .bzl file."""

    label: str
    """Within the repository: `//rules:oci.bzl`."""
    doc: str
    symbols: tuple[Symbol, ...]
    """By kind, then by name."""
    extensions: tuple[Extension, ...]


def read_module(message: Message) -> Module:
    """The module that a ModuleInfo describes."""
    symbols = [
        *(_read_rule(each) for each in message.all("rule_info")),
        *(_read_function(each) for each in message.all("func_info")),
        *(_read_macro(each) for each in message.all("macro_info")),
        *(_read_repository_rule(each) for each in message.all("repository_rule_info")),
        *(_read_aspect(each) for each in message.all("aspect_info")),
    ]
    providers = [_read_provider(each) for each in message.all("provider_info")]
    return Module(
        label=message.text("file").removeprefix("@@"),
        doc=message.text("module_docstring"),
        symbols=tuple(
            [
                *sorted(symbols, key=lambda symbol: symbol.name),
                *sorted(providers, key=lambda symbol: symbol.name),
            ]
        ),
        extensions=tuple(_read_extension(each) for each in message.all("module_extension_info")),
    )


def _read_rule(message: Message) -> Symbol:
    kind = "test rule" if message.flag("test") else "rule"
    return Symbol(kind, message.text("rule_name"), message.text("doc_string"), _attributes(message))


def _read_macro(message: Message) -> Symbol:
    return Symbol(
        "macro", message.text("macro_name"), message.text("doc_string"), _attributes(message)
    )


def _read_repository_rule(message: Message) -> Symbol:
    return Symbol(
        "repository rule",
        message.text("rule_name"),
        message.text("doc_string"),
        _attributes(message),
    )


def _read_aspect(message: Message) -> Symbol:
    return Symbol(
        "aspect", message.text("aspect_name"), message.text("doc_string"), _attributes(message)
    )


def _read_function(message: Message) -> Symbol:
    parameters = []
    for each in message.all("parameter"):
        prefix = {"PARAM_ROLE_VARARGS": "*", "PARAM_ROLE_KWARGS": "**"}.get(each.text("role"), "")
        name = each.text("name")
        if name == "kwargs":  # Bazel 7 does not say which parameter takes the rest.
            prefix = "**"
        parameters.append(
            Attribute(
                prefix + name,
                each.text("doc_string"),
                default=each.text("default_value"),
                mandatory=each.flag("mandatory"),
            )
        )
    returned = message.all("return")
    # A function that has a `name` makes targets.
    kind = "macro" if any(each.name == "name" for each in parameters) else "function"
    return Symbol(
        kind,
        message.text("function_name"),
        message.text("doc_string"),
        tuple(parameters),
        returned[0].text("doc_string") if returned else "",
    )


def _read_provider(message: Message) -> Symbol:
    fields = tuple(
        Attribute(each.text("name"), each.text("doc_string")) for each in message.all("field_info")
    )
    return Symbol("provider", message.text("provider_name"), message.text("doc_string"), fields)


def _read_extension(message: Message) -> Extension:
    name = message.text("extension_name")
    tags = [
        Symbol(
            "tag class",
            f"{name}.{each.text('tag_name')}",
            each.text("doc_string"),
            _attributes(each),
        )
        for each in message.all("tag_class")
    ]
    return Extension(
        name, message.text("doc_string"), tuple(sorted(tags, key=lambda tag: tag.name))
    )


def _attributes(message: Message) -> tuple[Attribute, ...]:
    """The attributes, `name` first, then mandatory ones, then by name."""
    found = [
        Attribute(
            name=each.text("name"),
            doc=each.text("doc_string"),
            type=each.text("type").lower(),
            default="" if each.flag("mandatory") else each.text("default_value"),
            mandatory=each.flag("mandatory"),
            providers=tuple(
                tuple(key.text("name") for key in group.all("origin_key"))
                for group in each.all("provider_name_group")
            ),
        )
        for each in message.all("attribute")
    ]
    return tuple(
        sorted(found, key=lambda each: (each.name != "name", not each.mandatory, each.name))
    )
