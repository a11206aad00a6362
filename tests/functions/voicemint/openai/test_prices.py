import pytest
from voicemint.openai.prices import response_micro_usd, transcription_micro_usd

# From OpenAI's API reference; the sums were computed by hand.
USAGE = {
    "total_tokens": 253,
    "input_tokens": 132,
    "output_tokens": 121,
    "input_token_details": {
        "text_tokens": 119,
        "audio_tokens": 13,
        "image_tokens": 0,
        "cached_tokens": 64,
        "cached_tokens_details": {"text_tokens": 64, "audio_tokens": 0, "image_tokens": 0},
    },
    "output_token_details": {"text_tokens": 30, "audio_tokens": 91},
}


@pytest.mark.parametrize(("model", "micro_usd"), [("gpt-realtime-2.1", 7206), ("gpt-realtime-2.1-mini", 2059)])
def test_a_response_costs_what_its_tokens_do(model: str, micro_usd: int) -> None:
    assert response_micro_usd(model, USAGE) == micro_usd


@pytest.mark.parametrize(
    "usage", [None, 7, {}, {"input_token_details": None}, {"output_token_details": {"text_tokens": "9"}}]
)
def test_what_is_missing_costs_nothing(usage: object) -> None:
    assert response_micro_usd("gpt-realtime-2.1", usage) == 0


def test_no_usage_lowers_a_sum() -> None:
    usage = {"input_token_details": {"text_tokens": -5, "cached_tokens_details": {"text_tokens": 100}}}
    assert response_micro_usd("gpt-realtime-2.1", usage) >= 0


@pytest.mark.parametrize(
    ("usage", "micro_usd"), [({"type": "duration", "seconds": 60}, 4500), ({"seconds": 2.4}, 180), ({}, 0), (None, 0)]
)
def test_a_transcription_costs_by_the_minute(usage: object, micro_usd: int) -> None:
    assert transcription_micro_usd("gpt-transcribe", usage) == micro_usd


def test_a_model_without_a_price_is_an_error() -> None:
    with pytest.raises(KeyError):
        response_micro_usd("gpt-new", USAGE)
