"""What users upload."""

from __future__ import annotations

from collections.abc import Sequence

from components.access import open_function
from components.declaration import Declaration, since
from components.domain import Domain
from components.functions import Served, served
from components.templates import render
from provider.schema.postgres import Argument, Function
from settings import Settings

INCREMENT_UPLOAD_COUNT = Function(
    name="increment_upload_count",
    arguments=[Argument(name="p_user_id", type="uuid"), Argument(name="p_file_count", type="integer")],
    returns="TABLE(success boolean, total_uploads integer, message text)",
    body=render("usage/increment_upload_count.sql"),
    security_definer=True,
    settings={"search_path": "public"},
)

RESET_MONTHLY_UPLOADS = Function(
    name="reset_monthly_uploads",
    returns="void",
    body=render("usage/reset_monthly_uploads.sql"),
    security_definer=True,
    settings={"search_path": "public"},
)


class Usage(Domain):
    """The counter of uploads, from phase 6; its column belongs to `profiles`."""

    name = "usage"

    @staticmethod
    def declarations(settings: Settings) -> Sequence[Declaration]:
        """The two functions that keep the counter, and the one that clients call."""
        profiles = ("voip:postgres:Table::public.profiles",)
        functions = (INCREMENT_UPLOAD_COUNT, RESET_MONTHLY_UPLOADS)
        objects = [
            declaration
            for function in functions
            for declaration in (since(6, function, after=profiles), since(6, open_function(function)))
        ]
        return list(served(objects, [Served("track-upload", 6)]))
