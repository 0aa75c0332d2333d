"""The pages of the knowledge desk, the inbox, the statistics and the records, with who may use them."""

from console import (
    agencies,
    conversation,
    entries,
    entry_form,
    exports,
    importing,
    inbox,
    invitations,
    knowledge,
    missing,
    people,
    records,
    statistics,
    trail,
)
from console.visit import Page
from network.roles import Permission as P

READ = frozenset({P.WRITE_BRIEF, P.APPROVE, P.SEND, P.VIEW})
ANSWER, ENTRIES = frozenset({P.ANSWER_CASES}), frozenset({P.EDIT_ENTRIES, P.REVIEW_ENTRIES, P.ANSWER_CASES})
EDIT, REVIEW = frozenset({P.EDIT_ENTRIES}), frozenset({P.REVIEW_ENTRIES})
MANAGE, AUDIT = frozenset({P.MANAGE_PEOPLE, P.ADMINISTER}), frozenset({P.VIEW_AUDIT, P.ADMINISTER})
VIEW, INVITE, ADMINISTER = frozenset({P.VIEW}), frozenset({P.MANAGE_PEOPLE}), frozenset({P.ADMINISTER})

KNOWLEDGE = (
    Page("/knowledge", knowledge.listing, ENTRIES),
    Page("/knowledge/due", knowledge.falling_due, ENTRIES),
    Page("/knowledge/missing", missing.listing, ENTRIES),
    Page("/knowledge/missing/{work:int}", missing.show, ENTRIES),
    Page("/knowledge/missing/{work:int}/take", missing.take, EDIT, "POST", back=missing.show),
    Page("/knowledge/missing/{work:int}/write", missing.write, EDIT, "POST", back=missing.show),
    Page("/knowledge/missing/{work:int}/link", missing.link, EDIT, "POST", back=missing.show),
    Page("/knowledge/missing/{work:int}/refuse", missing.refuse, EDIT, "POST", back=missing.show),
    Page("/knowledge/import", importing.start, EDIT),
    Page("/knowledge/import", importing.preview, EDIT, "POST", back=importing.start),
    Page("/knowledge/import/apply", importing.apply, EDIT, "POST", back=importing.start),
    Page("/knowledge/new", entry_form.blank, EDIT),
    Page("/knowledge/new", entry_form.create, EDIT, "POST", back=entry_form.blank),
    Page("/knowledge/{entry:int}", entries.show, ENTRIES),
    Page("/knowledge/{entry:int}/edit", entry_form.edit, EDIT),
    Page("/knowledge/{entry:int}/edit", entry_form.save, EDIT, "POST", back=entry_form.edit),
    Page("/knowledge/{entry:int}/submit", entries.submit, EDIT, "POST", back=entries.show),
    Page("/knowledge/{entry:int}/drop", entries.drop, EDIT | REVIEW, "POST", back=entries.show),
    Page("/knowledge/{entry:int}/restore", entries.restore, EDIT, "POST", back=entries.show),
    Page("/knowledge/{entry:int}/publish", entries.publish, REVIEW, "POST", back=entries.show),
    Page("/knowledge/{entry:int}/return", entries.give_back, REVIEW, "POST", back=entries.show),
    Page("/knowledge/{entry:int}/retire", entries.retire, REVIEW, "POST", back=entries.show),
    Page("/knowledge/{entry:int}/confirm", entries.confirm, EDIT | REVIEW, "POST", back=entries.show),
    Page("/knowledge/{entry:int}/golden", entries.add_golden, EDIT | REVIEW, "POST", back=entries.show),
    Page("/knowledge/{entry:int}/ungolden", entries.remove_golden, REVIEW, "POST", back=entries.show),
)
INBOX = (
    Page("/inbox", inbox.listing, ANSWER),
    Page("/inbox/{case:int}", inbox.show, ANSWER),
    Page("/inbox/{case:int}", inbox.answer, ANSWER, "POST", back=inbox.show),
    Page("/inbox/{case:int}/hand", inbox.hand, ANSWER, "POST", back=inbox.show),
    Page("/inbox/{case:int}/back", inbox.ask_back, ANSWER, "POST", back=inbox.show),
    Page("/inbox/{case:int}/refuse", inbox.refuse, ANSWER, "POST", back=inbox.show),
    Page("/inbox/{case:int}/due", inbox.set_due, ANSWER, "POST", back=inbox.show),
    Page("/inbox/{case:int}/asker/{person:int}", conversation.show, ANSWER, recorded=True),
)
RECORDS = (
    Page("/statistics", statistics.show, VIEW),
    Page("/statistics/export.{kind}", exports.of_statistics, VIEW),
    Page("/people/export.{kind}", exports.of_people, MANAGE),
    Page("/briefs/{brief:int}/push/export.{kind}", exports.of_deliveries, READ),
    Page("/people", people.listing, MANAGE, recorded=True),
    Page("/people/invitations", invitations.listing, MANAGE),
    Page("/people/invitations", invitations.make, INVITE, "POST", back=invitations.listing),
    Page("/people/invitations/{invitation:int}", invitations.show, MANAGE),
    Page("/people/invitations/{invitation:int}/revoke", invitations.revoke, INVITE, "POST", back=invitations.listing),
    Page("/people/agencies", agencies.listing, MANAGE),
    Page("/people/agencies", agencies.add, ADMINISTER, "POST", back=agencies.listing),
    Page("/people/agencies/{agency:int}", agencies.show, ADMINISTER),
    Page("/people/agencies/{agency:int}/change", agencies.change, ADMINISTER, "POST", back=agencies.show),
    Page("/people/agencies/{agency:int}/merge", agencies.merge, ADMINISTER, "POST", back=agencies.show),
    Page("/people/agencies/{agency:int}/close", agencies.close, ADMINISTER, "POST", back=agencies.show),
    Page("/people/agencies/{agency:int}/reopen", agencies.reopen, ADMINISTER, "POST", back=agencies.show),
    Page("/people/{person:int}", records.show, MANAGE, recorded=True),
    Page("/people/{person:int}/change", records.change, INVITE, "POST", back=records.show),
    Page("/people/{person:int}/suspend", records.suspend, INVITE, "POST", back=records.show),
    Page("/people/{person:int}/let-in", records.let_in, INVITE, "POST", back=records.show),
    Page("/people/{person:int}/decide", records.decide, INVITE, "POST", back=records.show),
    Page("/trail", trail.show, AUDIT),
)
PAGES = (*KNOWLEDGE, *INBOX, *RECORDS)
