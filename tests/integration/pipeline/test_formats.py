"""A whole site makes every format, and reports its encoder."""

import io
from pathlib import Path

import av

from renderer.encoders import ENCODERS
from tests.sites import USUAL, Network, Site, open_site


async def test_every_video_of_a_song_can_be_fetched(own_network: Network, tmp_path: Path) -> None:
    async with open_site(tmp_path, network=own_network, **USUAL) as site:
        session_id = await site.submit()
        await site.wait_for(session_id, status="success")

        result = (await site.http.get(f"/api/results/{session_id}")).json()

        assert [video["format"] for video in result["videos"]] == ["square", "story"]
        assert result["video_url"] == result["videos"][0]["url"]
        for video in result["videos"]:
            content = (await site.http.get(video["url"])).content
            with av.open(io.BytesIO(content)) as container:
                stream = container.streams.video[0]
                assert (stream.width, stream.height) == (video["width"], video["height"])
        for url in (result["poster_url"], result["card_url"]):
            assert (await site.http.get(url)).content.startswith(b"\xff\xd8")


async def test_the_site_reports_its_encoder(site: Site) -> None:
    health = (await site.http.get("/api/health")).json()

    [use] = health["encoders"]
    assert use["workers"] == 1
    assert use["encoder"] in ENCODERS
    assert "encoder_fallback" in site.output() or use["fallback"] is None
