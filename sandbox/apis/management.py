"""Supabase's Management API, as far as this project uses it: projects, health, functions and secrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import msgspec
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.apis import multipart
from sandbox.apis.projects import (
    BundleError,
    Files,
    Function,
    Project,
    Projects,
    Secret,
    Source,
    milliseconds,
    plain_path,
)
from sandbox.databases import REF_PATTERN

ORGANIZATION = "sandbox"
SLUG = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
UPLOAD_FILES = 2000
UPLOAD_PART_BYTES = 20_000_000

Healthy = Callable[[str], bool]
"""Whether the database of a project answers."""

Environment = Callable[[Project], Mapping[str, str]]
"""What the functions of a project find in theirs, Supabase's own names among it."""

Body = TypeVar("Body")


class RefusedError(Exception):
    """A request that is answered by an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Metadata(msgspec.Struct):
    """What an upload tells of its files."""

    entrypoint_path: str
    import_map_path: str | None = None
    static_patterns: list[str] = []
    verify_jwt: bool | None = None
    name: str | None = None


class Change(msgspec.Struct):
    """What is to change of a function as it is deployed."""

    name: str | None = None
    verify_jwt: bool | None = None
    body: str | None = None


class Activation(msgspec.Struct):
    """One function of a bulk update."""

    id: str
    slug: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
    name: str
    status: str
    version: int
    verify_jwt: bool | None = None
    entrypoint_path: str | None = None
    import_map_path: str | None = None
    ezbr_sha256: str | None = None


class GivenSecret(msgspec.Struct):
    """A secret that is to be set."""

    name: Annotated[str, msgspec.Meta(max_length=256, pattern="^(?!SUPABASE_)")]
    value: Annotated[str, msgspec.Meta(max_length=24_576)]


class Management:
    """The endpoints. Each reads a project and writes it back without a pause: none sees another's half."""

    def __init__(self, projects: Projects, healthy: Healthy, environment: Environment) -> None:
        self._projects = projects
        self._healthy = healthy
        self._environment = environment

    def routes(self) -> list[Route]:
        """Every endpoint below `/v1`."""
        return [
            Route("/projects", self.list_projects, methods=["GET"]),
            Route("/projects/{ref}", self.project, methods=["GET"]),
            Route("/projects/{ref}/health", self.health, methods=["GET"]),
            Route("/projects/{ref}/functions", self.list_functions, methods=["GET"]),
            Route("/projects/{ref}/functions", self.activate, methods=["PUT"]),
            Route("/projects/{ref}/functions/deploy", self.deploy, methods=["POST"]),
            Route("/projects/{ref}/functions/{slug}", self.function, methods=["GET"]),
            Route("/projects/{ref}/functions/{slug}", self.change, methods=["PATCH"]),
            Route("/projects/{ref}/functions/{slug}", self.delete, methods=["DELETE"]),
            Route("/projects/{ref}/functions/{slug}/body", self.download, methods=["GET"]),
            Route("/projects/{ref}/secrets", self.list_secrets, methods=["GET"]),
            Route("/projects/{ref}/secrets", self.set_secrets, methods=["POST"]),
            Route("/projects/{ref}/secrets", self.delete_secrets, methods=["DELETE"]),
        ]

    async def list_projects(self, _: Request) -> Response:
        found = (self._projects.read(ref) for ref in self._projects.refs())
        return JSONResponse([told_project(project) for project in found if project])

    async def project(self, request: Request) -> Response:
        return JSONResponse(told_project(self._project(request)))

    async def health(self, request: Request) -> Response:
        project = self._project(request)
        named = [name for given in request.query_params.getlist("services") for name in given.split(",")]
        if unknown := set(named) - SERVICES.keys() or not named:
            raise RefusedError(400, f"services: {unknown} is none of {', '.join(SERVICES)}")
        return JSONResponse([SERVICES[name](name, self._healthy(project.ref)) for name in named])

    async def list_functions(self, request: Request) -> Response:
        return JSONResponse([told(function) for function in self._project(request).functions.values()])

    async def function(self, request: Request) -> Response:
        return JSONResponse(told(self._function(request)[1]))

    async def deploy(self, request: Request) -> Response:
        async with request.form(
            max_files=UPLOAD_FILES, max_fields=UPLOAD_FILES, max_part_size=UPLOAD_PART_BYTES
        ) as form:
            metadata, files = _metadata(form), await _uploaded(form)
        slug = request.query_params.get("slug") or metadata.name or ""
        if not SLUG.fullmatch(slug):
            raise RefusedError(400, f"slug: {slug!r} must match {SLUG.pattern}")
        project = self._project(request)
        source = self._source(project, slug, metadata, files)
        put = project.bundle if request.query_params.get("bundleOnly") == "true" else project.deploy
        function = put(slug, metadata.name, source)
        self._projects.write(project)
        return JSONResponse(told(function), 201)

    async def activate(self, request: Request) -> Response:
        wanted = _decoded(await request.body(), list[Activation])
        project = self._project(request)
        activated = {item.slug: _activated(project, item) for item in wanted}
        project.functions |= activated
        project.bundled = {slug: each for slug, each in project.bundled.items() if slug not in activated}
        self._projects.write(project)
        return JSONResponse({"functions": [told(function) for function in activated.values()]})

    async def change(self, request: Request) -> Response:
        wanted = _decoded(await request.body() or b"{}", Change)
        project, live = self._function(request)
        if wanted.body is not None:
            raise RefusedError(400, "The sandbox takes a function's code by /functions/deploy alone")
        verify = wanted.verify_jwt if wanted.verify_jwt is not None else _flag(request, "verify_jwt")
        source = msgspec.structs.replace(
            live.source, verify_jwt=live.source.verify_jwt if verify is None else verify
        )
        name = wanted.name or request.query_params.get("name")
        function = project.deploy(live.slug, name, source)
        self._projects.write(project)
        return JSONResponse(told(function))

    async def delete(self, request: Request) -> Response:
        project, live = self._function(request)
        del project.functions[live.slug]
        self._projects.write(project)
        return JSONResponse({"message": "ok"})

    async def download(self, request: Request) -> Response:
        _, live = self._function(request)
        if "multipart/form-data" not in request.headers.get("accept", ""):
            raise RefusedError(406, "The sandbox has no eszip; ask for multipart/form-data")
        return multipart.response(
            {"deno2_entrypoint_path": live.source.entrypoint_path}, self._projects.files(live.source.bundle)
        )

    async def list_secrets(self, request: Request) -> Response:
        project = self._project(request)
        reserved = {
            name: Secret(value, project.created_at)
            for name, value in self._environment(project).items()
            if name.startswith("SUPABASE_")
        }
        return JSONResponse(
            [
                {"name": name, "value": secret.digest, "updated_at": _instant(secret.updated_at)}
                for name, secret in sorted({**reserved, **project.secrets}.items())
            ]
        )

    async def set_secrets(self, request: Request) -> Response:
        given = _decoded(await request.body(), list[GivenSecret])
        project, now = self._project(request), milliseconds()
        project.secrets |= {secret.name: Secret(secret.value, now) for secret in given}
        self._projects.write(project)
        return Response(status_code=201)

    async def delete_secrets(self, request: Request) -> Response:
        names = _decoded(await request.body(), list[str])
        project = self._project(request)
        project.secrets = {name: secret for name, secret in project.secrets.items() if name not in names}
        self._projects.write(project)
        return Response(status_code=200)

    def _project(self, request: Request) -> Project:
        ref = request.path_params["ref"]
        project = self._projects.read(ref) if REF_PATTERN.fullmatch(ref) else None
        if project is None:
            raise RefusedError(404, "Project not found")
        return project

    def _function(self, request: Request) -> tuple[Project, Function]:
        project = self._project(request)
        live = project.functions.get(request.path_params["slug"])
        if live is None:
            raise RefusedError(404, "Function not found")
        return project, live

    def _source(self, project: Project, slug: str, metadata: Metadata, files: Files) -> Source:
        entrypoint = plain_path(metadata.entrypoint_path)
        import_map = plain_path(metadata.import_map_path) if metadata.import_map_path else None
        for path in (entrypoint, import_map):
            if path and path not in files:
                raise BundleError(f"Failed to bundle the function (reason: module not found {path!r})")
        live = project.functions.get(slug)
        # What isn't said stays as it is, and is on for a new function.
        verify = (
            metadata.verify_jwt if metadata.verify_jwt is not None else not live or live.source.verify_jwt
        )
        return Source(
            entrypoint_path=entrypoint,
            import_map_path=import_map,
            verify_jwt=verify,
            bundle=self._projects.keep(files),
        )


