"""The picture of a campaign is one well-formed SVG, and small however long the campaign was."""

import xml.etree.ElementTree as ET

from tests.network.nemesis.timeline import Band, Point, drawn

SVG = "{http://www.w3.org/2000/svg}"


def test_it_has_a_row_for_each_node_a_band_for_each_fault_and_a_curve() -> None:
    bands = [
        Band("centre", "kill", 10, 40),
        Band("notary", "partition", 50, 51),
        Band("everybody", "kill all", 80, 90),
    ]
    text = drawn(
        "4 < 7 nodes", ["centre", "notary", "everybody"], bands,
        [Point("treasury joins", 60)], [5.0, 5.5, 70.0], 100,
    )  # fmt: skip
    picture = ET.fromstring(text)
    said = [each.text for each in picture.iter(f"{SVG}text")]
    assert said[0] == "4 < 7 nodes"
    assert {"centre", "notary", "everybody", "treasury joins", "kill", "kill all"} <= set(said)
    assert "kill, kill all" in said and "partition" in said, "the legend"
    assert "partition 50.0–51.0 s" in [each.text for each in picture.iter(f"{SVG}title")]
    (curve,) = picture.iter(f"{SVG}polyline")
    assert len(curve.attrib["points"].split()) == 101


def test_an_hour_with_a_thousand_faults_is_no_large_file() -> None:
    bands = [Band("centre", "partition", 3.6 * number, 3.6 * number + 2) for number in range(1000)]
    commits = [number / 10 for number in range(36_000)]
    assert len(drawn("an hour", ["centre"], bands, [], commits, 3600)) < 250_000


def test_a_campaign_in_which_nothing_happened_can_be_drawn() -> None:
    picture = ET.fromstring(drawn("nothing", [], [], [], [], 0))
    assert "nothing" in [each.text for each in picture.iter(f"{SVG}text")]
