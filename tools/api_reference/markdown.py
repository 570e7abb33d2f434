"""Renders modules as Markdown, one page a .bzl file.

Each attribute is an item of a list, as in Bazel's build encyclopedia: docs have paragraphs and
code, which the cells of a table cannot hold.
"""

from __future__ import annotations

import re
import textwrap

from tools.api_reference.module_info import Attribute, Extension, Module, Symbol

_GENERATED = "<!-- Generated from the code by ./knife docs. Do not edit. -->\n"
_CODE = re.compile(r"load\(|\w+ = use_extension\(")
_TYPES = {
    "boolean": "bool",
    "int_list": "list of ints",
    "label_list": "list of labels",
    "label_string_dict": "dict of labels to strings",
    "name": "name",
    "output_list": "list of outputs",
    "string_dict": "dict of strings",
    "string_list": "list of strings",
    "string_list_dict": "dict of lists of strings",
}


def page_name(module: Module) -> str:
    """The file name of a module's page: `oci.md` for `//rules:oci.bzl`."""
    return module.label.rpartition(":")[2].removesuffix(".bzl") + ".md"


def render_page(module: Module) -> str:
    """The page of a module."""
    label = f"@distroless{module.label}"
    parts = [_GENERATED, f"# {label}\n", _module_doc(module.doc), _contents(module)]
    parts += [_render_extension(each) for each in module.extensions]
    parts += [_render_symbol(each, "##") for each in module.symbols]
    return "\n".join(part for part in parts if part)


def render_index(modules: list[Module]) -> str:
    """The page that lists the pages of all modules."""
    lines = [_GENERATED, "# API reference\n"]
    lines += ["What a `load` or `use_extension` of `@distroless` gives.\n"]
    lines += ["| file | has |", "| --- | --- |"]
    for module in sorted(modules, key=page_name):
        page = page_name(module)
        names = [each.name for each in module.extensions] + [each.name for each in module.symbols]
        links = ", ".join(f"[{name}]({page}#{_anchor(name)})" for name in names)
        lines.append(
            f"| [`{module.label.removeprefix('//').replace(':', '/')}`]({page}) | {links} |"
        )
    return "\n".join(lines) + "\n"


def _contents(module: Module) -> str:
    lines = [
        f"- [{tag.name}](#{_anchor(tag.name)}): {_summary(tag.doc)}"
        for extension in module.extensions
        for tag in extension.tags
    ]
    lines += [
        f"- [{each.name}](#{_anchor(each.name)}): {_summary(each.doc)}" for each in module.symbols
    ]
    return "\n".join(lines) + "\n" if lines else ""


def _render_extension(extension: Extension) -> str:
    parts = [f"## {extension.name}\n", "Module extension.\n", _doc(extension.doc)]
    parts += [_render_symbol(tag, "###") for tag in extension.tags]
    return "\n".join(part for part in parts if part)


def _render_symbol(symbol: Symbol, heading: str) -> str:
    parts = [f"{heading} {symbol.name}\n", f"{symbol.kind.capitalize()}.\n", _doc(symbol.doc)]
    if symbol.attributes:
        title = {"provider": "Fields", "function": "Parameters"}.get(symbol.kind, "Attributes")
        parts.append(f"{title}:\n")
        parts.append("\n".join(_render_attribute(each) for each in symbol.attributes) + "\n")
    if symbol.returns:
        parts.append(f"Returns: {_doc(symbol.returns)}")
    return "\n".join(part for part in parts if part)


def _render_attribute(attribute: Attribute) -> str:
    facts = [_TYPES.get(attribute.type, attribute.type)]
    if attribute.mandatory:
        facts.append("required")
    elif attribute.default not in ("", "None"):
        facts.append(f"default `{attribute.default}`")
    known = "; ".join(fact for fact in facts if fact)
    head = f"- **`{attribute.name}`**" + (f" ({known})" if known else "")
    doc = _doc(attribute.doc).rstrip("\n")
    if attribute.name == "name" and doc == "A unique name for this target.":
        doc = "Name of the target."
    names = [" and ".join(f"`{name}`" for name in group) for group in attribute.providers]
    if names:
        doc += f"\n\nTargets provide {' or '.join(names)}."
    return f"{head}: " + textwrap.indent(doc, "  ").lstrip() if doc else head


def _summary(doc: str) -> str:
    """The first sentence."""
    paragraph = " ".join(doc.strip().split("\n\n")[0].split())
    sentence = paragraph.partition(". ")[0]
    return sentence if sentence.endswith((".", ":")) else sentence + "."


def _doc(doc: str) -> str:
    """A docstring as Markdown. Code in fences without a language is Starlark."""
    lines, fenced = [], False
    for line in textwrap.dedent(doc).strip().split("\n"):
        if line.strip().startswith("```"):
            fenced = not fenced
            line = line.replace("```", "```starlark") if fenced and line.strip() == "```" else line
        # Two spaces before an item are a habit of docstrings. Markdown reads them as a paragraph.
        lines.append(line if fenced else line.rstrip())
    return "\n".join(lines) + "\n" if doc.strip() else ""


def _module_doc(doc: str) -> str:
    """A module's docstring as Markdown.

    Bazel removes the indent that all lines but the first have in common. If only code follows the
    first line, it is that of the code.
    """
    paragraphs = doc.strip().split("\n\n")
    for number, paragraph in enumerate(paragraphs):
        if _CODE.match(paragraph):
            paragraphs[number] = f"```\n{paragraph}\n```"
    return _doc("\n\n".join(paragraphs))


def _anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return heading.lower().replace(".", "")