async def refused(_: Request, error: Exception) -> Response:
    """The answer to a request that can't be granted."""
    status = error.status if isinstance(error, RefusedError) else 400
    return JSONResponse({"message": str(error)}, status)


def told(function: Function) -> dict[str, Any]:
    """A function as the API tells it."""
    source = function.source
    paths = {"import_map_path": source.import_map_path} if source.import_map_path else {}
    return {
        "id": function.id,
        "slug": function.slug,
        "name": function.name,
        "status": function.status,
        "version": function.version,
        "created_at": function.created_at,
        "updated_at": function.updated_at,
        "verify_jwt": source.verify_jwt,
        "import_map": bool(source.import_map_path),
        "entrypoint_path": source.entrypoint_path,
        **paths,
        "ezbr_sha256": source.bundle,
    }


def told_project(project: Project) -> dict[str, Any]:
    """A project as the API tells it."""
    return {
        "id": project.ref,
        "ref": project.ref,
        "organization_id": ORGANIZATION,
        "organization_slug": ORGANIZATION,
        "name": project.name,
        "region": project.region,
        "created_at": _instant(project.created_at),
        "status": "ACTIVE_HEALTHY",
        "database": {
            "host": "127.0.0.1",
            "version": "17",
            "postgres_engine": "17",
            "release_channel": "ga",
        },
    }


