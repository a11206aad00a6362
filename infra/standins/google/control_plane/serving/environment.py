"""What clients must be told to reach the local Google and nothing else, signed in with a made-up token."""

from pathlib import Path

from standins.google.control_plane.state.tokens import TOKEN

NOT_PROXIED = "127.0.0.1,localhost"


def environment(folder: Path, ca_file: Path, port: int, account: str) -> dict[str, str]:
    """For gcloud, Google's Python clients, firebase-tools, Node and curl; HOME and configurations are in `folder`."""
    home, token = folder / "home", folder / "access-token"
    home.mkdir(exist_ok=True)
    token.write_text(TOKEN)
    proxy = f"http://127.0.0.1:{port}"
    return {
        **gcloud_environment(folder),
        "HOME": str(home),
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
        "CLOUDSDK_CORE_ACCOUNT": account,
        "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE": str(ca_file),
        "CLOUDSDK_PROXY_TYPE": "http",
        "CLOUDSDK_PROXY_ADDRESS": "127.0.0.1",
        "CLOUDSDK_PROXY_PORT": str(port),
        **dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), proxy),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), NOT_PROXIED),
        **{
            name: str(ca_file)
            for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
        },
        "NO_GCE_CHECK": "true",
    }


def gcloud_environment(folder: Path) -> dict[str, str]:
    """gcloud asks nothing, reports nothing, keeps no log files, and has a configuration of its own."""
    return {
        "CLOUDSDK_CONFIG": str(folder / "gcloud"),
        "CLOUDSDK_CORE_CHECK_GCE_METADATA": "0",
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_CORE_DISABLE_FILE_LOGGING": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
        "CLOUDSDK_SURVEY_DISABLE_PROMPTS": "1",
    }
