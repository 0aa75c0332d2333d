"""Pages from templates: what every page shows, how things are said in them, and the answers of the edge."""

from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from console import charts, english, wording
from network import markup, moments, roles
from network.console_access import Visitor
from network.roles import Permission

if TYPE_CHECKING:
    from console.visit import Visit

FOLDER = Path(__file__).parent
DONE = {
    "luu": "Đã lưu.", "trinh": "Đã trình để duyệt, yêu cầu đã gửi đến người duyệt.", "duyet": "Đã ghi chữ ký duyệt.",
    "tra": "Đã trả lại cho người soạn kèm lý do.", "gui": "Bắt đầu gửi.", "hen": "Đã hẹn giờ gửi.",
    "bohen": "Đã bỏ hẹn giờ.", "rut": "Đã rút lại để sửa.", "bo": "Đã bỏ bản tin; bản tin vẫn được lưu.",
    "chep": "Đã tạo bản nháp mới từ bản tin này.", "tam": "Đã tạm dừng.", "tiep": "Đang gửi tiếp.",
    "dung": "Đã dừng hẳn.", "not": "Những người chưa được gửi sẽ nhận được bản tin.",
    "lai": "Các địa chỉ đó được gửi lại.", "them": "Thành viên mới sẽ nhận được bản tin.",
    "thu": "Đang gửi thử vào chat của anh/chị.",
    "noitk": "Đã nối tài khoản cơ quan.", "botk": "Đã bỏ nối tài khoản cơ quan.",
    "bokhoa": "Đã bỏ mật khẩu đăng nhập.",
    "luumau": "Đã lưu mẫu.", "bomau": "Đã bỏ mẫu.",
    "dinhkem": "Đã đính kèm.", "botep": "Đã bỏ tệp khỏi bản tin.",
    "dinhchinh": "Đã lập bản đính chính. Vui lòng xem lại toàn văn, rồi trình duyệt.",
    "thuhoitin": "Đang thu hồi; trang này cho biết đã đến đâu.",
    "chuyen": "Đã chuyển câu hỏi.", "hoilai": "Đã hỏi lại người hỏi.", "tuchoi": "Đã gửi lý do cho người hỏi.",
    "tamngung": "Đã tạm ngừng người này.", "chovao": "Người này được tham gia lại.",
    "moi": "Đã tạo lời mời.", "thuhoi": "Đã thu hồi lời mời.",
    "han": "Đã đổi hạn trả lời.", "gop": "Đã gộp; người, lời mời và đơn vị nay thuộc cơ quan này.",
    "traloi": "Đã gửi câu trả lời cho mọi người hỏi.", "dong": "Đã đóng phiên.",
    "trinhmuc": "Đã trình. Người thứ hai sẽ đọc và duyệt; trong lúc chờ, mọi người vẫn thấy bản đang công bố.",
    "congbo": "Đã công bố. Trong vài giây nữa Loa trả lời bằng bản này.", "bomuc": "Đã bỏ bản soạn này.",
    "laylai": "Đã lấy lại bản cũ thành bản nháp. Vui lòng xem lại rồi trình duyệt.",
    "ngung": "Đã ngừng dùng mục này.", "vandung": "Đã ghi: nội dung vẫn đúng.", "nhan": "Việc này nay là của anh/chị.",
    "nhap": "Đã nhập; các mục chờ người thứ hai duyệt.",
    "noi": "Đã gửi câu trả lời của mục đó cho mọi người đã hỏi.", "khonglam": "Đã ghi lý do và đóng việc này.",
    "mot": "Đã trình, nhưng chưa có ai khác có quyền duyệt. Vui lòng nhờ quản trị thêm người duyệt.",
}
MENU = (  # path, name, who sees it
    ("/", "Tổng quan", None),
    ("/briefs", "Bản tin", {Permission.WRITE_BRIEF, Permission.APPROVE, Permission.SEND, Permission.VIEW}),
    ("/approvals", "Chờ duyệt", {Permission.APPROVE}),
    ("/inbox", "Hộp thư", {Permission.ANSWER_CASES}),
    ("/knowledge", "Tri thức", {Permission.EDIT_ENTRIES, Permission.REVIEW_ENTRIES, Permission.ANSWER_CASES}),
    ("/statistics", "Thống kê", {Permission.VIEW}),
    ("/people", "Con người", {Permission.MANAGE_PEOPLE, Permission.ADMINISTER}),
    ("/trail", "Nhật ký", {Permission.VIEW_AUDIT, Permission.ADMINISTER}),
)


def _count(number: int | float) -> str:
    return f"{number:,}".replace(",", ".")


