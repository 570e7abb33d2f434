"""A repository of a registry (OCI distribution-spec 1.1): manifests, and whether blobs exist."""

from __future__ import annotations

from urllib.parse import urljoin

import requests

from tools.lib.data.json_values import MAX_DOCUMENT, parse_object, require_strings
from tools.lib.oci.descriptor import INDEX, MANIFEST, Digest
from tools.lib.oci.reference import Repository
from tools.lib.registry.auth import scope_for
from tools.lib.registry.document import Document
from tools.lib.registry.errors import NotFoundError, RegistryError
from tools.lib.registry.registry import Registry
from tools.lib.registry.transport import finish, read_bounded

_ACCEPT = ", ".join(
    (
        INDEX,
        MANIFEST,
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)

_MAX_PAGES = 1000


class RepositoryClient:
    """The requests about one repository. Several threads may use it.

    Args:
        registry: the registry.
        repository: one of its repositories.
        writes: whether to ask for the right to push.
    """

    def __init__(self, registry: Registry, repository: Repository, *, writes: bool = False) -> None:
        self.registry = registry
        self.repository = repository
        actions = ("pull", "push") if writes else ("pull",)
        self.scope = frozenset({scope_for(repository.path, *actions)})

    def url(self, path: str) -> str:
        """The URL of `manifests/...` or `blobs/...` in the repository."""
        return self.registry.url(f"/v2/{self.repository.path}/{path}")

    def where(self, what: str) -> str:
        """Names a request in errors, after the host."""
        return f"{self.repository.path}: {what}"

    def head_manifest(self, reference: str) -> Digest | None:
        """The digest of a manifest by tag or digest; None if the registry does not have it."""
        where = self.where(f"manifest {reference}")
        try:
            response = self._get("HEAD", f"manifests/{reference}", where)
        except NotFoundError:
            return None
        finish(response)
        digest = response.headers.get("Docker-Content-Digest", "")
        if not digest:  # the header is optional
            return self.get_manifest(reference).digest
        return Digest(digest)

    def get_manifest(self, reference: str) -> Document:
        """A manifest or an index by tag or digest.

        Raises:
            NotFoundError: the registry does not have it.
            RegistryError: it is not what its digest says.
        """
        where = self.where(f"manifest {reference}")
        response = self._get("GET", f"manifests/{reference}", where)
        data = read_bounded(response, MAX_DOCUMENT, f"{self.registry.host}/{where}")
        media_type = response.headers.get("Content-Type", "").partition(";")[0].strip()
        document = Document(media_type, data)
        expected = reference if ":" in reference else response.headers.get("Docker-Content-Digest")
        if expected and expected.startswith("sha256:") and expected != document.digest:
            raise RegistryError(
                f"{self.registry.host}/{where}: the content has the digest {document.digest}",
                "the registry, or something between, changed it",
            )
        return document

    def put_manifest(self, document: Document, reference: str) -> None:
        """Stores a manifest or an index by tag or by its digest.

        Raises:
            RegistryError: the registry refused it, or computed another digest.
        """
        where = self.where(f"pushing manifest {reference}")
        response = self.registry.call(
            "PUT",
            self.url(f"manifests/{reference}"),
            201,
            where=where,
            scope=self.scope,
            headers={"Content-Type": document.media_type},
            body=document.data,
        )
        finish(response)
        digest = response.headers.get("Docker-Content-Digest")
        if digest and digest != document.digest:
            raise RegistryError(
                f"{self.registry.host}/{where}: the registry computed the digest {digest} "
                f"instead of {document.digest}",
                "the registry, or something between, changed it",
            )

    def list_tags(self) -> set[str]:
        """The tags of the repository; none if it does not exist (distribution-spec 1.1, "Listing
        Tags").

        Raises:
            RegistryError: the registry does not list them, or not to this user.
        """
        where = self.where("listing tags")
        url = self.url("tags/list")
        found: set[str] = set()
        for _ in range(_MAX_PAGES):
            try:
                response = self.registry.call("GET", url, 200, where=where, scope=self.scope)
            except NotFoundError:
                return found
            data = read_bounded(response, MAX_DOCUMENT, f"{self.registry.host}/{where}")
            fields = parse_object(data, f"{self.registry.host}/{where}")
            found.update(require_strings(fields.get("tags") or [], f"{where}: tags"))
            link = response.links.get("next", {}).get("url")
            if not link:
                return found
            url = self.registry.url(urljoin(url, link))
        raise RegistryError(f"{self.registry.host}/{where}: more than {_MAX_PAGES} pages")

    def has_blob(self, digest: Digest) -> bool:
        """Whether the repository has a blob."""
        try:
            finish(self._get("HEAD", f"blobs/{digest}", self.where(f"blob {digest}")))
        except NotFoundError:
            return False
        return True

    def _get(self, method: str, path: str, where: str) -> requests.Response:
        return self.registry.call(
            method,
            self.url(path),
            200,
            where=where,
            scope=self.scope,
            headers={"Accept": _ACCEPT} if path.startswith("manifests/") else None,
        )
