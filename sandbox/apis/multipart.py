"""Answers of several parts, by which the API hands a function's files out."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from starlette.responses import Response

from sandbox.apis.projects import Files


def response(metadata: Mapping[str, Any], files: Files) -> Response:
    """A form with the metadata first, then each file under its path."""
    boundary = uuid.uuid4().hex
    body = b"".join(_parts(boundary, metadata, files))
    return Response(body, media_type=f"multipart/form-data; boundary={boundary}")


def _parts(boundary: str, metadata: Mapping[str, Any], files: Files) -> Iterator[bytes]:
    yield _head(boundary, 'name="metadata"', "application/json")
    yield json.dumps(metadata).encode()
    for path, content in files.items():
        disposition = f'name="file"; filename="{path.rpartition("/")[2]}"'
        yield _head(boundary, disposition, "application/octet-stream", path)
        yield content
    yield f"\r\n--{boundary}--\r\n".encode()


def _head(boundary: str, disposition: str, media_type: str, path: str | None = None) -> bytes:
    lines = [f"--{boundary}", f"Content-Disposition: form-data; {disposition}", f"Content-Type: {media_type}"]
    if path is not None:
        lines.append(f"Supabase-Path: {path}")
    return ("\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode()
