"""Reads and writes part.json. docs/formats.md, "Part", describes the format."""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from typing import IO, TypeVar, get_args

from tools.lib.archive.compress import KINDS
from tools.lib.archive.tar_entry import MAX_TIME
from tools.lib.cli.errors import ToolError
from tools.lib.cli.files import dump_json
from tools.lib.data.json_values import (
    Json,
    parse_object,
    require_bool,
    require_int,
    require_list,
    require_object,
    require_string,
    require_string_map,
    require_strings,
)
from tools.lib.debian.alternatives import (
    NO_ALTERNATIVES,
    Alternative,
    AlternativeLink,
    Alternatives,
)
from tools.lib.debian.architectures import ByteOrder, ElfMachine
from tools.lib.debian.package import BinaryPackage
from tools.lib.elf.elf_file import ElfInfo, ElfType
from tools.lib.part.chunk_json import (
    chunks_to_json,
    crc64_to_json,
    parse_chunks,
    parse_crc64,
)
from tools.lib.part.part import Blob, Chunk, EntryType, Origin, Part, PartDirectory, PartEntry
from tools.lib.part.plain_file import parse_plain_file

VERSION = 1

_Choice = TypeVar("_Choice", bound=str)

_MAX = 2**63 - 1
_MODE = re.compile("[0-7]{4}")


def write_part(part: Part, out: IO[bytes]) -> None:
    """Writes a part.json."""
    out.write(dump_json(_part_to_json(part)))


def read_part(path: str) -> Part:
    """Reads the part.json at `path`.

    Raises:
        ToolError: the file is not a part.json of a known version.
    """
    # Its size grows with the number of files, and so has no fixed bound.
    with open(path, "rb") as source:
        fields = parse_object(source.read(), path, any_bytes=True)
    if fields.get("version") != VERSION:
        raise ToolError(f"{path}: unknown version {fields.get('version')!r:.80} of part.json")
    architecture, package = fields.get("architecture"), fields.get("package")
    origin = fields.get("origin")
    directories = require_list(fields.get("directories"), f"{path}: directories")
    entries = require_list(fields.get("entries"), f"{path}: entries")
    return Part(
        label=require_string(fields.get("label"), f"{path}: label"),
        architecture=None
        if architecture is None
        else require_string(architecture, f"{path}: architecture"),
        package=None if package is None else _parse_package(package, f"{path}: package"),
        blob=_parse_blob(fields.get("blob"), f"{path}: blob"),
        directories=tuple(
            _parse_directory(each, f"{path}: directories[{index}]")
            for index, each in enumerate(directories)
        ),
        entries=tuple(
            parse_plain_file(each) or _parse_entry(each, f"{path}: entries[{index}]")
            for index, each in enumerate(entries)
        ),
        replaces=tuple(require_strings(fields.get("replaces", []), f"{path}: replaces")),
        alternatives=_parse_alternatives(fields, path),
        foreign=require_bool(fields.get("foreign", False), f"{path}: foreign"),
        origin=None if origin is None else _parse_origin(origin, f"{path}: origin"),
    )


def encode_xattrs(xattrs: Mapping[str, bytes]) -> dict[str, str]:
    """Extended attributes as JSON has them: values in base64, sorted by name."""
    return {
        name: binascii.b2a_base64(xattrs[name], newline=False).decode() for name in sorted(xattrs)
    }


def _part_to_json(part: Part) -> Json:
    package, blob = part.package, part.blob
    return {
        "version": VERSION,
        "label": part.label,
        "architecture": part.architecture,
        "package": package
        and {
            "name": package.name,
            "version": package.version,
            "architecture": package.architecture,
            "source": package.source,
        },
        "origin": part.origin
        and {
            "url": part.origin.url,
            "sha256": part.origin.sha256,
            "purl": part.origin.purl,
            "cpe": part.origin.cpe,
        },
        "blob": {
            "compression": blob.compression,
            "size": blob.size,
            "uncompressed_size": blob.uncompressed_size,
            "sha256": blob.sha256,
        },
        "directories": [_directory_to_json(each) for each in part.directories],
        "entries": [_entry_to_json(each) for each in part.entries],
        "replaces": list(part.replaces),
        **_alternatives_to_json(part.alternatives),
        **({"foreign": True} if part.foreign else {}),
    }


def _parse_package(value: object, where: str) -> BinaryPackage:
    fields = require_string_map(value, where)
    return BinaryPackage(
        **{
            key: require_string(fields.get(key), f"{where}.{key}")
            for key in ("name", "version", "architecture", "source")
        }
    )


