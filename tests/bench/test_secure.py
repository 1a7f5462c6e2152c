"""The certificate made for a run opens the door, for this machine's address only."""

import shutil
import ssl
from pathlib import Path

import pytest

from tests.bench.secure import make_certificate

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")


def _shake_hands(certificate: Path, address: str) -> str | None:
    """The protocol that both ends agree on, without a network."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate.with_name("both.pem"))
    calling = ssl.create_default_context(cafile=str(certificate))
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = calling.wrap_bio(back, there, server_hostname=address)
    server = serving.wrap_bio(there, back, server_side=True)
    for end in (client, server, client, server):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return client.version() and server.version()


def test_a_client_that_trusts_it_is_let_in(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    assert _shake_hands(certificate, "127.0.0.1") == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        _shake_hands(certificate, "127.0.0.2")
