"""An agent that knows the weather, with or without a tool (BENCH_TOOLS=1), on the model at MODEL_URL."""

import os

from google.adk.agents import LlmAgent
from google.adk.models.google_llm import Gemini


def get_weather(city: str) -> dict:
    """Weather of a city."""
    return {"city": city, "celsius": 21}


root_agent = LlmAgent(
    name="weather",
    model=Gemini(model="gemini-2.5-flash", base_url=os.environ["MODEL_URL"]),
    instruction="Answer questions about the weather.",
    tools=[get_weather] if os.environ["BENCH_TOOLS"] == "1" else [],
)
