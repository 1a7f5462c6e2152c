"""Makes what a first `make up` needs: the secret of the mails, and tokens for the HTTP doors."""

# ruff: noqa: INP001, T201 - a program by itself, which prints

import hashlib
import secrets
import sys
from pathlib import Path

DEPLOY = Path(__file__).parent
SCOPES = {
    "dashboard": ("reports:read",),
    "gateway": ("tickets:write", "tickets:read", "commands:write", "channels:write"),
}


def main(directory: Path) -> int:
    """Changes nothing that is there already."""
    environment, tokens = directory / ".env", directory / "tokens.yaml"
    for path in (environment, tokens):
        if path.exists():
            print(f"{path} is there already and stays as it is; delete it to make it anew")
    if not environment.exists():
        environment.touch(mode=0o600)
        environment.write_text(f"DESKSTREAM_MAIL_SECRET={secrets.token_hex(32)}\n", "utf-8")
        print(f"{environment}: made (the mails' secret; every other setting has its default)")
    if not tokens.exists():
        made = {name: "ds_" + secrets.token_urlsafe(32) for name in SCOPES}
        tokens.write_text(token_file(made), "utf-8")
        print(f"{tokens}: made (hashes only). These tokens are shown once:")
        for name, secret in made.items():
            print(f"  {name:10} {secret}  ({', '.join(SCOPES[name])})")
    return 0


def token_file(made: dict[str, str]) -> str:
    lines = ["tokens:"]
    for name, secret in made.items():
        lines += [
            f"  - name: {name}",
            f"    sha256: {hashlib.sha256(secret.encode()).hexdigest()}",
            f"    scopes: [{', '.join(SCOPES[name])}]",
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(DEPLOY))
