import ast
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.lib.cli.errors import ToolError, run
from tools.lib.data.json_values import Json
from tools.lib.oci.descriptor import digest_of
from tools.lib.oci.image_options import FILE_FORMS
from tools.oci_image.__main__ import main

PLATFORM = {"version": 1, "os": "linux", "architecture": "amd64"}


Call = Callable[..., dict[str, Any]]
OUTPUTS = ["--config-out=c", "--manifest-out=m", "--digest-out=d"]
IMAGE = [*OUTPUTS, "--image", "options.json", "options.json"]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs the tool in an empty directory on options; returns the config."""
    monkeypatch.chdir(tmp_path)

    def call(options: Json, **files: bytes) -> dict[str, Any]:
        (tmp_path / "options.json").write_text(json.dumps({**PLATFORM, **options}))
        argv = [*IMAGE]
        for name, text in files.items():
            (tmp_path / name).write_bytes(text)
            argv += [f"--{name.replace('_', '-')}-file", "0", name]
        assert main(argv) == 0
        config: dict[str, Any] = json.loads((tmp_path / "c").read_bytes())
        return config

    return call


def test_the_digest_file_has_the_digest_of_the_manifest_and_no_newline(
    call: Call, tmp_path: Path
) -> None:
    call({})
    manifest = (tmp_path / "m").read_bytes()
    assert (tmp_path / "d").read_text() == digest_of(manifest)


def test_null_is_an_option_that_is_not_given(call: Call) -> None:
    assert call(dict.fromkeys([*FILE_FORMS, "user", "workdir", "variant"])) == call({})


def test_options_in_files(call: Call, tmp_path: Path) -> None:
    config = call(
        {},
        env=b"A=x=y\r\n\nB=$A z\n",
        labels=b"a=1\n\nbare\n",
        annotations=b"\nx=y=z",
        entrypoint=b"/bin/app\n-a,b\n",
        cmd=b"--flag\n\nlast",
        exposed_ports=b"80,443/tcp\n",
        volumes=b"/a\n/b\n",
        created=b"2025-01-31T12:00:00Z\n",
    )
    assert config["created"] == "2025-01-31T12:00:00Z"
    assert config["config"] == {
        "Cmd": ["--flag", "last"],
        "Entrypoint": ["/bin/app", "-a,b"],
        "Env": ["A=x=y", "B=x=y z"],
        "ExposedPorts": {"80": {}, "443/tcp": {}},
        "Labels": {"a": "1", "bare": ""},
        "Volumes": {"/a": {}, "/b": {}},
    }
    assert json.loads((tmp_path / "m").read_bytes())["annotations"] == {"x": "y=z"}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"env": b"A=1\nB\n"}, r"^env:2: 'B' is not KEY=VALUE"),
        ({"env": b"=1\n"}, r"^env:1: '=1' is not KEY=VALUE"),
        ({"env": b"export A=1\n"}, r"^env: invalid variable name 'export A'"),
        ({"labels": b"a=1\n=x"}, r"^labels:2: "),
        ({"env": b"A=\xff"}, r"^env: not UTF-8"),
        ({"env": b"A=\0"}, r"^env: '.x00' contains a NUL"),
        ({"created": b"1735689600\n"}, r"^created: invalid time '1735689600' \(hint: RFC 3339"),
        ({"exposed_ports": b"80-90"}, r"^exposed_ports: invalid port '80-90'"),
    ],
)
def test_an_error_in_a_file_names_the_file_and_the_line(
    call: Call, files: dict[str, bytes], message: str
) -> None:
    with pytest.raises(ToolError, match=message):
        call({}, **files)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"architecture": "x86_64"},
            "architecture: 'x86_64' is not OCI's name (hint: write 'amd64'",
        ),
        ({"os": "Linux"}, "os: 'Linux' is not OCI's name (hint: write 'linux')"),
        ({"user": "0:"}, "user: '0:' is not USER or USER:GROUP"),
        ({"user": "a:b:c"}, "user: 'a:b:c' is not USER or USER:GROUP"),
        ({"user": "-1"}, "user: '-1' is not USER or USER:GROUP"),
        ({"user": "4294967295"}, "user: '4294967295': ids must be at most 2147483647"),
        ({"user": "1" * 5000}, "user: '1111"),
        ({"user": "a\0"}, "user: 'a\\x00' contains a NUL"),
        ({"workdir": "app"}, "workdir: 'app' is not an absolute path"),
        ({"volumes": ["data"]}, "volumes: 'data' is not an absolute path"),
        ({"exposed_ports": ["0"]}, "exposed_ports: invalid port '0'"),
        ({"exposed_ports": ["80/http"]}, "exposed_ports: invalid port '80/http'"),
        ({"exposed_ports": ["9" * 5000]}, "exposed_ports: invalid port '999"),
        ({"entrypoint": "/bin/sh"}, "entrypoint: must be a list, not '/bin/sh'"),
        ({"entrypoint": [""]}, "entrypoint: the first string is empty"),
        ({"entrypoint": ["a", "\0"]}, "entrypoint: '\\x00' contains a NUL"),
        ({"env": [["A B", "1"]]}, "env: invalid variable name 'A B'"),
        ({"env": [["A", 1]]}, "env[0][1]: must be a string, not 1"),
        ({"env": [["A"]]}, "env[0]: must be a key and a value, not 1 strings"),
        ({"env": {"A": "1"}}, "env: must be a list, not an object"),
        ({"labels": {"": "x"}}, "labels: empty name of the value 'x'"),
        ({"labels": {"a": "\ud800"}}, "a string contains a lone surrogate"),
        ({"entripoint": []}, "unknown option 'entripoint'"),
    ],
)
def test_an_invalid_option_is_an_error(call: Call, options: Json, message: str) -> None:
    with pytest.raises(ToolError) as caught:
        call(options)
    assert str(caught.value).startswith(f"options.json: {message}")


def test_variables_keep_their_order_and_refer_to_those_before_them(call: Call) -> None:
    env = [["Z", "/opt"], ["A", "$Z/bin:$B"], ["B", "x"]]
    assert call({"env": env})["config"]["Env"] == ["Z=/opt", "A=/opt/bin:", "B=x"]


def test_a_value_and_a_file_of_one_option_exclude_each_other(call: Call) -> None:
    with pytest.raises(ToolError, match="env: given twice, as a value and as the file env"):
        call({"env": []}, env=b"A=1")


def test_a_base_without_a_manifest_is_an_error_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "options.json").write_text(json.dumps(PLATFORM))
    assert run(main, ["oci_image", *IMAGE, "--base-config=b"]) == 1
    assert capsys.readouterr().err == "error: options.json: the base has no manifest\n"
    assert [path.name for path in tmp_path.iterdir()] == ["options.json"]


def test_errors_name_the_image_by_its_label(call: Call, tmp_path: Path) -> None:
    (tmp_path / "options.json").write_text('{"version": 1, "os": "linux"}')
    with pytest.raises(ToolError, match=r"^//x:image: no base, and architecture is missing "):
        main([*OUTPUTS, "--image", "//x:image", "options.json"])
    (tmp_path / "options.json").write_text('{"version": 1, "user": "a b"}')
    with pytest.raises(ToolError, match=r"^//x:image: user: 'a b' is not USER"):
        main([*OUTPUTS, "--image", "//x:image", "options.json"])


def starlark_options() -> set[str]:
    """The options that the rule takes as a list or a dict and as a file."""
    path = Path(__file__).parents[2] / "rules/private/image_options.bzl"
    for statement in ast.parse(path.read_text()).body:
        match statement:
            case ast.Assign([ast.Name("_OPTIONS")], ast.Dict(keys)):
                return {ast.literal_eval(key) for key in keys if key}
    raise AssertionError(f"{path}: _OPTIONS is missing")


def test_the_rule_has_the_same_file_forms() -> None:
    assert starlark_options() == set(FILE_FORMS)


def write_json(path: str, value: Json) -> None:
    Path(path).write_text(json.dumps(value))


def write_layer(letter: str) -> None:
    """Writes `<letter>.layer.json`."""
    digest = "sha256:" + 64 * letter
    media_type = "application/vnd.oci.image.layer.v1.tar+gzip"
    write_json(
        f"{letter}.layer.json",
        {
            "version": 1,
            "descriptor": {"mediaType": media_type, "digest": digest, "size": 1},
            "diff_id": digest,
            "architecture": None,
            "architecture_owner": "",
            "created": 1735689600,
            "created_by": letter,
        },
    )


def test_a_chain_of_images_is_the_same_as_each_on_the_documents_of_the_one_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for letter in "abc":
        write_layer(letter)
    write_json("bottom.json", {**PLATFORM, "env": [["PATH", "/bin"]], "labels": {"l": "1"}})
    write_json("middle.json", {"version": 1, "base_name": "example/bottom"})
    write_json("top.json", {"version": 1, "base_name": "example/middle", "user": "1"})
    Path("env").write_text("PATH=/opt:$PATH\n")
    below: list[str] = []
    flags = {
        "bottom": ["--layer", "0", "a.layer.json"],
        "middle": ["--layer", "0", "b.layer.json", "--env-file", "0", "env"],
        "top": ["--layer", "0", "c.layer.json"],
    }
    for name, own in flags.items():
        outputs = [f"--{each}-out={name}.{each}" for each in ("config", "manifest", "digest")]
        assert main([*outputs, *below, "--image", name, f"{name}.json", *own]) == 0
        below = [f"--base-config={name}.config", f"--base-manifest={name}.manifest"]

    chain = list(OUTPUTS)
    for number, (name, own) in enumerate(flags.items()):
        chain += ["--image", name, f"{name}.json"]
        chain += [str(number) if each == "0" else each for each in own]
    assert main(chain) == 0
    assert Path("c").read_bytes() == Path("top.config").read_bytes()
    assert Path("m").read_bytes() == Path("top.manifest").read_bytes()
    assert json.loads(Path("m").read_bytes())["annotations"] == {
        "org.opencontainers.image.base.digest": Path("middle.digest").read_text(),
        "org.opencontainers.image.base.name": "example/middle",
    }
    config = json.loads(Path("c").read_bytes())
    assert config["config"] == {"Env": ["PATH=/opt:/bin"], "Labels": {"l": "1"}, "User": "1"}


def test_an_error_in_an_image_below_names_that_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_json("bottom.json", {**PLATFORM, "user": "a b"})
    write_json("top.json", {"version": 1})
    images = ["--image", "//:bottom", "bottom.json", "--image", "//:top", "top.json"]
    with pytest.raises(ToolError, match=r"^//:bottom: user: 'a b' is not USER"):
        main([*OUTPUTS, *images])
