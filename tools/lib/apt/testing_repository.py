"""Signed apt repositories for tests, in a directory served on loopback."""

from __future__ import annotations

import bz2
import contextlib
import datetime
import gzip
import hashlib
import lzma
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pysequoia
import zstandard

_COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    ".xz": lzma.compress,
    ".zst": zstandard.compress,
    ".bz2": bz2.compress,
    ".lzma": partial(lzma.compress, format=lzma.FORMAT_ALONE),
    ".gz": partial(gzip.compress, mtime=0),
    ".lz4": bytes,  # Which needs no real content: it is not supported.
    "": bytes,
}


def stanza(name: str, version: str = "1.0", architecture: str = "amd64", **fields: str) -> str:
    """A package as an index lists it; write `Pre_Depends` for Pre-Depends."""
    file = f"{name}_{version.partition(':')[2] or version}_{architecture}.deb"
    lines = {
        "Package": name,
        "Version": version,
        "Architecture": architecture,
        "Filename": f"pool/main/{name[0]}/{name}/{file}",
        "Size": "1000",
        "SHA256": hashlib.sha256(file.encode()).hexdigest(),
        "Description": "for tests\n with a second line",
        **{key.replace("_", "-"): value for key, value in fields.items()},
    }
    return "".join(f"{key}: {value}\n" for key, value in lines.items())


def date(days: float = 0) -> str:
    """The time in `days` from now, as Release files write it."""
    at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    return at.strftime("%a, %d %b %Y %H:%M:%S UTC")


class SignedRepository:
    """A directory with `dists/`, and the key that signs its suites."""

    def __init__(self, root: Path, key: pysequoia.Tsk | None = None) -> None:
        self.root = root
        self.key = key or pysequoia.Tsk.generate("Archive of Tests <archive@example.org>")

    def write_keyring(self, path: Path, *, expired: bool = False) -> str:
        """Writes the public key; returns its fingerprint."""
        certificate = self.key.extract_certificate()
        if expired:
            # A new key is dated one minute back, and cannot expire before that.
            moment = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=10)
            certificate = certificate.set_expiration(moment, self.key.certifier())
        path.write_bytes(bytes(certificate))
        return str(certificate.fingerprint)

    def write_suite(
        self,
        name: str,
        packages: Mapping[str, Sequence[str]],
        *,
        by_hash: bool = True,
        compressed: Sequence[str] = (".xz",),
        text_listed: bool = True,
        line_end: str = "\n",
        detached: bool = False,
        **fields: str,
    ) -> Path:
        """Writes a suite with the component main.

        Args:
            name: its codename; one that ends in / makes a flat repository.
            packages: stanzas by architecture.
            by_hash: whether the indexes are under their hashes only.
            compressed: suffixes of the compressions to write.
            text_listed: whether to list the uncompressed index, which is not written.
            line_end: of all files.
            detached: whether to write Release and Release.gpg instead of InRelease.
            fields: more fields of the Release file, or other values.
        """
        flat = name.endswith("/")
        directory = self.root / name if flat else self.root / "dists" / name
        sums = []
        for architecture, stanzas in packages.items():
            path = "Packages" if flat else f"main/binary-{architecture}/Packages"
            text = "\n".join(stanzas).replace("\n", line_end).encode()
            if text_listed:
                sums.append(f" {hashlib.sha256(text).hexdigest()} {len(text)} {path}\n")
            for suffix in compressed:
                data = _COMPRESSORS[suffix](text)
                sha256 = hashlib.sha256(data).hexdigest()
                sums.append(f" {sha256} {len(data)} {path}{suffix}\n")
                file = directory / (path + suffix)
                if by_hash:
                    file = file.parent / "by-hash" / "SHA256" / sha256
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
        release = {
            "Codename": name,
            "Date": date(-1),
            "Architectures": " ".join(packages),
            "Components": "main",
            "Acquire-By-Hash": "yes" if by_hash else "no",
            **{key.replace("_", "-"): value for key, value in fields.items()},
        }
        head = "".join(f"{key}: {value}\n" for key, value in release.items() if value)
        release_text = (head + "SHA256:\n" + "".join(sums)).replace("\n", line_end)
        if detached:
            self.sign_detached(directory, release_text)
        else:
            self.sign(directory, release_text)
        return directory

    def sign(self, directory: Path, release: str) -> None:
        """Writes InRelease."""
        clear = pysequoia.SignatureMode.CLEAR
        signed = pysequoia.sign(self.key.signer(), release.encode(), mode=clear)
        (directory / "InRelease").write_bytes(signed)

    def sign_detached(self, directory: Path, release: str) -> None:
        """Writes Release and Release.gpg."""
        detached = pysequoia.SignatureMode.DETACHED
        signature = pysequoia.sign(self.key.signer(), release.encode(), mode=detached)
        (directory / "InRelease").unlink(missing_ok=True)
        (directory / "Release").write_text(release, newline="")
        (directory / "Release.gpg").write_bytes(signature)


@contextlib.contextmanager
def serve(root: Path) -> Iterator[str]:
    """Serves a directory; yields its URL."""
    handler = partial(_Quiet, directory=str(root))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass
