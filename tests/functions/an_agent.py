"""The agent of tests that need any."""

from voicemint.agents.agent import Agent

AGENT = Agent(
    label="A",
    instructions="Be kind.",
    greeting="Hello.",
    model="gpt-realtime-2.1",
    voice="marin",
    max_call_minutes=30,
    setup="unified",
)
