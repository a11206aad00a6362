"""Google's side of the bench, in a thread: our function's buckets and secrets, and what the obvious port asks for.

Secret Manager speaks gRPC over TLS to the obvious port, so that it runs Google's client as it is in production.
"""

import ipaddress
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google.cloud.secretmanager_v1 import AccessSecretVersionRequest, AccessSecretVersionResponse
from standins.local.cloud import start_local_cloud
from standins.serving import LOOPBACK, ServerThread

SERVICE = "google.cloud.secretmanager.v1.SecretManagerService"


@dataclass(frozen=True, slots=True)
class GoogleCloud:
    """The environment that a deployment would give our function, and the one of the obvious port."""

    ours: dict[str, str]
    obvious_port: dict[str, str]


@contextmanager
def google_cloud(api_key: str) -> Iterator[GoogleCloud]:
    thread = ServerThread()
    try:
        yield thread.enter(_google_cloud(api_key))
    finally:
        thread.stop()


@asynccontextmanager
async def _google_cloud(api_key: str) -> AsyncIterator[GoogleCloud]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="voicemint-bench-")))
        ours = await start_local_cloud(stack, folder, api_key)
        key, certificate = loopback_certificate()
        certificate_file = folder / "certificate.pem"
        certificate_file.write_bytes(certificate)
        server, port = await start_secret_manager(api_key, key, certificate)
        stack.push_async_callback(server.stop, grace=None)
        obvious_port = {
            "GCE_METADATA_HOST": ours["GCE_METADATA_HOST"],
            "GCE_METADATA_IP": ours["GCE_METADATA_IP"],
            "SECRET_MANAGER_ENDPOINT": f"{LOOPBACK}:{port}",
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(certificate_file),
        }
        yield GoogleCloud(ours, obvious_port)


async def start_secret_manager(api_key: str, key: bytes, certificate: bytes) -> tuple[grpc.aio.Server, int]:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((secret_manager(api_key),))
    port = server.add_secure_port(f"{LOOPBACK}:0", grpc.ssl_server_credentials([(key, certificate)]))
    await server.start()
    return server, port


def secret_manager(api_key: str) -> grpc.GenericRpcHandler:
    async def access_secret_version(
        request: AccessSecretVersionRequest, _context: object
    ) -> AccessSecretVersionResponse:
        return AccessSecretVersionResponse(name=request.name, payload={"data": api_key.encode()})

    method = grpc.unary_unary_rpc_method_handler(
        access_secret_version,
        request_deserializer=AccessSecretVersionRequest.deserialize,
        response_serializer=AccessSecretVersionResponse.serialize,
    )
    return grpc.method_handlers_generic_handler(SERVICE, {"AccessSecretVersion": method})


def loopback_certificate() -> tuple[bytes, bytes]:
    """A private key and a certificate for 127.0.0.1 that vouches for itself, both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bench")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address(LOOPBACK))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    key_pem = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key_pem, certificate.public_bytes(pem)
