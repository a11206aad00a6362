"""An SDP offer of a peer that does not exist: enough to have a call opened and hung up, without a WebRTC library.

It has what the page's own offer has before candidates are known: audio in Opus, and the events' data channel.
Source: RFC 9429 (JSEP), RFC 8841 (data channel), RFC 8122 (fingerprint).
"""

import os
import secrets

_TRANSPORT = (
    "c=IN IP4 0.0.0.0",
    "a=ice-ufrag:{user}",
    "a=ice-pwd:{password}",
    "a=fingerprint:sha-256 {fingerprint}",
    "a=setup:actpass",
)
_LINES = (
    "v=0",
    "o=- {session} 0 IN IP4 0.0.0.0",
    "s=-",
    "t=0 0",
    "a=group:BUNDLE 0 1",
    "m=audio 9 UDP/TLS/RTP/SAVPF 96",
    *_TRANSPORT,
    "a=mid:0",
    "a=sendrecv",
    "a=rtcp-mux",
    "a=rtpmap:96 opus/48000/2",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    *_TRANSPORT,
    "a=mid:1",
    "a=sctp-port:5000",
)


def silent_offer() -> str:
    """A new offer each time. No certificate has its fingerprint, so nobody can answer for this peer."""
    return "".join(f"{line}\r\n" for line in _LINES).format(
        session=secrets.randbits(62),
        fingerprint=os.urandom(32).hex(":").upper(),
        user=secrets.token_hex(4),
        password=secrets.token_hex(16),
    )
