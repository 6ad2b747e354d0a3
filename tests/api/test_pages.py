"""The pages without a browser: languages, rights, errors in the same dress, and escaping."""

import re
from pathlib import Path

import httpx

from api.explorer import shown
from api.explorer.figure import drawn
from api.explorer.language import _preferred
from api.explorer.words import _words
from contracts.catalogue import load_catalogue
from ledger.core.merkle import Tree, leaf_hash
from tests.api.one_node import OneNode
from tests.api.small_tender import PROJECT, play, say

STATIC = Path(shown.__file__).parent.parent / "static" / "explorer"
HTML = {"Accept": "text/html"}


def page(client: httpx.Client, path: str, status: int = 200, **headers: str) -> str:
    answer = client.get(
        path, headers={**HTML, **{k.replace("_", "-"): v for k, v in headers.items()}}
    )
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    return answer.text


def test_both_languages_have_the_same_words() -> None:
    zh, en = _words("zh"), _words("en")
    assert {name: set(table) for name, table in zh.items()} == {
        name: set(table) for name, table in en.items()
    }
    for table, words in zh.items():
        for key, text in words.items():
            holes = re.compile(r"{\w+}")
            assert set(holes.findall(text)) == set(holes.findall(en[table][key])), (table, key)


def test_every_field_and_value_of_the_catalogue_has_words() -> None:
    catalogue, words = load_catalogue(), _words("zh")
    fields = [(kind, *each) for kind in catalogue.types.values() for each in kind.fields.items()]
    private = {name for kind in catalogue.types.values() for name in kind.private - {"*"}}
    said = {name for _, name, _ in fields} | set(catalogue.common) | private
    assert said <= set(words["fields"]), sorted(said - set(words["fields"]))
    values = {value for _, _, field in fields for value in field.allowed}
    values |= {value for field in catalogue.common.values() for value in field.allowed}
    known = set(words["values"]) | set(catalogue.roles)
    assert values <= known, sorted(values - known)


def test_the_size_of_a_document_is_read_as_it_is() -> None:
    assert (
        shown.plain(shown.size(1_234_567))
        == "1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567 B"
    )


def test_the_reader_chooses_the_language() -> None:
    assert _preferred("en-GB,en;q=0.9,zh;q=0.8") == "en"
    assert _preferred("fr, zh-CN;q=0.7, en;q=0.3") == "zh"
    assert _preferred("en;q=0, de") == "zh"
    assert _preferred("en;q=x.y") == "zh"
    assert _preferred("") == "zh"


def test_a_tender_is_told_page_by_page(node: OneNode, client: httpx.Client) -> None:
    tender = play(client, node)
    assert "一个节点" in page(client, "/")
    assert "Newest blocks" in page(client, "/?lang=en")
    track = page(client, f"/projects/{PROJECT}", Accept_Language="en")
    assert "Tender announcement" in track
    assert 'class="in-place"' in track and "AL0" in track
    assert track.count('<li class="') >= 5 and "The five stages" in track
    said = page(client, f"/records/{tender.document.record_id.hex()}")
    assert "全部检查通过" in said
    assert said.count('class="passed"') == 8
    hidden = page(client, f"/records/{tender.complaint.record_id.hex()}", 403)
    assert "这条记录不公开" in hidden
    assert "api.not_public" in hidden
    assert tender.complaint.subject not in hidden
    assert tender.complaint.record_id.hex() not in track


def test_errors_wear_the_same_dress_for_people_only(client: httpx.Client) -> None:
    assert "api.not_found" in page(client, "/projects/nothing-here", 404)
    assert "api.not_found" in page(client, "/search?q=nothing-here", 404)
    assert "api.parameter" in page(client, "/records/xyz", 400)
    assert "record.unknown" in page(client, f"/records/{'0' * 64}", 404)
    assert "api.route" in page(client, "/nowhere", 404)
    for path in ("/v1/records/xyz", "/records/xyz"):
        answer = client.get(path, headers=HTML if path.startswith("/v1") else {})
        assert answer.headers["content-type"] == "application/problem+json"


def test_nothing_that_a_member_says_acts_on_the_reader(node: OneNode, client: httpx.Client) -> None:
    hostile = '"><img src=x onerror=alert(1)>\u202e{{ 7*7 }}'
    record = say(client, node, node.record(subject="恶意-1", files={hostile: b"x"}, method=hostile))
    for path in (f"/records/{record.record_id.hex()}", "/projects/恶意-1", "/search?q=恶意-1"):
        told = page(client, path)
        assert "<img src=x" not in told
        assert "\u202e" not in told
    assert "{{ 7*7 }}" in page(client, f"/records/{record.record_id.hex()}")


def test_the_figure_ends_in_the_root_at_every_place() -> None:
    for size in range(1, 18):
        leaves = [leaf_hash(bytes([each])) for each in range(size)]
        tree = Tree(leaves)
        for index in range(size):
            figure = drawn(leaves[index], index, size, tree.path(index))
            top = figure.rungs[-1].made if figure.rungs else figure.leaf
            assert top == tree.root.hex()


def test_money_and_times_are_exact() -> None:
    assert shown.yuan(123_456_789) == "¥ 1,234,567.89"
    assert shown.yuan(-5) == "¥ -0.05"
    assert 'datetime="1970-01-01T00:00:00Z"' in shown.moment(0)
    assert "1970-01-01 08:00:00<" in shown.moment(0)
    assert shown.moment(-1) == "-1 ms"


def test_every_text_stands_out_from_its_ground() -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1, for each colour of text on each ground."""
    css = (STATIC / "pages.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", css))
    for ground in ("ground", "shade"):
        for text in ("ink", "quiet", "accent", "good", "warning", "serious"):
            light = sorted((luminance(colours[text]), luminance(colours[ground])))
            assert (light[1] + 0.05) / (light[0] + 0.05) >= 4.5, (text, ground)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_pages_load_nothing_from_elsewhere() -> None:
    folder = Path(shown.__file__).parent
    for template in sorted((folder / "templates").glob("*.html")):
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"(src|href)=\"(https?:)?//", text), template.name
        if template.name != "standalone.html":
            # Files of this host, and nothing written into a page; the saved page names what it
            # holds by digests.
            assert not re.search(r"<script(?! type=\"module\" src=\"/static/)", text)
        assert " style=" not in text
