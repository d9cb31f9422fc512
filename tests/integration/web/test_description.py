"""The site conforms to its own OpenAPI description, whatever a client sends; on both stacks."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok

from tests.integration.web.forms import UNKNOWN_ID
from tests.sites import Network, Site, open_site

load_all_checks()

Operation = APIOperation[Any, Any, Any, Any]
Case = schemathesis.Case[Any]
# Schemas cannot say which texts are photos, names, or existing ids.
UNSAID = CHECKS.get_by_names(["positive_data_acceptance"])
# The answer must not reveal whether a webhook's token exists.
NEUTRAL = CHECKS.get_by_names(["negative_data_rejection"])
METHODS = {"get", "post", "put", "patch", "delete", "trace"}
NEUTRAL_PATH = "/api/webhook/{token}"
EXAMPLES = settings(
    database=None,
    deadline=None,
    derandomize=True,
    max_examples=20,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
async def site(site_network: Network, tmp_path: Path) -> AsyncIterator[Site]:
    """A site without rate limits, except for the operator's."""
    async with open_site(
        tmp_path,
        network=site_network,
        ADMIN_PASSWORD="password-of-the-tests",
        SUBMISSIONS_PER_HOUR_PER_IP="1000000",
        RESULTS_PER_HOUR_PER_IP="1000000",
    ) as site:
        yield site


def read_description(site: Site) -> dict[str, Any]:
    return dict(httpx.get(f"{site.url}/openapi.json", trust_env=False).json())


def list_operations(site: Site) -> list[Operation]:
    found = schemathesis.openapi.from_dict(read_description(site)).get_all_operations()
    operations = [result.ok() for result in found if isinstance(result, Ok)]
    assert len(operations) == sum(map(len, read_description(site)["paths"].values())) > 10
    return operations


def ask(site: Site, operation: Operation, mode: GenerationMode) -> None:
    """Send what the description allows, or forbids, and check each answer against it."""
    excluded: list[Any] = [*UNSAID, *(NEUTRAL if operation.path == NEUTRAL_PATH else [])]

    @EXAMPLES
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask_once(case: Case) -> None:
        case.call_and_validate(base_url=site.url, excluded_checks=excluded, timeout=5)

    ask_once()


def test_every_answer_is_as_described(site: Site) -> None:
    for operation in list_operations(site):
        ask(site, operation, GenerationMode.POSITIVE)
        if list(operation.body):
            ask(site, operation, GenerationMode.NEGATIVE)

    assert "Traceback" not in site.output()


def test_every_other_method_is_refused(site: Site) -> None:
    for path, described in read_description(site)["paths"].items():
        url = site.url + path.replace("{session_id}", UNKNOWN_ID).replace("{token}", "token")
        for method in METHODS - set(described):
            reply = httpx.request(method, url, trust_env=False)
            assert (reply.status_code, reply.json()["error"]) == (405, "method_not_allowed"), url
            allowed = set(reply.headers["Allow"].lower().split(", "))
            assert allowed - {"head", "options"} == set(described)