def _parse_origin(value: object, where: str) -> Origin:
    fields = require_string_map(value, where)
    return Origin(
        **{
            key: require_string(fields.get(key), f"{where}.{key}")
            for key in ("url", "sha256", "purl", "cpe")
        }
    )


def _parse_blob(value: object, where: str) -> Blob:
    fields = require_object(value, where)
    return Blob(
        _parse_choice(fields.get("compression"), f"{where}.compression", KINDS),
        require_int(fields.get("size"), f"{where}.size", _MAX),
        require_int(fields.get("uncompressed_size"), f"{where}.uncompressed_size", _MAX),
        require_string(fields.get("sha256"), f"{where}.sha256"),
    )


def _attributes_to_json(entry: PartEntry | PartDirectory) -> Json:
    fields: Json = {
        "path": entry.path,
        "mode": f"{entry.mode:04o}",
        "uid": entry.uid,
        "gid": entry.gid,
        "mtime": entry.mtime,
    }
    if entry.xattrs:
        fields["xattrs"] = encode_xattrs(entry.xattrs)
    return fields


def _directory_to_json(directory: PartDirectory) -> Json:
    fields = _attributes_to_json(directory)
    if directory.implied:
        fields["implied"] = True
    return fields


def _parse_directory(value: object, where: str) -> PartDirectory:
    fields = require_object(value, where)
    return PartDirectory(
        path=require_string(fields.get("path"), f"{where}.path"),
        mode=_parse_mode(fields.get("mode"), f"{where}.mode"),
        uid=require_int(fields.get("uid"), f"{where}.uid", _MAX),
        gid=require_int(fields.get("gid"), f"{where}.gid", _MAX),
        mtime=require_int(fields.get("mtime"), f"{where}.mtime", MAX_TIME),
        xattrs=_parse_xattrs(fields.get("xattrs", {}), f"{where}.xattrs"),
        implied=require_bool(fields.get("implied", False), f"{where}.implied"),
    )


def _entry_to_json(entry: PartEntry) -> Json:
    fields = _attributes_to_json(entry)
    fields["type"] = entry.type
    if entry.type == "file":
        fields["size"], fields["sha256"] = entry.size, entry.sha256
        if entry.elf is not None:
            fields["elf"] = _elf_to_json(entry.elf)
        if entry.text is not None:
            fields["text"] = entry.text
        if entry.libraries is not None:
            fields["libraries"] = {name: list(paths) for name, paths in entry.libraries.items()}
        if entry.chunks:
            fields["chunks"] = chunks_to_json(entry.chunks)
        if entry.crc64:
            fields["crc64"] = crc64_to_json(entry.crc64)
    elif entry.type in ("symlink", "hardlink"):
        fields["link"] = entry.link
    elif entry.type in ("char", "block"):
        fields["major"], fields["minor"] = entry.device
    return fields


def _parse_entry(value: object, where: str) -> PartEntry:
    fields = require_object(value, where)
    kind: EntryType = _parse_choice(fields.get("type"), f"{where}.type", get_args(EntryType))
    size, sha256, link, device = 0, "", "", (0, 0)
    elf = text = libraries = None
    chunks: tuple[Chunk, ...] = ()
    crc64 = 0
    if kind == "file":
        size = require_int(fields.get("size"), f"{where}.size", _MAX)
        sha256 = require_string(fields.get("sha256"), f"{where}.sha256")
        if fields.get("elf") is not None:
            elf = _parse_elf(fields["elf"], f"{where}.elf")
        if "text" in fields:
            text = require_string(fields["text"], f"{where}.text")
        if "libraries" in fields:
            libraries = _parse_libraries(fields["libraries"], f"{where}.libraries")
        if "chunks" in fields:
            chunks = parse_chunks(fields["chunks"], f"{where}.chunks")
        if "crc64" in fields:
            crc64 = parse_crc64(fields["crc64"], f"{where}.crc64")
    elif kind in ("symlink", "hardlink"):
        link = require_string(fields.get("link"), f"{where}.link")
    elif kind in ("char", "block"):
        major = require_int(fields.get("major"), f"{where}.major", _MAX)
        device = (major, require_int(fields.get("minor"), f"{where}.minor", _MAX))
    return PartEntry(
        path=require_string(fields.get("path"), f"{where}.path"),
        type=kind,
        mode=_parse_mode(fields.get("mode"), f"{where}.mode"),
        uid=require_int(fields.get("uid"), f"{where}.uid", _MAX),
        gid=require_int(fields.get("gid"), f"{where}.gid", _MAX),
        mtime=require_int(fields.get("mtime"), f"{where}.mtime", MAX_TIME),
        size=size,
        sha256=sha256,
        link=link,
        device=device,
        xattrs=_parse_xattrs(fields.get("xattrs", {}), f"{where}.xattrs"),
        elf=elf,
        text=text,
        libraries=libraries,
        chunks=chunks,
        crc64=crc64,
    )


