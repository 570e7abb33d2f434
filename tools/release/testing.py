"""A small release, and what must hold of a registry at any time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from tools.lib.attest.attach import PREDICATE_TYPE
from tools.lib.attest.provenance import Material, Provenance
from tools.lib.attest.statement import CYCLONEDX, OPENVEX, PROVENANCE, SIGNATURE, SPDX
from tools.lib.attest.testing import private_pem
from tools.lib.cli.files import dump_json
from tools.lib.oci.descriptor import (
    CONFIG,
    LAYER,
    MANIFEST,
    Descriptor,
    Digest,
    Platform,
    describe,
    digest_of,
)
from tools.lib.oci.image_config import ImageConfig
from tools.lib.oci.layer import Layer, write_layer
from tools.lib.oci.manifest import Index, Manifest
from tools.lib.registry.testing import FakeRegistry
from tools.lib.release.plan import (
    Plan,
    PlannedImage,
    PlannedIndex,
    PlannedRepository,
    tags_of,
    write_plan,
)
from tools.release.__main__ import main

ARCHITECTURES = ("amd64", "arm64")
IMAGES = ("static", "base")
VARIANTS = ("latest", "debug")
COMMIT = "c" * 40
SOURCE = "https://example.org/images"
TYPES = {SIGNATURE, SPDX, CYCLONEDX, PROVENANCE}


class SampleRelease:
    """The files of a release of `static` and `base`, Debian 12 and 13, with debug images.

    Each image has a layer of its own, and one that all share.

    Args:
        directory: for the files.
        content: makes the images those of another commit.
        size: of the layers, as a factor.
    """

    def __init__(self, directory: Path, content: str = "", size: int = 1) -> None:
        directory.mkdir(exist_ok=True)
        self._directory = directory
        self._number = 0
        self.blobs: dict[Digest, int] = {}
        self.flags: list[str] = []
        self._shared = self._layer(f"shared {content}".encode() * size)
        repositories: dict[str, dict[str, PlannedIndex]] = {}
        for image in IMAGES:
            for distribution in ("debian12", "debian13"):
                for variant in VARIANTS:
                    name = f"{image}-{distribution}"
                    index = self._index(f"{name} {variant} {content}", size)
                    repositories.setdefault(name, {})[variant] = index
        for image in IMAGES:
            repositories[image] = repositories[f"{image}-debian13"]
        self.plan = Plan(
            tuple(_repository(name, repositories[name]) for name in sorted(repositories))
        )
        plan = self._write(write_plan(self.plan))
        self.flags += ["--plan", plan, "--commit", COMMIT, "--source", SOURCE]

    def tags(self, name: str, commit: str = COMMIT) -> dict[str, Digest]:
        """The tags of a repository."""
        return {
            tag.replace("{commit}", commit): digest
            for each in self.plan.repositories
            for tag, digest in each.tags.items()
            if each.name == name
        }

    def _index(self, text: str, size: int) -> PlannedIndex:
        images = [self._image(f"{text} {architecture}", size) for architecture in ARCHITECTURES]
        manifests = []
        for architecture, image in zip(ARCHITECTURES, images, strict=True):
            platform = Platform("linux", architecture)
            manifests.append(Descriptor(MANIFEST, image.digest, image.size, platform=platform))
        data = Index(tuple(manifests)).encode()
        path = self._write(data)
        self.flags += ["--index", path]
        self._provenance(path, text)
        planned = [
            PlannedImage(architecture, image.digest)
            for architecture, image in zip(ARCHITECTURES, images, strict=True)
        ]
        return PlannedIndex(f"//:{text.replace(' ', '_')}", digest_of(data), tuple(planned))

    def _image(self, text: str, size: int) -> Descriptor:
        layers = (self._shared, self._layer(text.encode() * size))
        architecture = text.rpartition(" ")[2]
        config = ImageConfig(
            Platform("linux", architecture), tuple(each.digest for each in layers)
        ).encode()
        self.blobs[digest_of(config)] = len(config)
        data = Manifest(describe(CONFIG, config), layers).encode()
        manifest = self._write(data)
        self.flags += ["--image", manifest, self._write(config)]
        for kind in (SPDX, CYCLONEDX):
            predicate = self._write(json.dumps({"of": text, "kind": kind}).encode())
            self.flags += ["--predicate", manifest, kind, predicate]
        self.flags += ["--predicate", manifest, OPENVEX, self._write(b"")]
        self._provenance(manifest, text)
        return describe(MANIFEST, data)

    def _provenance(self, document: str, text: str) -> None:
        target = f"//:{text.replace(' ', '_')}"
        provenance = Provenance(target, (), {}, "1.0", (Material("https://example.org/a.deb"),))
        predicate = self._write(dump_json(provenance.predicate()))
        self.flags += ["--predicate", document, PROVENANCE, predicate]

    def _layer(self, data: bytes) -> Descriptor:
        layer = describe(LAYER, data)
        path = self._write(data)
        with open(f"{path}.json", "wb") as out:
            write_layer(Layer(descriptor=layer, diff_id=layer.digest), out)
        self.flags += ["--layer", f"{path}.json", path]
        self.blobs[layer.digest] = layer.size
        return layer

    def _write(self, data: bytes) -> str:
        self._number += 1
        path = self._directory / str(self._number)
        path.write_bytes(data)
        return str(path)


def _repository(name: str, variants: dict[str, PlannedIndex]) -> PlannedRepository:
    tags: dict[str, Digest] = {}
    for variant, index in variants.items():
        tags |= tags_of(variant, index)
    return PlannedRepository(name, tuple(variants.values()), tags)


def tags_in(registry: FakeRegistry, path: str) -> dict[str, Digest]:
    """The tags of a repository, less those that are lists of referrers."""
    return {
        name: digest_of(data)
        for (where, name), (_, data) in list(registry.manifests.items())
        if where == path and ":" not in name and not name.startswith("sha256-")
    }


def faults_of_tags(registry: FakeRegistry, *, signed: bool = True) -> Iterator[str]:
    """What tags name that is not whole, not signed or not described: nothing, at any time."""
    for path in sorted({path for path, _ in list(registry.manifests)}):
        for tag, digest in tags_in(registry, path).items():
            for fault in _faults(registry, path, digest, signed):
                yield f"{path}:{tag}: {fault}"


def _faults(registry: FakeRegistry, path: str, digest: str, signed: bool) -> Iterator[str]:
    found = registry.manifests.get((path, digest))
    if found is None:
        yield f"manifest {digest} is missing"
        return
    fields = json.loads(found[1])
    children = fields.get("manifests", [])
    for child in children:
        yield from _faults(registry, path, child["digest"], signed)
    for blob in [*fields.get("layers", []), *([fields["config"]] if "config" in fields else [])]:
        if (path, blob["digest"]) not in registry.blobs:
            yield f"blob {blob['digest']} is missing"
    if signed:
        types = attached_types(registry, path, digest)
        if missing := ({SIGNATURE, PROVENANCE} if children else TYPES) - types:
            yield f"manifest {digest} lacks {sorted(missing)}"


def attached_types(registry: FakeRegistry, path: str, digest: str) -> set[str]:
    """The predicate types of what is attached to a manifest, by its list of referrers."""
    listed = registry.manifests.get((path, digest.replace(":", "-")))
    if listed is None:
        return set()
    found = set()
    for each in json.loads(listed[1])["manifests"]:
        manifest = json.loads(registry.manifests[path, each["digest"]][1])
        layer = manifest["layers"][0]["digest"]
        bundle = json.loads(registry.blobs[path, layer])
        assert "dsseEnvelope" in bundle
        found.add(manifest["annotations"][PREDICATE_TYPE])
    return found


def write_key() -> None:
    """Writes a new key to key.pem."""
    Path("key.pem").write_bytes(private_pem(ec.generate_private_key(ec.SECP256R1())))


def publish(registry: FakeRegistry, sample: SampleRelease, *flags: str) -> None:
    """Runs the program, signed with key.pem unless the flags say otherwise."""
    signer = [] if {"--unsigned", "--dry-run"} & {*flags} else ["--sign-key", "key.pem"]
    common = ["--registry", f"{registry.host}/project", "--insecure", *signer]
    assert main([*sample.flags, *common, *flags]) == 0


def writes(registry: FakeRegistry) -> list[str]:
    """The requests that change the registry."""
    return [each for each in registry.requests if each.split()[0] not in ("GET", "HEAD")]
