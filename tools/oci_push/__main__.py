"""Pushes an image or an index to a registry.

Credentials are those of docker and podman. docs/push.md describes the flags.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.lib.cas.flags import CasFlags, add_cas_flags, open_store
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import write_whole
from tools.lib.cli.flags import Parser
from tools.lib.cli.progress import show_progress
from tools.lib.oci.descriptor import Digest
from tools.lib.oci.layer import read_layer
from tools.lib.oci.reference import Repository, check_tag, parse_repository
from tools.lib.registry.backoff import Backoff
from tools.lib.registry.blob_locations import BlobLocations
from tools.lib.registry.blob_source import Origin
from tools.lib.registry.client import RepositoryClient
from tools.lib.registry.content import Content
from tools.lib.registry.content_flags import ContentFlags, add_content_flags, read_content
from tools.lib.registry.push import push
from tools.lib.registry.registry import Registry
from tools.lib.registry.stamp import expand_stamp, read_status_files

_SHORT_FLAGS = {"-r": "--repository", "-t": "--tag"}


class _Flags(ContentFlags, CasFlags):
    pulled_layer: list[list[str]]
    insecure_pulled_layer: list[list[str]]
    repository: str
    repository_file: str
    tag: list[str]
    tags_file: list[str]
    status_file: list[str]
    mount_from: list[str]
    insecure: bool
    dry_run: bool
    digest_file: str


def main(argv: Sequence[str]) -> int:
    parser = Parser("oci_push", __doc__)
    add_content_flags(parser)
    add_cas_flags(parser)
    for flag, scheme in (("--pulled-layer", "https"), ("--insecure-pulled-layer", "plain http")):
        parser.add_argument(
            flag,
            action="append",
            nargs=2,
            metavar=("LAYER_JSON", "REPOSITORY"),
            help=f"a layer that is in another repository, by {scheme}",
        )
    parser.add_argument("--repository", default="", help="to push to; -r for short")
    parser.add_argument("--repository-file", default="", help="file with the repository")
    parser.add_argument("--tag", action="append", help="a tag to set, repeatable; -t for short")
    parser.add_argument("--tags-file", action="append", help="file with one tag per line")
    parser.add_argument("--status-file", action="append", help="workspace status for {KEY}")
    parser.add_argument(
        "--mount-from", action="append", help="repository of the registry that may have the blobs"
    )
    parser.add_argument("--insecure", action="store_true", help="plain http instead of https")
    parser.add_argument("--dry-run", action="store_true", help="print what would be pushed")
    parser.add_argument("--digest-file", default="", help="file to write the digest to")
    flags = parser.parse_args([_SHORT_FLAGS.get(each, each) for each in argv], _Flags)

    content = read_content(flags, _origins(flags), open_store(flags))
    values = read_status_files(flags.status_file)
    repository = _repository(flags, values)
    tags = _tags(flags, values)
    sources = [_source(text, repository) for text in flags.mount_from]
    if flags.dry_run:
        _describe(content, repository, tags)
    else:
        _push(flags, content, repository, tags, sources)
    digest = content.root.digest
    print(f"{repository}@{digest}")
    if flags.digest_file:
        write_whole({flags.digest_file: f"{digest}\n".encode()})
    return 0


def _origins(flags: _Flags) -> dict[Digest, Origin]:
    return {
        read_layer(layer).descriptor.digest: Origin(parse_repository(repository), insecure)
        for pairs, insecure in ((flags.pulled_layer, False), (flags.insecure_pulled_layer, True))
        for layer, repository in pairs
    }


def _push(
    flags: _Flags, content: Content, repository: Repository, tags: list[str], sources: list[str]
) -> None:
    with show_progress(title="pushing") as progress:
        registry = Registry(
            repository, insecure=flags.insecure, backoff=Backoff(notice=progress.say)
        )
        client = RepositoryClient(registry, repository, writes=True)
        report = push(client, content, tags, progress, BlobLocations(sources))
    print(f"{repository}: {report}", file=sys.stderr)


def _describe(content: Content, repository: Repository, tags: list[str]) -> None:
    size = sum(blob.size for blob in content.blobs.values())
    print(f"would push to {repository}:")
    print(f"  {len(content.manifests)} manifests, {len(content.blobs)} blobs, {size} bytes")
    for tag in tags:
        print(f"  tag {tag}")


def _repository(flags: _Flags, values: dict[str, str]) -> Repository:
    text = flags.repository
    if not text and flags.repository_file:
        with open(flags.repository_file, encoding="utf-8") as source:
            text = source.read().strip()
    if not text:
        raise ToolError(
            f"{flags.label}: the repository is missing",
            "set `repository` or `repository_file`, or give --repository",
        )
    return parse_repository(expand_stamp(text, values))


def _tags(flags: _Flags, values: dict[str, str]) -> list[str]:
    """The tags to set, each once: those of files first."""
    texts = []
    for path in flags.tags_file:
        with open(path, encoding="utf-8") as source:
            texts += [line.strip() for line in source]
    texts += flags.tag
    return list(dict.fromkeys(check_tag(expand_stamp(text, values)) for text in texts if text))


def _source(text: str, repository: Repository) -> str:
    source = parse_repository(text)
    if source.host != repository.host:
        raise ToolError(
            f"--mount-from {text}: its registry is not {repository.host}",
            "blobs are mounted within one registry",
        )
    return source.path


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
