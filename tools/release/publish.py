"""Publishes a release: what is missing, then what is not signed, then tags.

So a tag never names what is not whole, signed and described. A phase begins when the one before has
ended everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from tools.lib.cli.progress import Progress
from tools.lib.oci.reference import Repository
from tools.lib.registry.backoff import Backoff
from tools.lib.registry.blob_locations import BlobLocations
from tools.lib.registry.client import RepositoryClient
from tools.lib.registry.credentials import find_credentials
from tools.lib.registry.referrers import Referrers
from tools.lib.registry.registry import FindCredentials, Registry
from tools.lib.registry.traffic import Traffic
from tools.lib.registry.transport import READ_TIMEOUT, Transport
from tools.release.attaching import Attaching
from tools.release.content import ReleaseContent
from tools.release.report import ReleaseReport
from tools.release.signing import Signing
from tools.release.survey import THREADS, Destination, expand_tags, survey
from tools.release.tagging import move_tags, stale_tags
from tools.release.transfer import Transfer


@dataclass(frozen=True, slots=True)
class Target:
    """Where a release goes.

    Attributes:
        registry: host and project, such as gcr.io/distroless.
        commit: for the tags.
        insecure: whether to use plain http.
        timeout: seconds to wait for an answer.
    """

    registry: Repository
    commit: str
    insecure: bool = False
    timeout: float = READ_TIMEOUT


class Publishing:
    """One run of a release.

    Args:
        content: what is released.
        target: where to.
        progress: shows what is done.
        backoff: how to try again.
        find: finds credentials.
    """

    def __init__(
        self,
        content: ReleaseContent,
        target: Target,
        progress: Progress,
        backoff: Backoff | None = None,
        find: FindCredentials = find_credentials,
    ) -> None:
        traffic = Traffic()
        registry = Registry(
            target.registry,
            insecure=target.insecure,
            find=find,
            backoff=backoff or Backoff(notice=progress.say),
            transport=Transport(THREADS, read_timeout=target.timeout, traffic=traffic),
        )
        self._content = content
        self._progress = progress
        self._locations = BlobLocations()
        self._destinations = []
        for planned in content.plan.repositories:
            repository = Repository(target.registry.host, f"{target.registry.path}/{planned.name}")
            client = RepositoryClient(registry, repository, writes=True)
            self._destinations.append(
                Destination(
                    planned,
                    client,
                    Referrers(client, self._locations),
                    expand_tags(planned, target.commit),
                )
            )
        self.report = ReleaseReport(
            str(target.registry),
            target.commit,
            [each.name for each in self._destinations],
            traffic,
            lambda name: f"{target.registry.path}/{name}",
        )

    def run(self, signing: Signing | None) -> None:
        """Publishes the release.

        Args:
            signing: None to publish it unsigned and not described.

        Raises:
            ToolError: it failed. Tags that were not moved yet are as before.
        """
        survey(self._destinations)
        self._transfer().run()
        if signing:
            self._attaching(signing).run()
        move_tags(self._destinations, self._content.manifests, self.report, self._progress)

    def preview(self, signing: Signing | None) -> list[str]:
        """What `run` would do, a line for each repository that it would change. Sends nothing."""
        survey(self._destinations)
        transfer = self._transfer()
        blobs = [item for items in transfer.missing_blobs() for item in items]
        manifests = [
            item for kind in (False, True) for item in transfer.missing_manifests(indexes=kind)
        ]
        tags = stale_tags(self._destinations)
        missing = []
        if signing:
            missing = [each for items in self._attaching(signing).find() for each in items]
        lines = []
        for destination in self._destinations:
            counts = {
                "blobs": sum(each is destination for each, _ in blobs),
                "manifests": sum(each is destination for each, _ in manifests),
                "attestations": sum(
                    each.count for each in missing if each.destination is destination
                ),
            }
            own = [tag for each, tag in tags if each is destination]
            if any(counts.values()) or own:
                text = ", ".join(f"{count} {what}" for what, count in counts.items())
                moved = sum(destination.seen[tag] is not None for tag in own)
                lines.append(
                    f"{destination.client.repository}: {text}, {len(own)} tags ({moved} move)"
                )
        return lines

    def _transfer(self) -> Transfer:
        return Transfer(
            self._destinations,
            self._content.manifests,
            self._locations,
            self.report,
            self._progress,
        )

    def _attaching(self, signing: Signing) -> Attaching:
        return Attaching(
            self._content,
            self._destinations,
            self._locations,
            signing,
            self.report,
            self._progress,
        )
