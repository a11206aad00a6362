"""The agent of tests that need any."""

from voicemint.agents.agent import UNIFIED, Agent

AGENT = Agent(
    name="assistant",
    label="A",
    instructions="Be kind.",
    greeting="Hello.",
    model="gpt-realtime-2.1",
    voice="marin",
    max_call_minutes=30,
    setup=UNIFIED,
)
