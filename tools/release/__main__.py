"""Publishes the release: pushes what is missing, signs what is not signed, then moves tags.

docs/releases.md describes the flags. Credentials are those of docker and podman.
"""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Sequence

from tools.lib.attest.key_signer import KeySigner
from tools.lib.attest.private_key import read_private_key
from tools.lib.attest.provenance import Source, find_builder
from tools.lib.attest.signer import Signer
from tools.lib.cas.flags import CasFlags, add_cas_flags, open_store
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import write_whole
from tools.lib.cli.flags import Parser
from tools.lib.cli.progress import show_progress
from tools.lib.oci.reference import parse_repository
from tools.lib.registry.transport import READ_TIMEOUT
from tools.release.commit import check_commit, find_commit
from tools.release.content import ReleaseFiles, read_release
from tools.release.publish import Publishing, Target
from tools.release.signing import Signing


class _Flags(CasFlags):
    plan: str
    index: list[str]
    image: list[list[str]]
    layer: list[list[str]]
    predicate: list[list[str]]
    lifecycle: str
    source: str
    registry: str
    only: list[str]
    commit: str
    sign_key: str
    keyless: bool
    sigstore: str
    unsigned: bool
    insecure: bool
    timeout: float
    dry_run: bool
    report: str


def main(argv: Sequence[str]) -> int:
    parser = Parser("release", __doc__)
    parser.add_argument("--plan", required=True, help="release_plan.json")
    parser.add_argument("--index", action="append", help="an index")
    parser.add_argument("--image", action="append", nargs=2, metavar=("MANIFEST", "CONFIG"))
    parser.add_argument("--layer", action="append", nargs=2, metavar=("LAYER_JSON", "BLOB"))
    add_cas_flags(parser)
    parser.add_argument(
        "--predicate",
        action="append",
        nargs=3,
        metavar=("MANIFEST", "TYPE", "FILE"),
        help="what is attested of an image or an index",
    )
    parser.add_argument("--lifecycle", default="", help="lifecycle.json")
    parser.add_argument("--source", required=True, help="URL of the repository that is built")
    parser.add_argument("--registry", required=True, metavar="HOST/PROJECT", help="where to")
    parser.add_argument("--only", action="append", help="a repository of the plan, repeatable")
    parser.add_argument("--commit", default="", help="for the tags; by default what git says")
    parser.add_argument("--sign-key", default="", help="private key, of cosign or in PEM")
    parser.add_argument("--keyless", action="store_true", help="sign with the job's identity")
    parser.add_argument("--sigstore", default="", help="trust config of another Sigstore instance")
    parser.add_argument("--unsigned", action="store_true", help="do not sign")
    parser.add_argument("--insecure", action="store_true", help="plain http instead of https")
    parser.add_argument(
        "--timeout", type=float, default=READ_TIMEOUT, help="seconds to wait for an answer"
    )
    parser.add_argument("--dry-run", action="store_true", help="print what would be done")
    parser.add_argument("--report", default="", help="JSON to write: what was done")
    flags = parser.parse_args(argv, _Flags)

    if not flags.registry.rpartition("/")[0]:
        raise ToolError(f"--registry {flags.registry}: no project", "write HOST/PROJECT")
    registry = parse_repository(flags.registry)
    if flags.commit:
        commit = check_commit(flags.commit)
    else:
        commit = find_commit(os.environ.get("BUILD_WORKSPACE_DIRECTORY", "."))
    signer = _signer(flags)
    signing = None
    if signer:
        signing = Signing(signer, Source(flags.source, commit), find_builder(os.environ))
    files = ReleaseFiles(
        flags.plan, flags.index, flags.image, flags.layer, flags.predicate, flags.lifecycle
    )
    today = datetime.datetime.now(datetime.UTC).date()
    content = read_release(files, flags.only, today, open_store(flags))
    target = Target(registry, commit, flags.insecure, flags.timeout)
    with show_progress(title="releasing") as progress:
        publishing = Publishing(content, target, progress)
        if flags.dry_run:
            lines = publishing.preview(signing)
        else:
            lines = []
            _publish(publishing, signing, flags.report)
    if flags.dry_run:
        print("\n".join([f"would change {len(lines)} repositories:", *lines]))
    else:
        print(f"{registry}: {publishing.report}")
    return 0


def _publish(publishing: Publishing, signing: Signing | None, path: str) -> None:
    """Runs it, and writes the report whatever happens."""
    report = publishing.report
    try:
        publishing.run(signing)
    except ToolError as error:
        report.error = str(error)
        raise
    finally:
        if path:
            write_whole({path: report.encode()})


def _signer(flags: _Flags) -> Signer | None:
    given = [bool(flags.sign_key), flags.keyless, flags.unsigned]
    if sum(given) > 1 or (not any(given) and not flags.dry_run):
        raise ToolError(
            "who signs the release?", "give one of --sign-key FILE, --keyless or --unsigned"
        )
    if flags.sign_key:
        return KeySigner(read_private_key(flags.sign_key))
    if flags.keyless:
        # Its import takes longer than a release without changes.
        from tools.lib.attest.keyless import KeylessSigner, read_trust

        return KeylessSigner(read_trust(flags.sigstore))
    return None


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
