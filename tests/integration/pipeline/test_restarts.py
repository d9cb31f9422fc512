"""Whatever is killed, unfinished submissions continue, and no song is paid for twice."""

from pathlib import Path

from server.simulator.faults import Fault, Switch
from tests.faults.watch import open_examined_site
from tests.servers import wait_until
from tests.sites import Network


async def test_a_killed_site_resumes_where_it_stopped(own_network: Network, tmp_path: Path) -> None:
    async with open_examined_site(tmp_path, network=own_network, delay_s=1.0) as site:
        first = await site.submit()
        await site.wait_for(first, stage="composing")
        await site.simulator.set_faults(Switch(Fault.WEBHOOK_NEVER))
        for process in site.processes.values():
            process.kill()
        for process in site.processes.values():
            await process.start()

        await site.wait_for(first, status="success")

        assert len(await site.posts()) == 1


async def test_a_site_stops_when_told_and_resumes_later(tmp_path: Path) -> None:
    async with open_examined_site(tmp_path, delay_s=1.0) as site:
        web = site.processes["web"]
        session_id = await site.submit()
        await site.wait_for(session_id, stage="composing")

        assert await web.stop() == 0
        web.check_output()
        await web.start()

        await site.wait_for(session_id, status="success")
        assert len(await site.posts()) == 1


async def test_a_crashed_order_is_not_sent_again_but_found_by_its_webhook(tmp_path: Path) -> None:
    async with open_examined_site(tmp_path) as site:
        slow_answer = Switch(Fault.CREATE_SLOW, 5.0, times=1)
        await site.simulator.set_faults(slow_answer, Switch(Fault.GENERATION_STUCK, times=1))
        session_id = await site.submit()
        [order] = await wait_until(site.posts, message="the order has arrived")
        site.processes["web"].kill()
        await site.processes["web"].start()

        await site.simulator.finish(str(order["task_id"]))

        await site.wait_for(session_id, status="success")
        assert len(await site.posts()) == 1
