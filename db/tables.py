"""Every table, imported once, so that Base.metadata is whole (migrations, tests)."""

from db import (  # noqa: F401
    agencies,
    api,
    articles,
    audit,
    briefs,
    console,
    embargo,
    followups,
    knowledge,
    legal,
    linking,
    people,
    pushes,
    tallies,
    updates,
    webhooks,
    zalo_tokens,
)
from db.base import Base

metadata = Base.metadata
