"""Whatever a server event carries is words: nothing in it runs, nothing breaks the page, nothing offends its policy."""

import json
from typing import Any

from playwright.sync_api import expect

from .conftest import OpenPage
from .openai_control import OpenAIControl
from .talker import Talker

HTML = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<style>*{display:none}</style>",
    "<base href='https://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<form action=https://evil.example><input name=q><button>Start talking</button></form>",
    "<a href=javascript:alert(1)>tap</a>",
    "<object data=https://evil.example></object>",
    "</p></article></div><h1>Signed out</h1>",
    "<!--",
    "]]><x>",
    "<template><script>alert(1)</script></template>",
    "<math><mi xlink:href='javascript:alert(1)'>",
    "<video><source onerror=alert(1)></video>",
    "<details open ontoggle=alert(1)>",
    "<body onload=alert(1)>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "&lt;b&gt; &amp; &#x3c;script&#x3e;",
]
SCRIPT = [
    "javascript:alert(1)",
    "'; alert(1); '",
    '"; alert(1); "',
    "${alert(1)}",
    "{{constructor.constructor('alert(1)')()}}",
    "\\u003cscript\\u003ealert(1)",
    "data:text/html,<script>alert(1)</script>",
    "`${alert(1)}`",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "'-alert(1)-'",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "null",
    "undefined",
    "NaN",
    "[object Object]",
]
LETTERS = [
    "\u202etxet desrever",
    "\u2066isolated",
    "\u202d\u202e\u202a\u202b" * 50,
    "\u200b" * 500,
    "\u200d\u200c\ufeff" * 100,
    "a" + "\u0301" * 300,
    "\u0e49" * 200,
    "\ufdfd" * 40,
    "👩‍👩‍👧‍👦" * 80,
    "\x00\x01\x07\x1b[31m",
    "\u2028\u2029\u0085",
    "\ud83d",  # half a letter
    "שלום " * 60,
    "مرحبا " * 60,
    "漢" * 600,
    "W" * 2_000,
    "x" * 1_000_000,
    "\n" * 5_000,
    " " * 5_000,
    "\t" * 2_000,
    "ﬀ" * 300,
    "\U0001d54f" * 300,
    "|" * 1_000 + "-" * 1_000,
]
HOSTILE = [*HTML, *SCRIPT, *LETTERS]
RECEIVE = """
(events) => {
  window.alerts ??= [];
  window.alert = (words) => alerts.push(words);
  for (const event of events) channel.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(event) }));
}
"""
# The page's own parts and nothing else: what came in a string has made no element.
STRANGERS = """
() => [...document.querySelectorAll("#page *")].map(({ localName }) => localName)
  .filter((name) => /^(script|img|iframe|style|base|meta|object|template|math|source|body|link|h4)$/.test(name))
"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_hostile_words_in_every_field_are_words(open_page: OpenPage, openai: OpenAIControl) -> None:
    assert len(HOSTILE) >= 60
    openai.script({"say": "Hello."})
    talker = open_page(viewport={"width": 390, "height": 844})
    talker.start()
    talker.hears_it_out()
    for number, words in enumerate(HOSTILE):
        talker.page.evaluate(RECEIVE, list(events(f"hostile_{number}", words)))
    expect(talker.transcript).to_contain_text(HTML[0])
    assert_unharmed(talker)
    talker.open_sheet("Details")
    expect(talker.page.get_by_role("list", name="Events")).to_contain_text("response.done")
    assert_unharmed(talker)
    talker.close_sheet()
    talker.end()
    talker.assert_policy_kept()


def assert_unharmed(talker: Talker) -> None:
    assert talker.page.evaluate("() => alerts") == []
    assert talker.page.evaluate(STRANGERS) == []
    assert talker.page.evaluate(OVERFLOW) == 0
    assert talker.page.evaluate("() => Object.keys(Object.prototype)") == []


def events(identity: str, words: str) -> list[dict[str, Any]]:
    """One of each kind that the page reads, with these words wherever words can be; ids too."""
    item = {"id": f"{identity}{words[:40]}", "type": "message", "role": "assistant", "status": words}
    said = {"type": "output_audio", "transcript": words}
    tool = {"id": f"{identity}_tool", "type": "function_call", "name": words, "arguments": words, "call_id": words}
    response = {
        "id": f"{identity}_r",
        "status": "failed",
        "status_details": {"error": {"message": words, "code": words}},
    }
    in_item = {"item_id": item["id"], "content_index": 0}
    made: list[dict[str, Any]] = [
        {"type": "conversation.item.added", "item": {**item, "content": [said]}, "previous_item_id": words},
        {"type": "response.output_audio_transcript.delta", **in_item, "delta": words},
        {"type": "conversation.item.added", "item": tool, "previous_item_id": item["id"]},
        {
            "type": "conversation.item.input_audio_transcription.completed",
            **in_item,
            "transcript": words,
            "usage": words,
        },
        {"type": "response.done", "response": {**response, "usage": words}},
        {"type": "rate_limits.updated", "rate_limits": [{"name": words, "remaining": words}]},
        {"type": words, "event_id": words, words: words},
    ]
    return [json.loads(json.dumps(event)) for event in made]
