"""What the views work with: the services that `create_app` was given."""

from typing import Final, cast

from quart import Quart, current_app

from server.services import Services

EXTENSION: Final = "petsong"


def attach_services(app: Quart, services: Services) -> None:
    """Make `services` what the views of `app` work with."""
    app.extensions[EXTENSION] = services


def current_services() -> Services:
    """Return the services of the app that answers the present request."""
    return cast(Services, current_app.extensions[EXTENSION])
