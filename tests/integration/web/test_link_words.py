"""What the built pages' heads say about songs that lack something or have odd names."""

import pytest

from server.services import Services
from server.serving.app import create_app
from server.storage import write_file
from server.submissions.lifecycle import Stage
from tests.integration.conftest import Client
from tests.integration.crawlers import Head
from tests.integration.web.forms import SESSION_ID, store_submission

PET = '<b>"Toby" & {{7*7}}</b>'


@pytest.fixture
def client(services: Services) -> Client:
    """A client of the site with the real pages."""
    return create_app(services).test_client()


@pytest.mark.parametrize("page", ["waiting", "result"])
async def test_names_are_always_shown_as_text(
    page: str, services: Services, client: Client
) -> None:
    await store_submission(Stage.READY, pet_name=PET, lyrics="<i>la</i>")
    write_file(services.storage.card(SESSION_ID), b"card")

    text = await (await client.get(f"/{page}/{SESSION_ID}")).get_data(as_text=True)

    head = Head(text)
    assert head.only("og:title") == f"A love song for {PET} and Matt"
    assert head.title == f"A love song for {PET} and Matt · Petsong"
    assert "<b>" not in text
    assert "<i>" not in text
    assert "49" not in head.title


async def test_a_song_without_its_card_and_teaser_is_still_named(
    services: Services, client: Client
) -> None:
    await store_submission(Stage.READY)

    async def read_head() -> Head:
        page = await client.get(f"/result/{SESSION_ID}", headers={"Host": "songs.example"})
        return Head(await page.get_data(as_text=True))

    bare = await read_head()
    write_file(services.storage.card(SESSION_ID), b"card")
    write_file(services.storage.teaser(SESSION_ID), b"teaser")
    whole = await read_head()

    assert bare.only("og:title") == whole.only("og:title") == "A love song for Toby and Matt"
    assert bare.only("og:image") == "http://songs.example/card.jpg"
    assert "og:video" not in bare.metas
    assert whole.only("og:image") == f"http://songs.example/storage/card/{SESSION_ID}.jpg"
    assert whole.only("og:video") == f"http://songs.example/storage/teaser/{SESSION_ID}.mp4"
