"""Which tests stay together on one worker."""

import pytest

from tests.groups import ONE_SITE, TWO_SITES, find_group
from tests.sources import ROOT


@pytest.mark.parametrize("folder", [*ONE_SITE, TWO_SITES])
def test_every_folder_that_shares_a_site_exists(folder: str) -> None:
    assert list((ROOT / folder).glob("test_*.py"))


@pytest.mark.parametrize(
    ("first", "second", "are_together"),
    [
        ("tests/e2e/test_form.py::test_a", "tests/e2e/test_result.py::test_b[x]", True),
        ("tests/faults/test_redis.py::test_a", "tests/faults/test_push.py::test_b", True),
        ("tests/faults/test_redis.py::test_a", "tests/e2e/test_form.py::test_a", False),
        ("tests/unit/test_form.py::test_a", "tests/unit/test_form.py::test_b[a/b]", True),
        ("tests/unit/test_form.py::test_a", "tests/unit/test_limits.py::test_a", False),
    ],
)
def test_tests_that_share_a_site_or_a_file_stay_together(
    first: str, second: str, are_together: bool
) -> None:
    assert (find_group(first) == find_group(second)) is are_together


def test_each_stack_has_a_site_of_its_own() -> None:
    embedded, networked, own = (
        find_group(f"{TWO_SITES}{name}")
        for name in (
            "test_push.py::test_a[embedded-None]",
            "test_orders.py::test_b[networked]",
            "test_outages.py::test_c",
        )
    )

    assert len({embedded, networked, own}) == 3
    assert embedded == find_group(f"{TWO_SITES}test_orders.py::test_b[embedded]")
