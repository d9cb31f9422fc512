"""Gives views access to the services that `create_app` was given."""

from typing import Final, cast

from quart import Quart, current_app

from server.services import Services

EXTENSION: Final = "petsong"


def attach_services(app: Quart, services: Services) -> None:
    app.extensions[EXTENSION] = services


def current_services() -> Services:
    return cast(Services, current_app.extensions[EXTENSION])
