"""Files: read with one clear message, and written so that nobody ever meets half of one."""

from __future__ import annotations

import os
from pathlib import Path

from engine.errors import EngineError

_TEMPORARY = ".{name}.{mark}.tmp"


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """A file's text. FileNotFoundError is the caller's; EngineError for what is no text or can't be read."""
    try:
        return path.read_text(encoding=encoding)
    except FileNotFoundError:
        raise
    except UnicodeDecodeError as error:
        raise EngineError(
            f"{path} can't be read: it is not UTF-8 text (byte {error.start} is "
            f"0x{error.object[error.start]:02x}); restore it, or write it anew."
        ) from None
    except OSError as error:
        raise EngineError(f"{path} can't be read: {error.strerror}; check its permissions.") from None


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file's content, keeping its permissions; makes the folder where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    target = path.resolve()  # a link stays a link
    temporary = _temporary(target)
    try:
        with temporary.open("xb") as file:
            if target.exists():
                os.fchmod(file.fileno(), target.stat().st_mode & 0o7777)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def keep_former(path: Path, former: Path) -> None:
    """Let `former` be the file as it is now, when it is about to be replaced; nothing where there is none."""
    target = path.resolve()
    temporary = _temporary(former)
    try:
        os.link(target, temporary)
    except FileNotFoundError:
        return
    except OSError:  # a file system without links
        write_atomically(former, target.read_bytes())
        return
    try:
        temporary.replace(former)
    finally:
        # Where both are one file already, the first name is left.
        temporary.unlink(missing_ok=True)


def sweep(path: Path) -> None:
    """Delete what those left beside a file who were killed while they replaced it; the name may be `*`."""
    target = path.resolve()
    for temporary in target.parent.glob(_TEMPORARY.format(name=target.name, mark="[0-9a-f]" * 16)):
        temporary.unlink(missing_ok=True)


def _temporary(path: Path) -> Path:
    return path.with_name(_TEMPORARY.format(name=path.name, mark=os.urandom(8).hex()))
