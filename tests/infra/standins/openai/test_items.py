"""Items of the conversation: their order, and what can be done with them."""

import pytest

from .talking import Talk, text_item

pytestmark = pytest.mark.asyncio


async def test_items_know_the_one_before_them(talk: Talk) -> None:
    talk.write("one", id="item_1")
    talk.write("two", id="item_2")
    talk.send("conversation.item.create", item=text_item("zero", id="item_0"), previous_item_id="root")
    talk.send("conversation.item.create", item=text_item("1.5", id="item_1b"), previous_item_id="item_1")
    added = talk.listener.all("conversation.item.added")
    assert [(event["item"]["id"], event["previous_item_id"]) for event in added] == [
        ("item_1", None),
        ("item_2", "item_1"),
        ("item_0", None),
        ("item_1b", "item_1"),
    ]


async def test_items_are_retrieved_and_deleted(talk: Talk) -> None:
    talk.write("remember me", id="item_1")
    talk.send("conversation.item.retrieve", item_id="item_1")
    talk.send("conversation.item.delete", item_id="item_1")
    talk.send("conversation.item.retrieve", item_id="item_1")
    assert talk.listener.last("conversation.item.retrieved")["item"]["content"][0]["text"] == "remember me"
    assert talk.listener.last("conversation.item.deleted")["item_id"] == "item_1"
    assert talk.listener.last("error")["error"]["code"] == "item_retrieve_invalid_item_id"


async def test_an_id_is_used_once(talk: Talk) -> None:
    talk.write("one", id="item_1")
    talk.write("two", id="item_1")
    assert talk.listener.last("error")["error"]["param"] == "item.id"


async def test_truncating_takes_the_transcript_away(talk: Talk) -> None:
    response = await talk.respond()
    item_id = response["output"][0]["id"]
    talk.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=100)
    assert talk.listener.last("conversation.item.truncated")["audio_end_ms"] == 100
    talk.send("conversation.item.retrieve", item_id=item_id)
    assert talk.listener.last("conversation.item.retrieved")["item"]["content"] == [{"type": "output_audio"}]
    talk.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=200)
    assert talk.listener.last("error")["error"]["param"] == "audio_end_ms"


async def test_text_cannot_be_truncated(talk: Talk) -> None:
    talk.write("hello", id="item_1")
    talk.send("conversation.item.truncate", item_id="item_1", content_index=0, audio_end_ms=0)
    assert talk.listener.last("error")["error"]["code"] == "invalid_value"
