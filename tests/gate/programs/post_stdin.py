"""An integration that posts its stdin to CDP; the variable DO says what else it does."""
# ruff: noqa: T201  # programs print

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from urllib.parse import urlencode


def post(body: bytes) -> int:
    """Post an event to where the environment says, and return the status."""
    query = urlencode({"userKey": os.environ["CDP_USER_KEY"], "secret": os.environ["CDP_SECRET"]})
    request = urllib.request.Request(f"{os.environ['CDP_LISTENER_URL']}?{query}", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def main() -> int:
    """Do as DO says."""
    match os.environ.get("DO"):
        case "fail":
            sys.stdin.buffer.read()
            secret = os.environ["CDP_SECRET"]
            print("secrets:", secret, urlencode({"secret": secret}), os.environ["CPI_PASSWORD"])
            print("mapping failed", file=sys.stderr)
            return 3
        case "hang":
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            print(child.pid, flush=True)
            time.sleep(600)
        case "leave-a-child":
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            return 0
        case "flood":
            sys.stdout.write("x" * 5_000_000)
            print("\nthe end")
            return 0
        case "close-stdin":
            os.close(0)
            return 0
    status = post(sys.stdin.buffer.read())
    print("answered", status)
    return 0 if status < 300 else 1


if __name__ == "__main__":
    sys.exit(main())
