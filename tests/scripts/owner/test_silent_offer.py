"""The offer of scripts/rotate-key.sh's check, as a WebRTC library reads it."""

import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from owner.silent_offer import silent_offer
from voicemint.calls.sdp import check_offer


@pytest.mark.asyncio
async def test_a_peer_answers_it_with_audio_and_the_events_channel() -> None:
    peer = RTCPeerConnection()
    try:
        await peer.setRemoteDescription(RTCSessionDescription(silent_offer(), "offer"))
        answer = await peer.createAnswer()
    finally:
        await peer.close()
    sections = [line for line in answer.sdp.splitlines() if line.startswith(("m=", "a=rtpmap"))]
    assert [section.split()[0] for section in sections] == ["m=audio", "a=rtpmap:96", "m=application"]
    assert sections[1].endswith("opus/48000/2")


def test_the_functions_take_it_for_an_offer() -> None:
    assert check_offer(silent_offer().encode())


def test_no_two_are_alike() -> None:
    first, second = silent_offer().splitlines(), silent_offer().splitlines()
    same = {line.partition(":")[0] for line in set(first) & set(second)}
    assert same.isdisjoint({"a=fingerprint", "a=ice-ufrag", "a=ice-pwd"})
    assert len(first) == len(second)
