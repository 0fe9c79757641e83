"""The compose file starts each database with a health check, a pinned version and a password."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from scale_pages import SERVERS

from engines import free_port
from engrammic.errors import ConnectionFailed
from engrammic.registry import backend_class, open_backend, scheme_of

COMPOSE = Path(__file__).parent.parent / "deploy" / "compose.yaml"
SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
MAIN = [name for name, service in SERVICES.items() if service.get("ports")]
NO_PASSWORD = {"chroma", "milvus-etcd"}
"""Chroma's server knows none; etcd is reachable from Milvus alone."""


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_a_pinned_image(name: str) -> None:
    repository, colon, tag = SERVICES[name]["image"].rpartition(":")
    assert colon
    assert "/" not in tag
    assert repository
    assert re.search(r"\d+\.\d+|\d{4}-\d\d-\d\d", tag), "a tag that moves"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_tells_when_it_is_ready(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert len(check["test"]) > 1
    assert check["interval"]
    assert check["timeout"]
    assert check["retries"] > 1


@pytest.mark.parametrize("name", SERVICES)
def test_a_password_comes_from_the_environment_alone(name: str) -> None:
    given = SERVICES[name].get("environment", {})
    secrets = {k: v for k, v in given.items()
               if re.search(r"PASSWORD|SECRET|API_KEY$|ALLOWED_KEYS|_AUTH$", k)
               and not k.endswith("RANDOM_ROOT_PASSWORD")}  # fmt: skip
    assert bool(secrets) is (name not in NO_PASSWORD)
    for value in secrets.values():
        assert re.search(r"\$\{DATABASE_PASSWORD:\?[^}]+\}$", value)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_reached_from_this_machine_alone_and_keeps_its_data(name: str) -> None:
    service = SERVICES[name]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert service["volumes"]
    assert service["profiles"]


def test_there_is_a_service_for_each_server_of_the_page() -> None:
    assert {profile for name in MAIN for profile in SERVICES[name]["profiles"]} == set(SERVERS)


def test_what_a_service_needs_starts_with_its_profile() -> None:
    for service in SERVICES.values():
        for needed, how in service.get("depends_on", {}).items():
            assert how["condition"] == "service_healthy"
            assert set(service["profiles"]) <= set(SERVICES[needed]["profiles"])


@pytest.mark.parametrize("profile", SERVERS)
def test_the_url_of_the_page_is_that_of_a_backend_and_a_published_port(profile: str) -> None:
    url = SERVERS[profile]
    assert backend_class(scheme_of(url)).scheme == scheme_of(url) == profile
    published = {int(port.split(":")[1]) for port in SERVICES[profile]["ports"]}
    named = {int(port) for port in re.findall(r":(\d+)", url)}
    named |= {int(port) for port in re.findall(r"grpc=(\d+)", url)}
    assert named
    assert named <= published


@pytest.mark.parametrize("profile", SERVERS)
async def test_the_url_of_the_page_is_understood(profile: str) -> None:
    nobody = re.sub(r"(localhost:|grpc=)\d+", lambda m: f"{m[1]}{free_port()}", SERVERS[profile])
    with pytest.raises(ConnectionFailed) as caught:
        await open_backend(nobody)
    assert "PASSWORD" not in str(caught.value)