def letter(text: str) -> Markup:
    """The Markdown of letters as safe HTML; markup.to_html escapes what people typed."""
    return Markup(markup.to_html(text).replace("\n", "<br>"))


def _day(when: date | str | None) -> str:
    """Also of an ISO text; what is only a year or a month stays as it is."""
    if isinstance(when, str):
        try:
            when = date.fromisoformat(when)
        except ValueError:
            return str(when)
    return f"{when:%d/%m/%Y}" if when else "–"


def score(value: float) -> str:
    return f"{value:.2f}".replace(".", ",")


def pace(rate: float, in_english: bool = False) -> str:
    """Of sending; empty where nothing is being sent."""
    if not rate:
        return ""
    return f"{rate:.1f} a second" if in_english else f"{rate:.1f}".replace(".", ",") + " tin mỗi giây"


def _moment(at: datetime | None) -> Markup:
    if at is None:
        return Markup("–")
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(timespec="minutes"), moments.say(at))


def _environment(**more: Any) -> Environment:
    found = Environment(
        loader=FileSystemLoader(FOLDER / "templates"), autoescape=select_autoescape(), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, **more,
    )
    found.filters |= {"count": _count, "letter": letter, "moment": _moment, "role": roles.name_of}
    found.filters |= {"day": _day, "score": score, "pace": pace, "score_bar": charts.score_bar}
    found.filters |= {"act": wording.act, "about": wording.about, "platform": wording.platform}
    return found


TEMPLATES = _environment()
IN_ENGLISH = _environment(extensions=[english.English])
IN_ENGLISH.filters |= {"count": english.count, "moment": english.moment, "day": english.day, "score": english.score}
IN_ENGLISH.filters |= {"pace": partial(pace, in_english=True)}
LANGUAGE = "loa_language"  # cookie


def in_english(request: Request) -> bool:
    return request.cookies.get(LANGUAGE) == "en"


def _render(request: Request, template: str, status: int, **shown: Any) -> Response:
    environment, language = (IN_ENGLISH, "en") if in_english(request) else (TEMPLATES, "vi")
    this_page = f"{request.url.path}?{request.url.query}".rstrip("?") if request.method == "GET" else ""
    common = {
        "fault": "", "base": request.scope.get("root_path", ""), "language": language, "this_page": this_page,
        "done": DONE.get(request.query_params.get("xong", ""), ""),
    }
    return HTMLResponse(environment.get_template(template).render(common | shown), status)


def piece(request: Request, template: str, **shown: Any) -> Markup:
    """Of a page, for a script that puts it there or for a page that holds it."""
    environment = IN_ENGLISH if in_english(request) else TEMPLATES
    return Markup(environment.get_template(template).render(**shown))


def page(visit: "Visit", template: str, status: int = 200, **shown: Any) -> Response:
    again = {"fault": visit.fault, "posted": visit.posted, "typed_in": visit.text}
    menu = _menu(visit.who, visit.request)
    return _render(visit.request, template, status, who=visit.who, menu=menu, **again, **shown)


def _menu(who: Visitor, request: Request) -> list[tuple[str, str, bool]]:
    path = request.url.path.removeprefix(request.scope.get("root_path", "")) or "/"
    return [
        (place, name, path == place or (place != "/" and path.startswith(place + "/")))
        for place, name, needed in MENU if needed is None or needed & who.permissions
    ]


def refused(request: Request, who: Visitor | None, text: str, status: int) -> Response:
    """A sentence instead of what was asked for. A script that saves in the background gets it as plain text."""
    if request.headers.get("accept", "").startswith("text/plain"):
        return Response(text, status, media_type="text/plain")
    known = {"who": who, "menu": _menu(who, request)} if who else {}
    return _render(request, "refused.html", status, text=text, **known)


def signed_out(request: Request, method: str) -> Response:
    """A page leads to the door; what was being posted is answered so that the script keeps it on screen."""
    if method == "GET":
        return RedirectResponse(f"{request.scope.get('root_path', '')}/door", 303)
    if request.headers.get("accept", "").startswith("text/plain"):
        return Response("Phiên làm việc đã hết. Nội dung vẫn còn trên máy này.", 401, media_type="text/plain")
    return door(request, "Phiên làm việc đã hết. Nội dung đang soạn vẫn ở trên máy này; đăng nhập lại để lưu.", 401)


def door(request: Request, text: str = "", status: int = 200, code: str = "", login: str = "") -> Response:
    return _render(request, "door.html", status, text=text, code=code, login=login, office=request.app.state.office)


def inside(request: Request) -> Response:
    return _render(request, "inside.html", 200)
