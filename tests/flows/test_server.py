"""The local server's ports and its lock; tests/end_to_end starts a real one."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import server, ui


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.socket() as listener:
        listener.bind((server.HOST, 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_in_use_is_seen(taken: int) -> None:
    assert not server.is_free(taken)
    assert server.is_free(server._any_free_port())


def test_a_port_in_use_is_refused_with_its_number(taken: int, tmp_path: Path) -> None:
    with pytest.raises(server.NoServerError, match=f"port {taken} is in use"):
        server.start(taken, work=tmp_path)


def test_the_pages_name_the_port_in_use_and_the_remedy(taken: int) -> None:
    remedy = f"port {taken} is in use; choose another one: make ui MLFLOW_PORT={taken + 1}"
    with pytest.raises(server.NoServerError, match=remedy):
        ui.check_ports(mlflow=taken, prefect=server._any_free_port())


def test_the_pages_cannot_share_a_port() -> None:
    port = server._any_free_port()
    with pytest.raises(server.NoServerError, match="cannot share a port"):
        ui.check_ports(mlflow=port, prefect=port)


@pytest.mark.parametrize("lasting", [True, False])
def test_one_folder_has_one_server_at_a_time(lasting: bool, tmp_path: Path) -> None:
    content = "http://127.0.0.1:4711 " + ("lasting" if lasting else "")
    with server._lock(tmp_path / "prefect.lock", content):
        with pytest.raises(server.InUseError) as caught:
            server.start(work=tmp_path)
        assert caught.value.url == "http://127.0.0.1:4711"
        assert caught.value.lasting is lasting
    server._lock(tmp_path / "prefect.lock", content).close()


def test_a_server_that_ends_at_once_is_reported_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.tether, "command", lambda _argv: ["/bin/false"])
    with pytest.raises(server.NoServerError, match=r"did not start; its log is .*prefect.log"):
        server.start(work=tmp_path)
    server._lock(tmp_path / "prefect.lock", "free again").close()


def test_mlflow_s_page_shows_the_store_that_the_stages_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert "sqlite:///data/work/mlflow.db" in ui.mlflow_command(5000)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///elsewhere.db")
    assert "sqlite:///elsewhere.db" in ui.mlflow_command(5000)
