"""Whether a word can be a Vietnamese syllable at all: an initial, a rhyme and a tone that the rhyme allows."""

import re
import unicodedata
from functools import lru_cache

from knowledge.text import TONES, fold

INITIALS = "ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|b|c|d|đ|g|h|k|l|m|n|p|r|s|t|v|x|"
RHYMES = (
    "a|ac|ach|ai|am|an|ang|anh|ao|ap|at|au|ay|e|ec|em|en|eng|eo|ep|et|i|ia|ich|im|in|inh|"
    "ip|it|iu|iêc|iêm|iên|iêng|iêp|iêt|iêu|o|oa|oac|oach|oai|oam|oan|oang|oanh|oao|oap|oat|oay|"
    "oc|oe|oen|oeo|oet|oi|om|on|ong|ooc|oong|op|ot|oăc|oăm|oăn|oăng|oăt|u|ua|uc|ui|um|un|"
    "ung|up|ut|uy|uya|uych|uyn|uynh|uyt|uyu|uyên|uyêt|uân|uâng|uât|uây|uê|uêch|uênh|uôc|uôi|uôm|"
    "uôn|uông|uôt|uơ|y|yêm|yên|yêng|yêt|yêu|âc|âm|ân|âng|âp|ât|âu|ây|ê|êch|êm|ên|êng|ênh|êp|"
    "êt|êu|ô|ôc|ôi|ôm|ôn|ông|ôp|ôt|ăc|ăm|ăn|ăng|ăp|ăt|ơ|ơi|ơm|ơn|ơp|ơt|ư|ưa|ưc|ưi|ưm|ưn|"
    "ưng|ưt|ưu|ươc|ươi|ươm|ươn|ương|ươp|ươt|ươu"
)
SHAPE = re.compile(f"(?:{INITIALS})(?:{RHYMES})")
PLAIN = re.compile(fold(SHAPE.pattern))
STOPPED = re.compile("(?:c|ch|p|t)$")  # these endings carry only the sharp and the heavy tone
SHARP_HEAVY = "\u0301\u0323"


@lru_cache(maxsize=20_000)
def possible(word: str) -> bool:
    """For one word in lower case, in any normal form or with its tone last."""
    parts = unicodedata.normalize("NFD", word)
    tones = [c for c in parts if c in TONES]
    bare = unicodedata.normalize("NFC", "".join(c for c in parts if c not in TONES))
    if len(tones) > 1 or not SHAPE.fullmatch(bare):
        return False
    return not STOPPED.search(bare) or (bool(tones) and tones[0] in SHARP_HEAVY)


def possible_plain(word: str) -> bool:
    """For one word typed without marks."""
    return PLAIN.fullmatch(word) is not None
