"""What the router of the functions asks: their environment, and whether a token is the project's."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.apis.keys import verified
from sandbox.apis.management import Environment
from sandbox.apis.projects import Projects


class Platform:
    """The endpoints below `/sandbox/{ref}` that are for the router alone."""

    def __init__(self, projects: Projects, environment: Environment) -> None:
        self._projects = projects
        self._environment = environment

    def routes(self) -> list[Route]:
        """Both of them."""
        return [
            Route("/environment", self.environment, methods=["GET"]),
            Route("/token", self.token, methods=["POST"]),
        ]

    async def environment(self, request: Request) -> Response:
        """What a project's functions find."""
        project = self._projects.read(request.path_params["ref"])
        return JSONResponse(self._environment(project)) if project else Response(status_code=404)

    async def token(self, request: Request) -> Response:
        """When a token expires, or nothing for one that isn't the project's."""
        project = self._projects.read(request.path_params["ref"])
        claims = verified(project, (await request.body()).decode("utf-8", "replace")) if project else None
        return JSONResponse({"exp": claims["exp"]} if claims else {})
