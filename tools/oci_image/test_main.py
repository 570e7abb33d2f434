import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError, run
from tools.lib.data.json_values import Json
from tools.lib.oci.documents import digest_of
from tools.oci_image.__main__ import main
from tools.oci_image.settings import FILE_FORMS, seconds_of

PLATFORM = {"os": "linux", "architecture": "amd64"}


Call = Callable[..., Json]
OUTPUTS = ["--config-out=c", "--manifest-out=m", "--digest-out=d", "--options=options.json"]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs the tool in an empty directory on options; returns the config."""
    monkeypatch.chdir(tmp_path)

    def call(options: Json, **files: bytes) -> Json:
        (tmp_path / "options.json").write_text(json.dumps({**PLATFORM, **options}))
        argv = [*OUTPUTS]
        for name, text in files.items():
            (tmp_path / name).write_bytes(text)
            argv += [f"--{name.replace('_', '-')}-file", name]
        assert main(argv) == 0
        config: Json = json.loads((tmp_path / "c").read_bytes())
        return config

    return call


def test_the_digest_file_is_the_manifest_s_digest_without_a_newline(
    call: Call, tmp_path: Path
) -> None:
    call({})
    manifest = (tmp_path / "m").read_bytes()
    assert (tmp_path / "d").read_text() == digest_of(manifest)


def test_options_that_are_null_are_not_given(call: Call) -> None:
    assert call(dict.fromkeys([*FILE_FORMS, "user", "workdir", "variant"])) == call({})


def test_the_forms_of_files(call: Call, tmp_path: Path) -> None:
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
        ({"env": b"export A=1\n"}, r"^env: 'export A' is no variable's name"),
        ({"labels": b"a=1\n=x"}, r"^labels:2: "),
        ({"env": b"A=\xff"}, r"^env: not UTF-8"),
        ({"created": b"1735689600\n"}, r"^created: '1735689600' is no RFC 3339 time.*as 2025"),
        ({"exposed_ports": b"80-90"}, r"^exposed_ports: '80-90' is no port"),
    ],
)
def test_faults_of_files_are_told_with_file_and_line(
    call: Call, files: dict[str, bytes], message: str
) -> None:
    with pytest.raises(ToolError, match=message):
        call({}, **files)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"architecture": "x86_64"},
            "architecture 'x86_64' is not OCI's name (hint: it is 'amd64')",
        ),
        ({"os": "Linux"}, "os 'Linux' is not OCI's name (hint: it is 'linux')"),
        ({"user": "0:"}, "user '0:' is not USER or USER:GROUP"),
        ({"user": "a:b:c"}, "user 'a:b:c' is not USER or USER:GROUP"),
        ({"user": "-1"}, "user '-1' is not USER or USER:GROUP"),
        ({"user": "4294967295"}, "user '4294967295': ids end at 2147483647"),
        ({"workdir": "app"}, "workdir 'app' is not absolute"),
        ({"volumes": ["data"]}, "volumes: volume 'data' is not an absolute path"),
        ({"exposed_ports": ["0"]}, "'0' is no port"),
        ({"exposed_ports": ["80/http"]}, "'80/http' is no port"),
        ({"entrypoint": "/bin/sh"}, "entrypoint: '/bin/sh', not a list"),
        ({"entrypoint": [""]}, "entrypoint: the first text is empty"),
        ({"env": [["A B", "1"]]}, "'A B' is no variable's name"),
        ({"env": [["A", 1]]}, "env[0][1]: 1, not a text"),
        ({"env": [["A"]]}, "env[0]: 1 texts, not a key and its value"),
        ({"env": {"A": "1"}}, "env: {'A': '1'}, not a list"),
        ({"labels": {"": "x"}}, "labels: an empty name"),
        ({"entripoint": []}, "'entripoint' is no option"),
    ],
)
def test_mistakes_in_options_are_told_with_their_place(
    call: Call, options: Json, message: str
) -> None:
    with pytest.raises(ToolError) as caught:
        call(options)
    assert str(caught.value).startswith("options.json: ")
    assert message in str(caught.value)


def test_variables_come_in_the_order_given_and_see_those_before(call: Call) -> None:
    env = [["Z", "/opt"], ["A", "$Z/bin:$B"], ["B", "x"]]
    assert call({"env": env})["config"]["Env"] == ["Z=/opt", "A=/opt/bin:", "B=x"]


def test_an_option_and_its_file_form_exclude_each_other(call: Call) -> None:
    with pytest.raises(ToolError, match="env is given here and by env: choose one"):
        call({"env": []}, env=b"A=1")


def test_a_base_without_a_manifest_is_one_line_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "options.json").write_text(json.dumps(PLATFORM))
    assert run(main, ["oci_image", *OUTPUTS, "--base-config=b"]) == 1
    assert capsys.readouterr().err == (
        "error: the base b comes without a manifest (hint: --base-manifest FILE)\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["options.json"]


@pytest.mark.parametrize(
    "text",
    ["", "2025-01-31", "2025-13-01T00:00:00Z", "2025-01-31T12:00:00", "2025-01-31 12:00:00Z"],
)
def test_times_that_go_clients_refuse_are_refused(text: str) -> None:
    with pytest.raises(ToolError, match="no RFC 3339 time"):
        seconds_of(text, "here")


def test_the_image_is_called_by_its_label(call: Call, tmp_path: Path) -> None:
    (tmp_path / "options.json").write_text('{"os": "linux"}')
    with pytest.raises(ToolError, match=r"^//x:image: no base, and no architecture \(hint: "):
        main([*OUTPUTS, "--label=//x:image"])
