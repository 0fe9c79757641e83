"""What a store would refuse of an item, told while it is still known where the item stood."""

from __future__ import annotations

from engrammic.clock import milliseconds
from engrammic.errors import InvalidInput
from engrammic.items import Conversation, Message, Note
from engrammic.records import cleaner
from engrammic.stores.base import check_content, check_id
from engrammic.stores.conversation_table import CONVERSATIONS
from engrammic.stores.messages import MessageStore, check_role
from engrammic.stores.notes import NoteStore, check_memory_type
from engrammic.types import Field, Kind, Schema

_SCHEMAS: dict[type, Schema] = {
    Message: MessageStore.schema_for(None),
    Note: NoteStore.schema_for(None),
    Conversation: CONVERSATIONS,
}


def refusal(item: Message | Note | Conversation) -> str | None:
    """Why no store takes the item; None when one does."""
    schema = _SCHEMAS[type(item)]
    try:
        if isinstance(item, Message):
            check_id("conversation_id", item.conversation_id)
            check_role(item.role)
        if isinstance(item, Note):
            check_memory_type(item.memory_type)
        if not isinstance(item, Conversation):
            check_content("content", item.content)
        cleaner(schema)({f.name: _value(item, f) for f in schema.fields})
    except InvalidInput as error:
        return str(error)
    return None


def _value(item: object, field: Field) -> object:
    """What is stored in the field; 0 where the store itself would put a number."""
    value = getattr(item, field.name, None)
    if value is None:
        return 0 if field.kind is Kind.INT else None
    if field.name.endswith("_at"):
        return milliseconds(field.name, value)
    return dict(value) if field.kind is Kind.JSON else value
