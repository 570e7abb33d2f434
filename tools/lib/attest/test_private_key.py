import base64
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519

from tools.lib.attest.key_signer import KeySigner, read_public_key
from tools.lib.attest.private_key import PrivateKey, read_private_key
from tools.lib.attest.testing import COSIGN_KEY, COSIGN_PUB, PASSWORD, private_pem, public_pem
from tools.lib.cli.errors import ToolError

SECRET = {"COSIGN_PASSWORD": PASSWORD}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "key"


def test_a_key_of_cosign(path: Path) -> None:
    path.write_text(COSIGN_KEY)
    signer = KeySigner(read_private_key(str(path), SECRET))
    assert public_pem(signer).decode() == COSIGN_PUB
    path.write_text(COSIGN_PUB)
    assert read_public_key(str(path)) == signer.verifier.key


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65537, 2048),
    ],
)
@pytest.mark.parametrize("password", ["", PASSWORD])
def test_a_key_in_pem(path: Path, key: PrivateKey, password: str) -> None:
    path.write_bytes(private_pem(key, password))
    found = read_private_key(str(path), SECRET)  # cosign ignores a password that is not needed
    assert found.public_key() == key.public_key()


PEM = private_pem(ec.generate_private_key(ec.SECP256R1()), PASSWORD).decode()
ENCRYPTED = "key: the key is encrypted (hint: set COSIGN_PASSWORD to its password)"
WRONG = "key: wrong password (hint: COSIGN_PASSWORD must be the password of the key)"
NO_KEY = (
    "key: not a private key (hint: use a key from cosign generate-key-pair, "
    "or a private key in PEM)"
)


@pytest.mark.parametrize(
    ("text", "environment", "message"),
    [
        (COSIGN_KEY, {}, ENCRYPTED),
        (PEM, {}, ENCRYPTED),
        (COSIGN_KEY, {"COSIGN_PASSWORD": ""}, WRONG),
        (COSIGN_KEY, {"COSIGN_PASSWORD": "secret word"}, WRONG),
        (PEM, {"COSIGN_PASSWORD": "secret word"}, WRONG),
        (COSIGN_PUB, SECRET, NO_KEY),
        ("", SECRET, NO_KEY),
        ("x" * 70_000, SECRET, NO_KEY),
        (COSIGN_KEY.replace("\n", "\n!", 1), SECRET, NO_KEY),
    ],
)
def test_what_cannot_be_read(
    path: Path, text: str, environment: dict[str, str], message: str
) -> None:
    path.write_text(text)
    with pytest.raises(ToolError) as caught:
        read_private_key(str(path), environment)
    assert str(caught.value).removeprefix(f"{path.parent}/") == message
    assert "secret word" not in str(caught.value)


def test_a_key_that_does_not_sign(path: Path) -> None:
    path.write_bytes(private_pem(x25519.X25519PrivateKey.generate()))  # type: ignore[arg-type]
    with pytest.raises(ToolError, match=re.escape("unsupported kind of key (hint: use an ECDSA")):
        read_private_key(str(path), {})


@pytest.mark.parametrize(
    ("field", "value"), [('"N":65536', '"N":1073741824'), ('"r":8', '"r":800'), ("scrypt", "md5")]
)
def test_a_key_that_costs_too_much(path: Path, field: str, value: str) -> None:
    """An attacker's file must not take all memory."""
    lines = COSIGN_KEY.splitlines()
    text = base64.b64decode("".join(lines[1:-1])).decode()
    assert field in text
    body = base64.b64encode(text.replace(field, value).encode()).decode()
    path.write_text("\n".join((lines[0], body, lines[-1])))
    with pytest.raises(ToolError, match=r"key: kdf\.params\.|key: unknown encryption"):
        read_private_key(str(path), SECRET)
