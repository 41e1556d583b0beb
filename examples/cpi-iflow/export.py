"""Zips `flow/` as CPI exports it; with BUG set, after a mistake in the editor."""  # noqa: INP001  # a script

import os
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
FLOW, EXPORT = HERE / "flow", HERE / "build/partners-to-cdp.zip"

BUGS = {
    "collapse": {"xmlJsonUseStreaming": ("true", "false")},
    "root": {"xmlJsonSuppressRootElement": ("true", "false")},
    "streaming-all": {"xmlJsonConvertAllElements": ("specific", "all")},
    "swallow": {"httpErrorResponseCodes": ("429,503", ""), "throwExceptionOnFailure": ("true", "false")},
}


def changed(flow: str, bug: str) -> str:
    """Return an `.iflw` file with the settings of *bug* in place of the right ones."""
    for key, (right, wrong) in BUGS[bug].items():
        before, after = (f"<key>{key}</key><value>{value}</value>" for value in (right, wrong))
        if flow.count(before) != 1:
            sys.exit(f"{key} is not {right} in the flow any more: correct BUGS in {__file__}")
        flow = flow.replace(before, after)
    return flow


def export(bug: str) -> None:
    """Write the zip."""
    EXPORT.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(EXPORT, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in FLOW.rglob("*") if path.is_file()):
            text = path.read_text(encoding="utf-8")
            archive.writestr(path.relative_to(FLOW).as_posix(), changed(text, bug) if bug and path.suffix == ".iflw" else text)


if __name__ == "__main__":
    wanted = os.environ.get("BUG", "")
    if wanted and wanted not in BUGS:
        sys.exit(f"BUG={wanted}: no such bug; there are {', '.join(BUGS)}")
    export(wanted)
