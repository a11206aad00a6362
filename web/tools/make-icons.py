"""Draw web/public/icon.svg as the PNGs that home screens want.

Usage: .venv/bin/python web/tools/make-icons.py     after icon.svg was changed; the PNGs are kept in git

icon-maskable-512.png and apple-touch-icon.png fill their square: the device rounds the corners itself.
"""

import base64
import os
import shutil
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

PUBLIC = Path(__file__).resolve().parents[1] / "public"
ROUND = {"icon-192.png": 192, "icon-512.png": 512}
SQUARE = {"icon-maskable-512.png": 512, "apple-touch-icon.png": 180}
CORNER = 'rx="116" '


def main() -> None:
    svg = (PUBLIC / "icon.svg").read_text(encoding="utf-8")
    if CORNER not in svg:
        raise SystemExit(f"icon.svg: expected its corners as {CORNER.strip()}, found others. Change CORNER.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which(os.environ.get("CHROMIUM", "chromium")))
        for name, pixels in ROUND.items():
            draw(browser, svg, pixels, PUBLIC / name)
        for name, pixels in SQUARE.items():
            draw(browser, svg.replace(CORNER, ""), pixels, PUBLIC / name)
        browser.close()


def draw(browser: Browser, svg: str, pixels: int, file: Path) -> None:
    source = base64.b64encode(svg.encode()).decode()
    page = browser.new_page(viewport={"width": pixels, "height": pixels})
    page.set_content(
        f'<body style="margin:0"><img width="{pixels}" height="{pixels}" src="data:image/svg+xml;base64,{source}">'
    )
    page.locator("img").evaluate("(image) => image.decode()")
    page.screenshot(path=file, omit_background=True)
    page.close()


if __name__ == "__main__":
    main()
