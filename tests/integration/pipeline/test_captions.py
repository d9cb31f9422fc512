"""Captions end to end: from a song service that times its lyrics to the file a player loads."""

from server.simulator.faults import Fault, Switch
from tests.sites import Site


async def test_timed_lyrics_become_captions_and_others_do_not(site: Site) -> None:
    await site.simulator.set_faults(Switch(Fault.TIMED_LYRICS, 1.5, times=1))
    timed = await site.submit()
    await site.wait_for(timed, status="success")
    plain = await site.submit()
    await site.wait_for(plain, status="success")

    results = [(await site.http.get(f"/api/results/{one}")).json() for one in (timed, plain)]
    captions = await site.http.get(results[0]["captions_url"])

    assert captions.headers["Content-Type"] == "text/vtt; charset=utf-8"
    _, first, second, *_ = captions.text.split("\n\n")
    assert first.startswith("00:00:00.000 --> 00:00:01.500\n")
    assert second.startswith("00:00:01.500 --> 00:00:03.000\n")
    assert second.partition("\n")[2] in results[0]["lyrics"]
    for result in results:
        assert result["lyrics"].startswith("[Verse 1]\n")
        assert "[00:" not in result["lyrics"]
    assert results[1]["captions_url"] is None
    assert (await site.http.get(f"/storage/captions/{plain}.vtt")).status_code == 404
