"""Questions of one meaning put together, one after the other, with the engine that answers. Deterministic."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from knowledge.entry_content import folded
from knowledge.index import Index, Passage

ALIKE = 0.5  # score from which two questions are one piece of work; docs/decisions/0009
MARK = "work:"  # before the numbers of groups, which stand among the entries' keys
LOOK = 20  # hits looked through: entries stand among them
PHRASINGS = 10  # of a group that a question is compared with


@dataclass(slots=True)
class Group:
    """`phrasings` are what was known of it before; `new` are places in the list of questions."""

    phrasings: list[str]
    new: list[int] = field(default_factory=list)


def put_together(questions: Sequence[str], known: Sequence[Sequence[str]], base: Index) -> list[Group]:
    """Each question joins the group it resembles most, or begins one. The known groups come first, in their order.

    `base` holds the entries: how rare a word is there says how much it counts here.
    """
    groups = [Group(list(phrasings)) for phrasings in known]
    same = {folded(phrase): n for n, group in enumerate(groups) for phrase in group.phrasings}
    index = base.changed([_passage(n, group) for n, group in enumerate(groups)]) if groups else base
    for place, question in enumerate(questions):
        found = same.get(folded(question))
        if found is None:
            found = _nearest(index, question)
            if found is None:
                found = len(groups)
                groups.append(Group([]))
            same[folded(question)] = found
            if len(groups[found].phrasings) < PHRASINGS:
                groups[found].phrasings.append(question)
                index = index.changed([_passage(found, groups[found])])
        groups[found].new.append(place)
    return groups


def _nearest(index: Index, question: str) -> int | None:
    near = [hit for hit in index.search(question, LOOK) if hit.id.startswith(MARK) and hit.score >= ALIKE]
    return int(near[0].id.removeprefix(MARK)) if near else None


def _passage(number: int, group: Group) -> Passage:
    return Passage(f"{MARK}{number}", group.phrasings[0], "", tuple(group.phrasings[1:]))
