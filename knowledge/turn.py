"""A message and what to do with each question in it, knowing what was asked just before."""

from dataclasses import dataclass, replace

from db.abbreviations import Pairs
from knowledge import follow_up, several, text
from knowledge.answer import Decision, Kind
from knowledge.catalogue import Catalogue
from knowledge.follow_up import GoesOn
from knowledge.index import Hit
from knowledge.own_abbreviations import written_out

RANK = {Kind.SMALLTALK: 4, Kind.ANSWER: 3, Kind.QUOTE: 2, Kind.CANDIDATES: 1, Kind.NONE: 0}
NEARLY_OURS = 0.9  # score of a question in nearly the words of a phrasing
FOUND = (Kind.ANSWER, Kind.QUOTE, Kind.CANDIDATES)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as typed, and what it was understood to mean: `follows` is the question that it goes on from."""

    text: str
    decision: Decision
    follows: str = ""


def in_full(catalogue: Catalogue, said: str, follows: str | None) -> str:
    """The question with its subject, as it is searched for."""
    return follow_up.joined(catalogue.snapshot.index.understood(follows), said) if follows else said


def subject(before: str, said: str) -> str:
    """The question whose subject whatever is asked next may go on from."""
    if before and follow_up.goes_on(said) != GoesOn.NO:
        return before
    return "" if follow_up.lacks_subject(said) else said


def read(
    message: str, catalogue: Catalogue, before: str = "", brief_id: int | None = None, short: Pairs = ()
) -> list[Asked]:
    """The questions of a message, as they are best understood; mostly one. `short` are the asker's agency's own
    abbreviations."""
    reader = _Reader(catalogue, brief_id, short)
    whole = reader.one(message, before)
    if whole.decision.kind == Kind.SMALLTALK or _in_our_words(message, whole.decision):
        return [whole]
    sentences = several.sentences(message)[: several.MOST]
    if len(sentences) == 1:
        return reader.clauses(sentences[0], before, whole)
    found: list[Asked] = []
    for sentence in sentences:
        found += reader.clauses(sentence, before, reader.one(sentence, before))
        before = subject(before, sentence)
    if len({_about(a) for a in found}) == 1:  # the same in other words
        return [max(whole, *found, key=_weight)]
    return found[: several.MOST]


@dataclass(frozen=True, slots=True)
class _Reader:
    catalogue: Catalogue
    brief_id: int | None
    short: Pairs = ()

    def clauses(self, sentence: str, before: str, whole: Asked) -> list[Asked]:
        """A sentence is taken apart only where its parts find more than it does as a whole."""
        found: list[Asked] = []
        for part in several.clauses(sentence):
            found.append(self.one(part, before))
            before = subject(before, part)
        if len({_about(a) for a in found}) < 2 or any(a.decision.kind not in FOUND for a in found):
            return [whole]
        answers = [a for a in found if a.decision.kind == Kind.ANSWER]
        if whole.decision.kind != Kind.ANSWER:
            return found if answers else [whole]
        score = sum(_weight(a)[1] for a in found) / len(found)
        return found if len(answers) == len(found) and score > _weight(whole)[1] else [whole]

    def one(self, said: str, before: str) -> Asked:
        alone = self.alone(said)
        degree = follow_up.goes_on(said) if before else GoesOn.NO
        if degree == GoesOn.NO or alone.decision.kind == Kind.SMALLTALK or _in_our_words(said, alone.decision):
            return alone
        together = self.together(said, before)
        if degree == GoesOn.SURELY and (alone.decision.kind != Kind.ANSWER or follow_up.lacks_subject(said)):
            return together
        if _weight(together) > _weight(alone):
            return together
        if _weight(alone)[1] < NEARLY_OURS and alone.decision.kind == Kind.ANSWER and follow_up.lacks_subject(said):
            return replace(alone, decision=replace(alone.decision, kind=Kind.CANDIDATES))
        return alone

    def alone(self, said: str) -> Asked:
        """As typed, or with the agency's abbreviations written out."""
        typed = Asked(said, self.catalogue.decide(said, self.brief_id))
        full = written_out(said, self.short)
        if full == said or typed.decision.kind == Kind.SMALLTALK:
            return typed
        return max(typed, Asked(said, self.catalogue.decide(full, self.brief_id)), key=_weight)

    def together(self, said: str, before: str) -> Asked:
        """What names in its own question what is asked now, else what mentions it at all: the earlier subject alone is
        no answer."""
        full = written_out(said, self.short)
        wanted = set(follow_up.own_words(full))
        question = in_full(self.catalogue, full, written_out(before, self.short))
        named = self.catalogue.decide(question, self.brief_id, lambda hit: self._holds(hit, wanted, whole=False))
        if named.kind == Kind.NONE:
            named = self.catalogue.decide(question, self.brief_id, lambda hit: self._holds(hit, wanted, whole=True))
        return Asked(said, named, before)

    def _holds(self, hit: Hit, wanted: set[str], *, whole: bool) -> bool:
        """At most a third of the words may be missing."""
        entry = self.catalogue.entry(hit.id)
        if entry is None:
            return False
        written = [entry.question, *entry.variants, *([entry.answer] if whole else [])]
        return 3 * len(wanted - set(text.folded_syllables(" ".join(written)))) <= len(wanted)


def _about(asked: Asked) -> str:
    return asked.decision.best.id if asked.decision.best else asked.text


def _weight(asked: Asked) -> tuple[int, float]:
    best = asked.decision.best
    return RANK[asked.decision.kind], best.score if best else 0.0


def _in_our_words(said: str, decision: Decision) -> bool:
    best = decision.best
    return bool(
        decision.kind == Kind.ANSWER and best and text.folded_syllables(best.phrasing) == text.folded_syllables(said)
    )