def _database(name: str, healthy: bool) -> dict[str, Any]:
    status = "ACTIVE_HEALTHY" if healthy else "UNHEALTHY"
    return {"name": name, "healthy": healthy, "status": status}


def _absent(name: str, _: bool) -> dict[str, Any]:
    error = "The sandbox has no such service"
    return {"name": name, "healthy": False, "status": "UNHEALTHY", "error": error}


SERVICES: Mapping[str, Callable[[str, bool], dict[str, Any]]] = {
    "auth": _database,
    "db": _database,
    "db_postgres_user": _database,
    "pooler": _absent,
    "realtime": _absent,
    "rest": _absent,
    "storage": _absent,
    "pg_bouncer": _absent,
}
"""How each service's health is told; Auth is well where its database is."""


def _metadata(form: FormData) -> Metadata:
    given = form.get("metadata")
    if not isinstance(given, str):
        raise RefusedError(400, "metadata: Required")
    return _decoded(given.encode(), Metadata)


async def _uploaded(form: FormData) -> Files:
    uploads = [part for part in form.getlist("file") if isinstance(part, UploadFile)]
    return {plain_path(part.filename or ""): await part.read() for part in uploads}


def _activated(project: Project, item: Activation) -> Function:
    known = [each for each in (project.bundled.get(item.slug), project.functions.get(item.slug)) if each]
    bundles = {each.source.bundle: each for each in known}
    basis = bundles.get(item.ezbr_sha256) if item.ezbr_sha256 else next(iter(known), None)
    if basis is None:
        raise RefusedError(400, f"{item.slug}: no such bundle has been uploaded")
    verify = basis.source.verify_jwt if item.verify_jwt is None else item.verify_jwt
    return msgspec.structs.replace(
        basis,
        name=item.name,
        version=item.version,
        updated_at=milliseconds(),
        source=msgspec.structs.replace(basis.source, verify_jwt=verify),
    )


def _decoded(body: bytes, shape: type[Body]) -> Body:
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.DecodeError as error:
        raise RefusedError(400, str(error)) from None


def _flag(request: Request, name: str) -> bool | None:
    given = request.query_params.get(name)
    return None if given is None else given == "true"


def _instant(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")
