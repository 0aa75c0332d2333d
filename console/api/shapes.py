"""What goes in and out of the API. The models check requests and write the OpenAPI document."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from db.storable import storable
from network.brief_content import STAGES
from network.people import STATE_NAMES
from network.roles import roles as known_roles

MOST = 2**62  # a number any database takes
Text = Annotated[str, AfterValidator(storable), Field(max_length=20_000)]
Line = Annotated[str, AfterValidator(storable), Field(min_length=1, max_length=500)]
Lines = Annotated[list[Line], Field(max_length=50)]
Number = Annotated[int, Field(ge=1, le=MOST)]


def _whole(value: Any) -> Any:
    """JSON knows one kind of number: 24.0 is a whole one, as JSON Schema says too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value




class Given(BaseModel):
    """Unknown fields are refused: a misspelt one must not be lost in silence."""

    model_config = ConfigDict(extra="forbid")


class Nothing(Given):
    pass


class Citation(Given):
    doc: Line
    article: Line | None = None
    date: Annotated[str, Field(pattern=r"^[0-9]{4}(-(0[1-9]|1[0-2])(-[0-3][0-9])?)?$")] | None = Field(
        None, description="2026-07-01, 2026-07 hoặc 2026"
    )
    url: Line | None = None


class Content(Given):
    """As `loa brief` reads it from a file; text in the Markdown subset of Loa."""

    title: Line
    summary: Text = ""
    body: Text = ""
    key_messages: Lines = []
    citizen_actions: Lines = []
    do: Lines = []
    dont: Lines = []
    stage: Literal[*STAGES] | None = None
    topics: Lines = []
    priority: Literal["hoa_toc", "khan", "thuong"] = "thuong"
    ack: bool = False
    ack_hours: Annotated[int, Field(ge=1, le=720), BeforeValidator(_whole)] | None = None
    citations: Annotated[list[Citation], Field(max_length=50)] = []
    entries: Lines = Field([], description="Khóa của các mục tri thức kèm theo")
    valid_from: date | None = None
    valid_to: date | None = None
    note: Text = ""


class Audience(Given):
    """Lists narrow each other; values of one list widen it."""

    everybody: bool = False
    agencies: Lines = []
    descendants: bool = True
    levels: Annotated[list[Literal["central", "province", "commune", "press"]], Field(max_length=4)] = []
    provinces: Lines = []
    communes: Lines = []
    roles: Annotated[list[Literal[*known_roles()]], Field(max_length=50)] = []
    topics: Lines = []
    without_agencies: Lines = []
    without_people: Annotated[list[Number], Field(max_length=1000)] = []


class NewBrief(Given):
    content: Content
    audience: Audience = Audience()


class Submission(Given):
    stamp: Annotated[str, Field(min_length=10, max_length=64, description="`stamp` của bản tin khi đọc")]


class NewQuestion(Given):
    text: Annotated[str, AfterValidator(storable), Field(min_length=2, max_length=2000)]


class Part(Given):
    """Of a list, the newest first; `cursor` is the `next` of the part before."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Number | None = None


class PeopleWanted(Part):
    q: Annotated[str, AfterValidator(storable), Field(max_length=200)] = ""
    role: Literal[*known_roles()] | None = None
    state: Literal[*(state.value for state in STATE_NAMES)] | None = None


class Search(Given):
    q: Annotated[str, AfterValidator(storable), Field(min_length=1, max_length=400)]
    limit: Annotated[int, Field(ge=1, le=20)] = 5


class PushStatus(BaseModel):
    id: int
    state: str
    planned: int
    sent: int
    waiting: int
    unknown: int
    failed: int
    skipped: int
    stopped: int
    acknowledged: int
    finished_at: datetime | None


class Brief(BaseModel):
    id: int
    state: str
    edition: int
    stamp: str
    title: str
    author_id: int | None
    send_at: datetime | None
    updated_at: datetime
    recipients: int | None = Field(None, description="Số người sẽ nhận, khi chưa gửi")
    problems: list[str] = Field([], description="Những gì còn thiếu để trình, với bản nháp")
    push: PushStatus | None = None


class PersonShown(BaseModel):
    id: int
    name: str | None
    role: str | None
    agency: str | None
    state: str
    platforms: list[str]


class People(BaseModel):
    items: list[PersonShown]
    next: int | None


class EntryShown(BaseModel):
    key: str
    question: str
    answer: str
    topic: str | None
    citations: list[dict[str, str | None]]
    valid_from: date | None
    valid_to: date | None
    version: int


class Entries(BaseModel):
    items: list[EntryShown]
    next: int | None


class Hit(BaseModel):
    score: float
    entry: EntryShown


class Hits(BaseModel):
    understood: str
    items: list[Hit]


class Said(BaseModel):
    """One question of the text. `quote` is a passage of a statute, word for word."""

    id: int | None
    text: str
    decision: Literal["answer", "candidates", "quote", "none", "smalltalk"]
    entry: EntryShown | None = None
    candidates: list[EntryShown] = []
    quote: str | None = None
    said: str | None = None


class Answered(BaseModel):
    questions: list[Said]


class Unanswered(BaseModel):
    id: int
    text: str = Field(description="Không kèm dữ liệu cá nhân")
    at: datetime
    case_id: int | None


class UnansweredList(BaseModel):
    items: list[Unanswered]
    next: int | None


class Wrong(BaseModel):
    where: str
    said: str


class Problem(BaseModel):
    """RFC 9457; `detail` in Vietnamese."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Wrong] = []
