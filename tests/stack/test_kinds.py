"""Which stack is to be had, and what is said when one is not."""

import pytest

from deskstream.stack import Stack, StackUnavailable, external, mongod, start


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> pytest.MonkeyPatch:
    monkeypatch.setenv("DESKSTREAM_KAFKA_SERVERS", stack.kafka_servers)
    monkeypatch.setenv("DESKSTREAM_MONGO_URL", stack.mongo_url)
    return monkeypatch


def test_an_unknown_kind_is_told_the_known_ones() -> None:
    with pytest.raises(ValueError, match="embedded, apache, docker, external"):
        start("rabbit")


def test_external_is_used_but_never_owned(addresses: pytest.MonkeyPatch, stack: Stack) -> None:
    with start("external") as given:
        assert given.kafka_servers == stack.kafka_servers
        assert given.mongo_url == stack.mongo_url
        assert given.broker is None
        assert given.database is None

    addresses.delenv("DESKSTREAM_MONGO_URL")
    with pytest.raises(StackUnavailable, match="set DESKSTREAM_MONGO_URL"):
        start("external")


def test_external_that_does_not_answer_is_unavailable(addresses: pytest.MonkeyPatch) -> None:
    addresses.setenv("DESKSTREAM_MONGO_URL", "mongodb://127.0.0.1:1/")
    with pytest.raises(StackUnavailable, match="DESKSTREAM_MONGO_URL does not answer"):
        external.mongo_url(within_ms=100)

    addresses.setenv("DESKSTREAM_KAFKA_SERVERS", "127.0.0.1:1,127.0.0.1:2")
    with pytest.raises(StackUnavailable, match="No broker of DESKSTREAM_KAFKA_SERVERS"):
        start("external")


def test_docker_without_an_engine_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")

    with pytest.raises(StackUnavailable, match="No Docker engine answers"):
        start("docker")


def test_apache_without_java_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("JAVA_HOME", raising=False)

    with pytest.raises(StackUnavailable, match="install openjdk-17-jre-headless"):
        start("apache")


def test_a_mongod_that_is_not_there_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKSTREAM_MONGOD", "/nowhere/mongod")

    with pytest.raises(StackUnavailable, match="There is no /nowhere/mongod"):
        start("embedded")
    assert mongod.find().name == "mongod"
