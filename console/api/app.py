"""/api/v1 as an ASGI application: the table of endpoints, and the OpenAPI document written from it."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from console.api import briefs, knowledge, openapi, people, problems, shapes
from console.api.call import Edge, Endpoint
from console.visit import Needs
from network.api_tokens import Scope as S

ENDPOINTS = (
    Endpoint("POST", "/briefs", briefs.create, S.BRIEFS_WRITE, "Tạo bản nháp của một bản tin", shapes.Brief,
             shapes.NewBrief, status=201),
    Endpoint("GET", "/briefs/{brief:int}", briefs.show, S.BRIEFS_READ, "Trạng thái bản tin và việc gửi", shapes.Brief),
    Endpoint("POST", "/briefs/{brief:int}/submit", briefs.submit, S.BRIEFS_WRITE, "Trình duyệt", shapes.Brief,
             shapes.Submission),
    Endpoint("GET", "/people", people.listing, S.PEOPLE_READ, "Người trong mạng lưới; việc xem được ghi nhật ký",
             shapes.People, shapes.PeopleWanted, recorded=True),
    Endpoint("GET", "/entries", knowledge.listing, S.ENTRIES_READ, "Các mục tri thức đang dùng", shapes.Entries,
             shapes.Part),
    Endpoint("GET", "/entries/search", knowledge.search, S.ENTRIES_READ, "Tìm trong kho tri thức", shapes.Hits,
             shapes.Search),
    Endpoint("GET", "/entries/{key}", knowledge.show, S.ENTRIES_READ, "Một mục tri thức", shapes.EntryShown),
    Endpoint("POST", "/questions", knowledge.ask, S.QUESTIONS_ASK, "Hỏi kho tri thức", shapes.Answered,
             shapes.NewQuestion),
    Endpoint("GET", "/questions/unanswered", knowledge.unanswered, S.QUESTIONS_READ, "Câu hỏi chưa có câu trả lời",
             shapes.UnansweredList, shapes.Part),
)


def build(needs: Needs) -> Starlette:
    document = openapi.document(ENDPOINTS)

    async def described(_request: Request) -> Response:
        return JSONResponse(document)

    routes: list[BaseRoute] = [Route("/openapi.json", described)]
    for path in dict.fromkeys(endpoint.path for endpoint in ENDPOINTS):
        of_path = {e.method: Edge(needs, e) for e in ENDPOINTS if e.path == path}
        routes += [Route(path, edge, methods=[method]) for method, edge in of_path.items()]
    return Starlette(
        routes=routes, exception_handlers={HTTPException: problems.of_http, 500: problems.of_http},
    )
