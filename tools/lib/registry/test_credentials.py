import base64
import json
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import Json
from tools.lib.oci.reference import parse_repository
from tools.lib.registry.credentials import Credentials, find_credentials

APP = parse_repository("registry.example.com:5000/team/app")
HUB = parse_repository("library/debian")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".docker").mkdir()
    (tmp_path / "bin").mkdir()
    return tmp_path


def environment(home: Path, **variables: str) -> dict[str, str]:
    return {"HOME": str(home), "PATH": f"{home}/bin:/usr/bin:/bin", **variables}


def auth(user: str, password: str) -> Json:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def write(path: Path, value: Json) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
    return path


def helper(home: Path, name: str, script: str) -> None:
    path = home / "bin" / f"docker-credential-{name}"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    "key",
    [
        "registry.example.com:5000",
        "https://registry.example.com:5000",
        "https://registry.example.com:5000/v2/",
        "registry.example.com:5000/team",
        "registry.example.com:5000/team/app",
    ],
)
def test_keys_of_auths(home: Path, key: str) -> None:
    write(home / ".docker/config.json", {"auths": {key: auth("u", "p:w")}})
    assert find_credentials(APP, environment(home)) == Credentials("u", "p:w")


def test_the_most_specific_key_counts(home: Path) -> None:
    host = "registry.example.com:5000"
    auths = {host: auth("host", "1"), f"{host}/team/app": auth("app", "2")}
    write(home / ".docker/config.json", {"auths": auths})
    assert find_credentials(APP, environment(home)) == Credentials("app", "2")


def test_docker_hub_has_an_old_key(home: Path) -> None:
    write(home / ".docker/config.json", {"auths": {"https://index.docker.io/v1/": auth("u", "p")}})
    assert find_credentials(HUB, environment(home)) == Credentials("u", "p")
    assert find_credentials(APP, environment(home)) is None


def test_files_are_searched_in_order(home: Path) -> None:
    def config(user: str) -> Json:
        return {"auths": {"registry.example.com:5000": auth(user, "p")}}

    variables = {
        "DOCKER_CONFIG": f"{home}/docker",
        "REGISTRY_AUTH_FILE": f"{home}/auth.json",
        "XDG_RUNTIME_DIR": f"{home}/run",
        "XDG_CONFIG_HOME": f"{home}/xdg",
    }
    paths = ["docker/config.json", "auth.json", "run/containers/auth.json"]
    for path in [*paths, "xdg/containers/auth.json"]:
        write(home / path, config(path))
    write(home / ".docker/config.json", config("not with DOCKER_CONFIG"))
    for path in [*paths, "xdg/containers/auth.json"]:
        found = find_credentials(APP, environment(home, **variables))
        assert found == Credentials(path, "p")
        (home / path).unlink()
    assert find_credentials(APP, environment(home, **variables)) is None


@pytest.mark.parametrize("key", ["credsStore", "credHelpers"])
def test_helpers(home: Path, key: str) -> None:
    host = "registry.example.com:5000"
    value = "own" if key == "credsStore" else {host: "own"}
    write(home / ".docker/config.json", {key: value, "auths": {host: {}}})
    helper(
        home, "own", f'read host; [ "$host" = {host} ]; echo \'{{"Username":"u","Secret":"s"}}\''
    )
    assert find_credentials(APP, environment(home)) == Credentials("u", "s")


def test_a_helper_may_have_an_identity_token(home: Path) -> None:
    write(home / ".docker/config.json", {"credsStore": "own"})
    helper(home, "own", 'echo \'{"Username":"<token>","Secret":"refresh"}\'')
    assert find_credentials(APP, environment(home)) == Credentials(identity_token="refresh")


def test_a_store_without_the_registry_leaves_it_to_auths(home: Path) -> None:
    auths = {"registry.example.com:5000": auth("u", "p")}
    write(home / ".docker/config.json", {"credsStore": "own", "auths": auths})
    helper(home, "own", "echo credentials not found in native keychain; exit 1")
    assert find_credentials(APP, environment(home)) == Credentials("u", "p")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"identitytoken": "i"}, Credentials(identity_token="i")),
        ({"registrytoken": "r"}, Credentials(registry_token="r")),
        ({"username": "u", "password": "p"}, Credentials("u", "p")),
        ({}, None),
    ],
)
def test_forms_of_entries(home: Path, entry: Json, expected: Credentials | None) -> None:
    write(home / ".docker/config.json", {"auths": {"registry.example.com:5000": entry}})
    assert find_credentials(APP, environment(home)) == expected


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"auth": "SECRET!"}, "auth is not base64 of USER:PASSWORD"),
        ({"auth": ["SECRET"]}, "auth must be a string"),
        ("SECRET", "must be an object"),
    ],
)
def test_no_error_shows_a_secret(home: Path, entry: object, message: str) -> None:
    write(home / ".docker/config.json", {"auths": {"registry.example.com:5000": entry}})
    with pytest.raises(ToolError) as caught:
        find_credentials(APP, environment(home))
    assert message in str(caught.value)
    assert "SECRET" not in str(caught.value)


def test_errors_of_helpers(home: Path) -> None:
    write(home / ".docker/config.json", {"credsStore": "own"})
    with pytest.raises(ToolError, match=r"config\.json: docker-credential-own not found"):
        find_credentials(APP, environment(home))
    helper(home, "own", "echo SECRET; exit 3")
    with pytest.raises(ToolError) as caught:
        find_credentials(APP, environment(home))
    assert "docker-credential-own get failed for registry.example.com:5000: exit status 3" in str(
        caught.value
    )
    assert "SECRET" not in str(caught.value)
    helper(home, "own", "echo SECRET")
    with pytest.raises(ToolError, match="docker-credential-own get: the output is not JSON"):
        find_credentials(APP, environment(home))


def test_a_secret_is_not_in_the_repr() -> None:
    assert "SECRET" not in repr(Credentials("u", "SECRET", "SECRET", "SECRET"))
