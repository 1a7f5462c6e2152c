"""The peer's own virtual environment, made when it is asked for: no dependency of ours."""

import subprocess
import sys
import venv
from pathlib import Path

HELPDESK = "django-helpdesk==2.6.1"
PACKAGES = (HELPDESK, "psycopg[binary]>=3.2,<4")


def python(folder: Path) -> Path:
    """Its interpreter; the packages are fetched the first time."""
    program = folder / "bin" / "python"
    complete = folder / "complete"
    if not complete.exists():
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(program), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *PACKAGES], check=True, stdout=sys.stderr)  # noqa: S603 - ours
        complete.write_text("\n".join(PACKAGES))
    return program
