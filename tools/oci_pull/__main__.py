"""Prints the digest of an image, and the Authorization header to download it with, as JSON.

Repository rules run it and download by Bazel's own means. The header is null if the registry wants
none. It is written to stdout only, which Bazel does not log.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from tools.lib.cli.errors import run
from tools.lib.cli.flags import Parser
from tools.lib.oci.reference import parse_repository
from tools.lib.registry.client import RepositoryClient
from tools.lib.registry.registry import Registry


class _Flags:
    repository: str
    reference: str
    insecure: bool


def main(argv: Sequence[str]) -> int:
    parser = Parser("oci_pull", __doc__)
    parser.add_argument("--repository", required=True)
    parser.add_argument("--reference", required=True, help="a tag or digest that is in it")
    parser.add_argument("--insecure", action="store_true", help="plain http instead of https")
    flags = parser.parse_args(argv, _Flags)

    repository = parse_repository(flags.repository)
    client = RepositoryClient(Registry(repository, insecure=flags.insecure), repository)
    digest = client.get_manifest(flags.reference).digest
    authorization = client.registry.authorization(client.scope)
    print(json.dumps({"authorization": authorization, "digest": digest}))
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
