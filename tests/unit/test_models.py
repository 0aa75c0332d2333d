"""Optional models against a fake endpoint on loopback: they reorder, warn and draft; whatever goes wrong with them, the
lexical engine answers as if they were not there."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from structlog.testing import capture_logs

from knowledge import content, text
from knowledge.answer import Kind
from knowledge.evaluation import starter
from knowledge.index import Hit, Index, Passage
from knowledge.models import ModelTrouble
from knowledge.models.drafts import Checker, phrasings
from knowledge.models.endpoint import Endpoint, EndpointEncoder
from knowledge.models.rerank import Reranker
from knowledge.models.rest import REST, Resting
from tests.starter import catalogue

WORDS = ("xe", "nha", "phi", "han")


class Fake(ThreadingHTTPServer):
    """Embeds a text by which of four words it holds; says what it is told to; fails as it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict] = []
        self.says, self.fails = "CO", ""
        self.release = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Fake

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append({"path": self.path, "key": self.headers.get("Authorization"), **body})
        if self.server.fails == "slow":
            self.server.release.wait(10)
        said = self._said(body)
        self.send_response(500 if self.server.fails == "status" else 200)
        self.end_headers()
        self.wfile.write(said)

    def _said(self, body: dict) -> bytes:
        broken = {"json": b"{", "empty": b'{"data": [], "choices": []}', "odd": b'[1]', "bytes": b"\xff\xfe"}
        if self.server.fails in broken:
            return broken[self.server.fails]
        if self.path.endswith("/chat/completions"):
            return json.dumps({"choices": [{"message": {"content": self.server.says}}]}).encode()
        if self.server.fails == "nan":
            return json.dumps({"data": [{"index": i, "embedding": [float("nan")]} for i in range(len(body["input"]))]}
                              ).encode()
        rows = [[1.0 * (w in text.folded_syllables(t)) for w in WORDS] + [0.1] for t in body["input"]]
        data = [{"index": i, "embedding": row} for i, row in enumerate(rows)]
        return json.dumps({"data": data[::-1]}).encode()  # in no particular order

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def fake():
    server = Fake()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.release.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def endpoint(fake):
    endpoint = Endpoint(fake.url, "khoa", timeout=0.5)
    yield endpoint
    endpoint.close()


ENTRIES = [
    Passage("xe", "Đăng ký xe mất bao lâu?", "Hai ngày."), Passage("nha", "Đăng ký nhà mất bao lâu?", "Ba ngày."),
]


def test_rows_come_back_in_order_and_of_unit_length(fake, endpoint):
    rows = EndpointEncoder(endpoint, "small-e5").questions(["xe", "nhà phí"])
    assert np.allclose(np.linalg.norm(rows, axis=1), 1) and rows[0][0] > 0.9 and rows[1][1] == rows[1][2]
    (asked,) = fake.asked
    assert asked["input"] == ["query: xe", "query: nhà phí"] and asked["key"] == "Bearer khoa"
    assert asked["path"] == "/v1/embeddings"


def test_the_five_best_are_put_in_order_and_the_best_score_stays(endpoint):
    reranker = Reranker(EndpointEncoder(endpoint, "m"))
    assert reranker.learn(ENTRIES) == 0
    hits = [Hit("nha", 0.6, "a"), Hit("xe", 0.55, "b")]
    again = reranker.order("thời gian cho xe", "thời gian cho xe", hits)
    assert [hit.id for hit in again] == ["xe", "nha"] and again[0].score == pytest.approx(0.6)
    assert again[1].score < 0.6
    unknown = [*hits, Hit("moi", 0.5, "c")]
    assert reranker.order("xe", "xe", unknown) == unknown  # an entry that was not read yet
    assert reranker.order("a", "a", hits) == hits  # a phrasing's own words


