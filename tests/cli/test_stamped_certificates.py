"""A certificate says who stamped its log, when and over which head; a reader judges the token."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cli.demo.processes import stop_all
from tests.cli.one_node import READY_S, new_network
from tests.stamping.responder import Responder

pytestmark = pytest.mark.network


def text_of(paper: Path) -> str:
    """All text of a PDF, without blanks."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext absent: apt install poppler-utils")
    words = ["pdftotext", "-layout", str(paper), "-"]
    done = subprocess.run(words, capture_output=True, check=True)
    return re.sub(r"\s+", "", done.stdout.decode())


def test_a_time_stamp_stands_on_the_certificate_and_is_judged_in_it(tmp_path: Path) -> None:
    one = new_network(tmp_path / "net")
    trust, file = tmp_path / "trust", tmp_path / "开标记录表.txt"
    trust.mkdir()
    shutil.copy(one.trust, trust / "trust.json")
    file.write_text("开标记录", encoding="utf-8")
    with Responder(tmp_path / "tsa") as responder:
        stamps = f'{{ name = "授时中心", url = "{responder.url}", roots = "{responder.roots}" }}'
        settings = one.node.folder / "node.toml"
        text = settings.read_text(encoding="utf-8")
        assert "time_stamps = []" in text
        text = text.replace("time_stamps = []", f"time_stamps = [{stamps}]")
        settings.write_text(text, encoding="utf-8")
        one.node.start()
        try:
            one.node.wait_ready(READY_S)
            said = one.run("anchor", file, "--json").json["records"][0]
            waited = ("--with-time", "--wait", "60", "--out", tmp_path / "r.receipt.json")
            assert one.run("receipt", said["record"], *waited).code == 0
            paper = tmp_path / "certificate.pdf"
            printed = one.run("certificate", "print", said["record"], "--out", paper)
            assert printed.code == 0, printed.err
        finally:
            stop_all([one.node])
    told = text_of(paper)
    assert "可信时间戳" in told and "“授时中心”" in told and "RFC3161" in told

    unjudged = one.run("verify", paper, "--trust", trust, "--json").json["results"][0]
    assert "time_stamps" in unjudged["record"]["not_proved"]
    shutil.copy(responder.roots, trust / "授时中心.tsa.pem")
    judged = one.run("verify", paper, "--trust", trust, "--stamped-by", "授时中心", "--json")
    assert judged.code == 0, judged.out
    (result,) = judged.json["results"]
    assert "time_stamps" not in result["record"]["not_proved"]
    (stamp,) = result["record"]["time_stamps"]
    assert stamp["name"] == "授时中心" and str(stamp["tree_size"]) in told

    other = Responder(tmp_path / "other", name="other")
    shutil.copy(other.roots, trust / "授时中心.tsa.pem")
    refused = one.run("verify", paper, "--trust", trust, "--stamped-by", "授时中心", "--json")
    assert refused.code == 1
    assert refused.json["results"][0]["problem"]["code"] == "time_stamp.missing"
