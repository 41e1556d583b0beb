"""MB/s of the XML to JSON conversion at 1, 10 and 50 MB, with and without streaming, and how much the peak of memory grows."""

import multiprocessing
import tempfile
import time
from pathlib import Path

from mock_cdp.cpi.converter import ConverterSettings, convert

SIZES = (1, 10, 50)
ORDER = """
  <Order>
    <orderId>0000471100</orderId><orderDate>20241130</orderDate><total>119,90</total><coupon/>
    <customer><crmId>0000123456</crmId><name>Jörg Müller</name></customer>
    <items><sku>4006381333931</sku><qty>1.000</qty><amount currency="EUR">19.90-</amount></items>
    <items><sku>4006381333948</sku><qty>2.000</qty><amount currency="EUR">29.90</amount></items>
  </Order>"""
MODES = {
    "no streaming": ConverterSettings(suppress_root=True),
    "streaming all": ConverterSettings(streaming="all"),
    "streaming specific": ConverterSettings(streaming="specific", paths=("/o:Orders/Order", "/Orders/Order/items")),
}


def message(megabytes):
    """Return orders of about that size."""
    count = megabytes * 1_000_000 // len(ORDER.encode())
    return f'<o:Orders xmlns:o="urn:acme:cdp:order">{ORDER * count}</o:Orders>'.encode()


def deep(megabytes):
    """Return nests as deep as is allowed, which must cost no more."""
    nest = f"{'<a>' * 490}{'x' * 2_000}{'</a>' * 490}"
    return f"<r>{nest * (megabytes * 1_000_000 // len(nest))}</r>".encode()


def tiny(megabytes):
    """Return the smallest elements there are."""
    return f"<r>{'<a>1</a>' * (megabytes * 125_000)}</r>".encode()


def peak():
    """Return this process's peak of memory in MB; `getrusage` would count the parent's too (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def measure(path, settings):
    """Convert once in this new process; print speed, and memory beyond that of the message."""
    xml = path.read_bytes()
    before = peak()
    began = time.perf_counter()
    text = convert(xml, settings)
    took = time.perf_counter() - began
    grown = peak() - before
    size = len(xml) / 1e6
    print(
        f"{size:6.1f} MB in, {len(text) / 1e6:6.1f} MB out: {size / took:6.1f} MB/s, peak +{grown:5.0f} MB ({grown / size:4.1f}x)"
    )


def main():
    """Measure every mode and every shape at every size, each in a process of its own so that peaks do not mix."""
    context = multiprocessing.get_context("spawn")
    cases = [(name, message, settings) for name, settings in MODES.items()]
    cases += [("deep nests", deep, ConverterSettings()), ("tiny elements", tiny, ConverterSettings())]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "message.xml"
        for name, shape, settings in cases:
            print(name, flush=True)
            for megabytes in SIZES:
                path.write_bytes(shape(megabytes))
                child = context.Process(target=measure, args=(path, settings))
                child.start()
                child.join()


if __name__ == "__main__":
    main()