def test_what_is_learnt_follows_the_base(fake, endpoint):
    reranker = Reranker(EndpointEncoder(endpoint, "m"))
    assert reranker.learn(ENTRIES, most=1) == 1 and reranker.learn(ENTRIES, most=1) == 0
    count = len(fake.asked)
    assert reranker.learn(ENTRIES) == 0 and len(fake.asked) == count
    changed = [ENTRIES[0], Passage("nha", "Đăng ký nhà mất bao lâu?", "Bốn ngày.")]
    assert reranker.learn(changed) == 0 and len(fake.asked) == count + 2


@pytest.mark.parametrize("failure", ["status", "json", "empty", "odd", "bytes", "slow", "nan"])
def test_whatever_goes_wrong_the_order_stays_and_one_line_is_logged(fake, endpoint, failure):
    now = [0.0]
    reranker = Reranker(EndpointEncoder(endpoint, "m"), Resting("reranking", lambda: now[0]))
    reranker.learn(ENTRIES)
    hits = [Hit("nha", 0.6, "a"), Hit("xe", 0.55, "b")]
    fake.fails = failure
    asked = len(fake.asked)
    with capture_logs() as logs:
        for question in ("đăng ký xe", "xe nào", "xe gì"):
            assert reranker.order(question, question, hits) == hits
    assert len(logs) == 1 and logs[0]["log_level"] == "warning" and len(fake.asked) == asked + 1
    fake.fails, now[0] = "", REST + 1
    fake.release.set()
    assert reranker.order("xe gì", "xe gì", hits)[0].id == "xe"


def test_nobody_at_the_address():
    encoder = EndpointEncoder(Endpoint("http://127.0.0.1:9/v1", timeout=0.5), "m")
    with pytest.raises(ModelTrouble, match="ConnectError"):
        encoder.questions(["xe"])


def test_near_misses_are_offered_instead_of_answered(fake, endpoint):
    base = catalogue()
    question = "báo điện tử đính chính ra sao"
    assert base.decide(question).kind == Kind.ANSWER
    base.checker = Checker(endpoint, "m")
    assert base.decide(question).kind == Kind.ANSWER
    fake.says = "KHÔNG"
    assert base.decide(question).kind == Kind.ANSWER  # asked once
    base.checker = Checker(endpoint, "m")
    before = base.decide(question)
    assert before.kind == Kind.CANDIDATES and before.best.id == "bc-08"
    fake.fails = "status"
    base.checker = Checker(endpoint, "m")
    assert base.decide(question).kind == Kind.ANSWER


def test_an_answer_is_always_an_entry(fake, endpoint):
    """Whatever the model says, it is not said to people."""
    fake.says = "Lương cơ sở là 9 tỷ đồng."
    base = catalogue()
    base.checker = Checker(endpoint, "m")
    for question in ("lương cơ sở bao nhiêu", "giá vàng hôm nay", "thời hạn trả lời báo"):
        decision = base.decide(question)
        assert "9 tỷ" not in decision.said
        assert all(base.entry(hit.id) for hit in decision.hits)


def test_drafts_are_plain_new_questions(fake, endpoint):
    fake.says = (
        "1. Muốn đăng ký xe thì chờ mấy hôm?\n- Đăng ký xe mất bao lâu?\n\"Xe mới mua bao giờ có biển số\"\n"
        "Xem http://x.example thêm\nXe\n* muốn đăng ký xe thì chờ mấy hôm\n"
    )
    found = phrasings(endpoint, "m", ENTRIES[0].title, ENTRIES[0].text, [])
    assert found == ["Muốn đăng ký xe thì chờ mấy hôm?", "Xe mới mua bao giờ có biển số"]
    fake.fails = "empty"
    with pytest.raises(ModelTrouble):
        phrasings(endpoint, "m", ENTRIES[0].title, "", [])


def test_a_model_that_knows_nothing_changes_no_exact_answer(endpoint):
    """With the whole base learnt by the fake, every entry is still found by its own question."""
    passages = starter()[:40]
    index = Index.build(passages, content.abbreviations())
    reranker = Reranker(EndpointEncoder(endpoint, "m"))
    while reranker.learn(passages, 64):
        pass
    for passage in passages:
        hits = reranker.order(passage.title, index.understood(passage.title), index.search(passage.title, 5))
        assert hits[0].id == passage.id
