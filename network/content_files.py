"""Briefs as files: YAML in the shape of the starter content, or a plain text whose first line is the title.

What is wrong is said with file, line and field, everything at once.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml

from network import brief_check, brief_content, names
from network.brief_check import SUMMARY, TITLE
from network.brief_content import LABELS, Content, Problem

ALIASES = {"policy_stage": "stage", "topic": "topics", "sources": "citations", "stage_timeline": "timeline"}
OURS = ("id", "audience", "files")  # of the file, not of the content
PRIORITIES = {"hoa toc": "hoa_toc", "khan": "khan", "thuong": "thuong"}


@dataclass(frozen=True, slots=True)
class FileBrief:
    """`audience` is the rule of network.audiences as plain data; `files` are paths beside the file."""

    key: str | None
    content: Content
    audience: Mapping[str, Any] | None = None
    files: tuple[str, ...] = ()
    line: int = 1


@dataclass(frozen=True, slots=True)
class FileProblem:
    file: str
    line: int
    field: str
    text: str

    def __str__(self) -> str:
        place = f"{self.file}, dòng {self.line}"
        return f"{place}, {LABELS.get(self.field, self.field)}: {self.text}" if self.field else f"{place}: {self.text}"


Lines = dict[tuple[str | int, ...], int]


def read(text: str, name: str) -> tuple[list[FileBrief], list[FileProblem]]:
    """Of a YAML file (one brief or a list of them), or of a text, by the ending of its name."""
    if not name.lower().endswith((".yaml", ".yml")):
        return [FileBrief(None, from_text(text))], []
    try:
        data, lines = _compose(text)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        cause = getattr(problem, "problem", None) or str(problem)
        hint = "Vui lòng xem lại thụt dòng, dấu cách sau dấu hai chấm, và đặt chữ có dấu hai chấm trong ngoặc kép"
        return [], [FileProblem(name, mark.line + 1 if mark else 1, "", f"YAML viết sai. {hint} ({cause}).")]
    many = isinstance(data, list)
    found: list[FileBrief] = []
    problems: list[FileProblem] = []
    for number, record in enumerate(data if many else [data]):
        at: tuple[str | int, ...] = (number,) if many else ()
        if not isinstance(record, Mapping):
            problems.append(FileProblem(name, lines.get(at, 1), "", "phải là một bản tin có title, summary…"))
            continue
        brief, wrong = _brief(record, lines.get(at, 1))
        found.append(brief)
        problems += [FileProblem(name, _line(lines, at, record, p), p.field, _said(p)) for p in wrong]
    return found, sorted(problems + _repeated(name, found), key=lambda problem: problem.line)


def _said(problem: Problem) -> str:
    return f"mục {problem.item}: {problem.text}" if problem.item else problem.text


def _repeated(name: str, found: list[FileBrief]) -> list[FileProblem]:
    seen: set[str] = set()
    problems = []
    for brief in found:
        if brief.key and brief.key in seen:
            problems.append(FileProblem(name, brief.line, "id", f"mã “{brief.key}” đã dùng ở trên"))
        seen.add(brief.key or "")
    return problems


def _brief(record: Mapping[str, Any], line: int) -> tuple[FileBrief, list[Problem]]:
    wrong: list[Problem] = []
    data = {ALIASES.get(str(name), str(name)): value for name, value in record.items() if name not in OURS}
    if isinstance(data.get("topics"), str):
        data["topics"] = [data["topics"]]
    if isinstance(data.get("priority"), str):
        data["priority"] = PRIORITIES.get(names.fold(data["priority"]), data["priority"])
    if data.pop("attachments", None) is not None:
        wrong.append(Problem("attachments", "trong tệp bản tin, vui lòng ghi đường dẫn ở trường files"))
    audience = record.get("audience")
    if isinstance(audience, list):
        data["targets"] = audience  # whom it is for, not who receives it
    elif audience is not None and not isinstance(audience, Mapping):
        wrong.append(Problem("audience", "phải là danh sách đối tượng hoặc các điều kiện chọn người nhận"))
    key = record.get("id")
    if key is not None and not (isinstance(key, str) and re.fullmatch(r"[A-Za-z0-9._-]{1,64}", key)):
        wrong.append(Problem("id", "mã chỉ gồm chữ không dấu, số, dấu . _ - và tối đa 64 ký tự"))
        key = None
    files = record.get("files") or ()
    if not isinstance(files, list | tuple) or not all(isinstance(path, str) for path in files):
        wrong.append(Problem("files", "phải là danh sách đường dẫn tệp"))
        files = ()
    content, misread = brief_content.read(data)
    rule = audience if isinstance(audience, Mapping) else None
    wrong += misread
    said = {problem.field for problem in wrong}  # a value that could not be read is not missing besides
    wrong += [problem for problem in brief_check.problems(content) if problem.field not in said]
    return FileBrief(key, content, rule, tuple(files), line), wrong


def _line(lines: Lines, at: tuple[str | int, ...], record: Mapping[str, Any], problem: Problem) -> int:
    """Of the item, else of its field, else of the brief."""
    typed = {ALIASES.get(str(name), str(name)): str(name) for name in record}
    field = (*at, typed.get(problem.field, problem.field))
    return lines.get((*field, problem.item - 1), 0) or lines.get(field, 0) or lines.get(at, 1)


def _compose(text: str) -> tuple[Any, Lines]:
    """The data, and the line each path of it stands on."""
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        lines: Lines = {}
        _number(node, (), lines)
        return (loader.construct_document(node) if node is not None else None), lines
    except (ValueError, TypeError, RecursionError) as problem:  # e.g. a date that no calendar has
        raise yaml.YAMLError(str(problem)) from problem
    finally:
        loader.dispose()


def _number(node: yaml.Node | None, at: tuple[str | int, ...], lines: Lines) -> None:
    if node is None or len(at) > 6:
        return
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            lines[(*at, str(key.value))] = key.start_mark.line + 1
            _number(value, (*at, str(key.value)), lines)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            _number(item, (*at, number), lines)


def from_text(text: str) -> Content:
    """First line: title. Then the summary, if a short paragraph stands before others. Then the body."""
    text = brief_content.clean(text)
    first, _, rest = text.strip().partition("\n")
    title = " ".join(re.sub(r"^#+\s*|[*_]{2,}", "", first).split())
    if len(title) > TITLE:  # no title line: the person began at once
        return Content(body=text.strip())
    summary, gap, body = rest.strip().partition("\n\n")
    if gap and len(summary) <= SUMMARY and not re.match(r"\s*(?:[-*+>#]|\d+[.)])", summary):
        return Content(title=title, summary=summary.strip(), body=body.strip())
    return Content(title=title, body=rest.strip())


def write(briefs: list[FileBrief]) -> str:
    """YAML that `read` reads back as the same briefs."""
    return yaml.safe_dump([_record(b) for b in briefs], allow_unicode=True, sort_keys=False, width=110)


def _record(brief: FileBrief) -> dict[str, Any]:
    data = replace(brief.content, attachments=()).to_json()
    targets = data.pop("targets", None)
    record: dict[str, Any] = {"id": brief.key} if brief.key else {}
    record |= data
    if brief.audience:
        record["audience"] = dict(brief.audience)
    if targets and "audience" not in record:
        record["audience"] = targets
    elif targets:
        record["targets"] = targets
    if brief.files:
        record["files"] = list(brief.files)
    return record
