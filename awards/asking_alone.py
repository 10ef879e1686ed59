"""The script that asks addresses whether they still answer; `asking.py` starts it.

Standard input is JSON: `addresses`, the `agent` to call itself, and whether this machine's `own`
addresses are allowed (in tests). It writes a line of JSON for each: the address and the reply."""

import json
import resource
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests_hardened import Config, HTTPSession
from requests_hardened.ip_filter import InvalidIPAddress

# Bytes of memory; seconds to connect and between two bytes; how often an address may lead on.
MEMORY, SECONDS, LEADS_ON = 300 << 20, 6.0, 5
TOGETHER = 8
GONE = frozenset({404, 410})
SERVER_FAILS = 500


class HeadsOnly(HTTPSession):
    """Leads nowhere by itself: on its way on, the library would read the whole body."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Say that an answer leads nowhere."""

    def leads_to(self, answer: requests.Response) -> str | None:
        """Return where an answer leads; None: nowhere."""
        return super().get_redirect_target(answer)


def reply_of(address: str, config: Config) -> str:
    """Return what came of asking an address.

    Each place it leads on to is looked up and judged like the first, and the connection goes to the
    very address that was judged. Only the head of an answer is read, never its body."""
    for _ in range(LEADS_ON + 1):
        if urlsplit(address).scheme not in {"http", "https"}:
            return "silent"
        with HeadsOnly(config) as session:
            session.trust_env = False  # neither a proxy nor somebody's password of this machine
            try:
                with session.get(address, stream=True) as answer:
                    status, onwards = answer.status_code, session.leads_to(answer)
            except InvalidIPAddress:
                return "private"
            except (requests.RequestException, OSError, ValueError, MemoryError):
                return "silent"
        if onwards is None:
            if status in GONE:
                return "gone"
            return "silent" if status >= SERVER_FAILS else "answers"
        address = urljoin(address, onwards)
    return "silent"


def main(given: dict[str, Any]) -> None:
    """Ask every address and write each reply as soon as it is there."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    config = Config(
        ip_filter_enable=True,
        ip_filter_allow_loopback_ips=given["own"],
        never_redirect=True,
        default_timeout=(SECONDS, SECONDS),
        user_agent_override=given["agent"],
    )

    def tell(address: str) -> None:
        line = json.dumps([address, reply_of(address, config)])
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    with ThreadPoolExecutor(TOGETHER) as pool:
        list(pool.map(tell, given["addresses"]))


if __name__ == "__main__":
    main(json.load(sys.stdin))
