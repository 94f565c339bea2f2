"""Pages in headless Chromium, for the tests of reports: drawn, measured, watched.

    frames([(name, width, markup), ...])  -->  a page that shows each in a frame of that width, and
                                               whose script (report_probe.js) writes down its
                                               measurements; the pages themselves need no script
    measure(folder, pages)                -->  the measurements by name, the log, what was fetched
"""

import html
import json
import pathlib
import re
import shutil
import socket
import subprocess
import threading

PROBE = pathlib.Path(__file__).with_name("report_probe.js")
PHONE, SCREEN = 390, 1280
SECONDS = 60  # for one run of the browser on a busy machine; it takes 1 to 3
FLAGS = ["--no-sandbox", "--headless=new", "--disable-gpu", "--disable-dev-shm-usage",
         "--no-first-run", "--no-default-browser-check", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-extensions",
         "--hide-scrollbars", "--enable-logging=stderr"]


class Listener:
    """Plays the proxy of the browser: whoever asks for anything in the network comes here."""

    def __init__(self):
        self.asked = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return  # closed
            with connection:
                connection.settimeout(2)
                try:
                    self.asked.append(connection.recv(400).decode(errors="replace"))
                except OSError:
                    self.asked.append("silent")

    def close(self):
        self.socket.close()


def browse(folder, page, *flags, port=None):
    """Output and log of the browser on a page."""
    program = shutil.which("chromium")
    if program is None:
        raise AssertionError("chromium is not installed; ci/setup installs it")
    proxy = [f"--proxy-server=127.0.0.1:{port}"] if port else []
    done = subprocess.run(
        [program, *FLAGS, f"--user-data-dir={folder / 'profile'}", *proxy, *flags, page.as_uri()],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False)
    log = done.stderr.decode(errors="replace")
    if done.returncode != 0:
        raise AssertionError(f"chromium ended with status {done.returncode}\n{log[-2000:]}")
    return done.stdout.decode(errors="replace"), log


def console(log):
    """What a page printed, and what the browser said about the page."""
    return [line for line in log.splitlines() if ":CONSOLE" in line]


def frames(pages):
    """A page that shows (name, width, markup) in frames and writes down what the probe finds."""
    shown = "".join(
        f'<iframe name="{name}" style="border:0;display:block;width:{width}px;height:900px" '
        f'srcdoc="{html.escape(markup)}"></iframe>' for name, width, markup in pages)
    # Without a charset the browser guesses, and not always the same.
    return (f'<!doctype html><html lang="en"><meta charset="utf-8"><body style="margin:0">'
            f'{shown}<pre id="found"></pre>'
            f"<script>{PROBE.read_text(encoding='utf-8')}</script></body></html>")


def measure(folder, pages):
    """(measurements by name, log of the browser, Listener) of pages (name, width, markup)."""
    listener = Listener()
    shown = folder / "probe.html"
    shown.write_text(frames(pages), encoding="utf-8")
    output, log = browse(folder, shown, "--dump-dom", port=listener.port)
    found = re.search(r'<pre id="found">(.*?)</pre>', output, re.DOTALL)
    if not found or not found.group(1):
        raise AssertionError(f"the probe wrote nothing down:\n{output[-2000:]}")
    return json.loads(html.unescape(found.group(1))), log, listener