def _elf_to_json(elf: ElfInfo) -> Json:
    return {
        "class": elf.machine.bits,
        "data": elf.machine.byte_order,
        "machine": elf.machine.number,
        "flags": elf.flags,
        "isa_level": elf.isa_level,
        "type": elf.type,
        "interpreter": elf.interpreter,
        "soname": elf.soname,
        "needed": list(elf.needed),
        "rpath": list(elf.rpath),
        "runpath": list(elf.runpath),
    }


def _parse_elf(value: object, where: str) -> ElfInfo:
    fields = require_object(value, where)
    interpreter, soname = fields.get("interpreter"), fields.get("soname")
    byte_order: ByteOrder = _parse_choice(fields.get("data"), f"{where}.data", get_args(ByteOrder))
    kind: ElfType = _parse_choice(fields.get("type"), f"{where}.type", get_args(ElfType))
    return ElfInfo(
        machine=ElfMachine(
            require_int(fields.get("class"), f"{where}.class", 64),
            byte_order,
            require_int(fields.get("machine"), f"{where}.machine", 0xFFFF),
        ),
        type=kind,
        flags=require_int(fields.get("flags"), f"{where}.flags", 0xFFFFFFFF),
        isa_level=require_int(fields.get("isa_level"), f"{where}.isa_level", 31),
        interpreter=None
        if interpreter is None
        else require_string(interpreter, f"{where}.interpreter"),
        soname=None if soname is None else require_string(soname, f"{where}.soname"),
        needed=tuple(require_strings(fields.get("needed"), f"{where}.needed")),
        rpath=tuple(require_strings(fields.get("rpath"), f"{where}.rpath")),
        runpath=tuple(require_strings(fields.get("runpath"), f"{where}.runpath")),
    )


def _alternatives_to_json(alternatives: Alternatives) -> Json:
    fields: Json = {}
    if alternatives.known:
        fields["alternatives"] = [
            {
                "priority": each.priority,
                "links": [
                    [link.link, link.name, link.path] for link in (each.master, *each.slaves)
                ],
            }
            for each in alternatives.known
        ]
    if alternatives.unknown:
        fields["unknown_alternatives"] = list(alternatives.unknown)
    return fields


def _parse_alternatives(fields: Json, path: str) -> Alternatives:
    if "alternatives" not in fields and "unknown_alternatives" not in fields:
        return NO_ALTERNATIVES
    known = require_list(fields.get("alternatives", []), f"{path}: alternatives")
    unknown = fields.get("unknown_alternatives", [])
    return Alternatives(
        tuple(
            _parse_alternative(each, f"{path}: alternatives[{index}]")
            for index, each in enumerate(known)
        ),
        tuple(require_strings(unknown, f"{path}: unknown_alternatives")),
    )


def _parse_alternative(value: object, where: str) -> Alternative:
    fields = require_object(value, where)
    links: list[AlternativeLink] = []
    for each in require_list(fields.get("links"), f"{where}.links"):
        words = require_strings(each, f"{where}.links")
        if len(words) != 3:
            raise ToolError(f"{where}.links: {len(words)} strings instead of 3")
        links.append(AlternativeLink(*words))
    if not links:
        raise ToolError(f"{where}.links: empty")
    priority = fields.get("priority")
    if not isinstance(priority, int):
        raise ToolError(f"{where}.priority: must be an integer")
    return Alternative(links[0], priority, tuple(links[1:]))


def _parse_mode(value: object, where: str) -> int:
    text = require_string(value, where)
    if not _MODE.fullmatch(text):
        raise ToolError(f"{where}: invalid octal mode {text!r:.80}")
    return int(text, 8)


def _parse_xattrs(value: object, where: str) -> Mapping[str, bytes]:
    xattrs = require_string_map(value, where)
    try:
        return {name: binascii.a2b_base64(text, strict_mode=True) for name, text in xattrs.items()}
    except (binascii.Error, ValueError) as error:
        raise ToolError(f"{where}: invalid base64: {error}") from None


def _parse_libraries(value: object, where: str) -> Mapping[str, tuple[str, ...]]:
    return {
        name: tuple(require_strings(paths, f"{where}[{name!r:.80}]"))
        for name, paths in require_object(value, where).items()
    }


def _parse_choice(value: object, where: str, choices: tuple[_Choice, ...]) -> _Choice:
    text = require_string(value, where)
    if text not in choices:
        raise ToolError(f"{where}: {text!r:.80}, must be one of {', '.join(choices)}")
    return text
