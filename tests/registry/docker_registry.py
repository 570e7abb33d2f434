"""Debian's docker-registry on loopback: open, with passwords, with tokens, with TLS."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from tests.registry.certificates import Certificate
from tests.registry.token_server import SERVICE, token_server

USER = "user"
PASSWORD = "open sesame"
# bcrypt, which is all that the registry reads. Its salt is not random.
_HTPASSWD = f"{USER}:$2y$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW\n"


@contextlib.contextmanager
def docker_registry(
    directory: Path,
    *,
    auth: str = "",
    certificate: Certificate | None = None,
    log: list[str] | None = None,
) -> Iterator[str]:
    """Runs a registry; yields its HOST:PORT.

    Args:
        directory: for its files.
        auth: "htpasswd" or "token": who may use it; everyone by default.
        certificate: serves https with it.
        log: gets the lines of the registry's log.
    """
    program = shutil.which("docker-registry")
    assert program, "docker-registry is not on PATH (hint: apt-get install docker-registry)"
    with contextlib.ExitStack() as stack:
        http: dict[str, Any] = {"addr": "127.0.0.1:0"}
        if certificate:
            http["tls"] = {"certificate": certificate.path, "key": certificate.key_path}
        config: dict[str, Any] = {
            "version": 0.1,
            "storage": {"filesystem": {"rootdirectory": str(directory / "data")}},
            "http": http,
        }
        if auth == "htpasswd":
            (directory / "htpasswd").write_text(_HTPASSWD)
            config["auth"] = {"htpasswd": {"realm": "test", "path": str(directory / "htpasswd")}}
        if auth == "token":
            signer = Certificate(directory, "signer")
            realm = stack.enter_context(token_server(signer, USER, PASSWORD))
            config["auth"] = {
                "token": {
                    "realm": realm,
                    "service": SERVICE,
                    "issuer": SERVICE,
                    "rootcertbundle": signer.path,
                }
            }
        path = directory / "config.yml"
        path.write_text(json.dumps(config))
        server = stack.enter_context(
            subprocess.Popen(
                [program, "serve", str(path)],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env={"OTEL_TRACES_EXPORTER": "none"},
            )
        )
        assert server.stdout
        lines = [] if log is None else log

        def read(output: IO[str]) -> None:
            """Reads on: the log must not fill the pipe."""
            for line in output:
                if log is not None:
                    log.append(line)

        reader = threading.Thread(target=read, args=[server.stdout], daemon=True)

        def stop() -> None:
            server.terminate()
            if reader.ident:
                reader.join()

        stack.callback(stop)
        for line in server.stdout:
            lines.append(line)
            if match := re.search(r"listening on (127\.0\.0\.1:\d+)", line):
                break
        else:
            raise AssertionError("docker-registry ended: " + "".join(lines))
        reader.start()
        yield match[1]
