"""What the rule-based conversation says, and what it calls."""

import tomllib
from datetime import UTC, datetime
from typing import Any

import pytest
from standins.openai import arithmetic, number_words, small_talk
from standins.openai.conversation import new_entry
from standins.openai.conversationalist import RuleBased, Say, Turn
from standins.openai.tool_use import read_aloud, wanted_call
from standins.openai.tools import FunctionTool

from .talking import text_item

NOW = datetime(2026, 11, 21, 15, 4, tzinfo=UTC)

REPLIES = {
    "What time is it?": "It is 3:04 PM.",
    "what is the date today": "Today is Saturday, November 21, 2026.",
    "What is two plus three?": "2 plus 3 is 5.",
    "12 * 7": "12 times 7 is 84.",
    "what is ten divided by four": "10 divided by 4 is 2.5.",
    "ten divided by zero": "Nothing can be divided by zero.",
    "what is twenty-one minus thirty": "21 minus 30 is -9.",
    "count to three": "One. Two. Three.",
    "please count from nine to eleven": "Nine. Ten. Eleven.",
    "count": "One. Two. Three. Four. Five. Six. Seven. Eight. Nine. Ten.",
    "count from five to two": "There is nothing to count.",
    "hello": "Hello! How can I help you?",
    "Goodbye then": "Goodbye! It was nice talking to you.",
    "thank you": "You are welcome.",
    "Say one encouraging sentence.": "You are doing well; keep going.",
    "repeat after": "After",
    "Tell me a joke": "Why did the scarecrow get a prize? He was outstanding in his field.",
    "how are you today?": "I am fine, thank you. How are you?",
    "I'm tired": "I am sorry to hear that. Shall I tell you a joke?",
    "What's your name?": "I have no name of my own. I stand in for OpenAI until you set a key.",
    "will it rain tomorrow": "I have no window and no network. An agent with a weather tool could tell you.",
    "no thank you": "You are welcome.",
    "The cat is grey": "You said: The cat is grey",
    "": "I heard nothing I could understand. Please say it again.",
}


@pytest.mark.parametrize(("text", "reply"), REPLIES.items())
def test_replies(text: str, reply: str) -> None:
    turn = Turn([new_entry(text_item(text))], introduced=True)
    assert RuleBased(lambda: NOW).answer(turn) == Say(reply)


@pytest.mark.parametrize("entries", [[], [new_entry(text_item("Greet the person.", role="system"))]])
def test_greets_when_nobody_has_spoken(entries: list[Any]) -> None:
    expected = "Hello, this is the offline stand-in for OpenAI. How can I help you?"
    assert RuleBased(lambda: NOW).answer(Turn(entries)) == Say(expected)


def test_asked_again_it_says_something_else() -> None:
    entries, said = [], []
    for _ in range(3):
        entries.append(new_entry(text_item("Tell me a joke.")))
        said.append(RuleBased(lambda: NOW).answer(Turn(list(entries), introduced=True)))
    assert len(set(said)) == 3


def test_every_phrase_that_recognition_knows_of_a_turn_is_answered_by_that_turn() -> None:
    for turn in tomllib.loads(small_talk.FILE.read_text(encoding="utf-8"))["turn"]:
        for phrase in turn["heard"]:
            assert small_talk.small_talk(phrase, []) == turn["says"][0], phrase


@pytest.mark.parametrize(
    ("instructions", "greeting", "said"),
    [
        (
            "You are Chef Luigi, a cook.",
            'Say "Welcome to Luigi\'s!"',
            ", in the place of Chef Luigi. Welcome to Luigi's!",
        ),
        ("Your name is Mia.", "Greet the person.", ", in the place of Mia. How can I help you?"),
        ("You are a kind assistant.", "Say “Hello there.” in a warm voice.", ". Hello there."),
        ("", "This call ends in 20 seconds. Say goodbye now.", ". Goodbye! It was nice talking to you."),
    ],
)
def test_it_says_what_a_greeting_quotes_and_in_whose_place_it_is(instructions: str, greeting: str, said: str) -> None:
    turn = Turn([new_entry(text_item(greeting, role="system"))], instructions=instructions)
    assert RuleBased(lambda: NOW).answer(turn) == Say(f"Hello, this is the offline stand-in for OpenAI{said}")


def test_a_long_count_is_bounded() -> None:
    answer = RuleBased(lambda: NOW).answer(Turn([new_entry(text_item("count to 999"))], introduced=True))
    assert isinstance(answer, Say)
    assert answer.text.endswith("Two hundred and one.")


def test_every_number_is_said_and_read_again() -> None:
    for number in range(number_words.LARGEST_NUMBER + 1):
        assert number_words.with_digits(number_words.in_words(number)) == str(number)


@pytest.mark.parametrize("text", ["hello", "two", "plus", "two plus", "1.2.3"])
def test_no_sum_no_answer(text: str) -> None:
    assert arithmetic.answer(text) is None


def tool(name: str, description: str, **properties: Any) -> FunctionTool:
    parameters = {"type": "object", "properties": properties}
    return FunctionTool(type="function", name=name, description=description, parameters=parameters)


TOOLS = [
    tool("get_weather", "Current weather of a city", city={"type": "string"}),
    tool("set_timer", "Start a timer", minutes={"type": "integer"}, loud={"type": "boolean"}),
    tool("switch_light", "Switch the light", state={"enum": ["on", "off"]}, rooms={"type": "array"}),
]
CALLS: dict[str, tuple[str, dict[str, Any]] | None] = {
    "What is the weather in New York?": ("get_weather", {"city": "New York"}),
    "weather please": ("get_weather", {"city": "weather please"}),
    "start a timer of twelve minutes": ("set_timer", {"minutes": 12, "loud": True}),
    "a timer": ("set_timer", {"minutes": 0, "loud": True}),
    "switch the light off": ("switch_light", {"state": "off", "rooms": []}),
    "how are you": None,
}


@pytest.mark.parametrize(("text", "expected"), CALLS.items())
def test_calls_the_function_a_sentence_asks_for(text: str, expected: tuple[str, dict[str, Any]] | None) -> None:
    call = wanted_call(text, TOOLS)
    assert (call and (call.name, call.arguments)) == expected


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ('{"temperature": 21, "sky": "clear", "wind_speed": [1, 2]}', "temperature 21, sky clear, wind speed 1, 2."),
        ("plain words", "plain words"),
        ("42", "42."),
    ],
)
def test_reads_a_functions_result_aloud(output: str, said: str) -> None:
    assert read_aloud(output) == f"The answer is: {said}"
