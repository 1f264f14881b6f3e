#!/usr/bin/env python3
"""Opens a report in headless Chromium: report_in_browser.py REPORT.html SCREENSHOTS. Ends with 1 and one line a defect."""
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

SECTIONS = ["machine", "proposals", "idle", "sweeps", "ring", "percentiles", "conformance", "afxdp", "zerocopy", "reproduce"]
OPTIONAL = {"zerocopy"}

# Run in the page when it is there; what it finds is written into the page, where --dump-dom shows it.
PROBE = """
<script>addEventListener("load", () => {
  const seen = {sections: {}, outside: performance.getEntriesByType("resource").length,
                overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth, drawings: []};
  for (const section of document.querySelectorAll("section"))
    seen.sections[section.id] = {height: section.getBoundingClientRect().height,
      tables: section.querySelectorAll("table").length, missing: section.querySelectorAll(".missing").length};
  for (const drawing of document.querySelectorAll(".drawing")) {
    const box = drawing.querySelector("svg")?.getBoundingClientRect();
    seen.drawings.push({name: drawing.getAttribute("aria-label"), width: box?.width ?? 0, height: box?.height ?? 0,
      marks: drawing.querySelectorAll("path, polygon, use, circle").length, words: drawing.querySelectorAll("text").length});
  }
  const out = document.createElement("pre");
  out.id = "probe";
  out.textContent = JSON.stringify(seen);
  document.body.append(out);
});</script>
"""


def chromium(page: pathlib.Path, *options: str) -> str:
    with tempfile.TemporaryDirectory() as profile:
        run = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}",
             "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND", *options, page.as_uri()],
            capture_output=True, text=True, timeout=180, check=True)
    return run.stdout


def probed(page: pathlib.Path, width: int) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "probed.html"
        copy.write_text(page.read_text().replace("</head>", PROBE + "</head>"))
        dom = chromium(copy, f"--window-size={width},1000", "--dump-dom")
    found = re.search(r'<pre id="probe">(.*?)</pre>', dom, re.S)
    if not found:
        raise SystemExit("the page's own script did not run")
    return json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def defects(page: pathlib.Path, shots: pathlib.Path) -> list[str]:
    wrong = []
    size = page.stat().st_size
    if size >= 2_000_000:
        wrong.append(f"the page has {size} bytes, 2 MB are allowed")
    for width in (1280, 400):
        seen = probed(page, width)
        for name in SECTIONS:
            section = seen["sections"].get(name)
            if section is None:
                wrong.append(f"there is no section {name}")
            elif section["height"] < 80 or section["tables"] + section["missing"] == 0:
                wrong.append(f"section {name} is empty at {width} pixels")
            # A guest cannot be booted everywhere.
            elif section["missing"] and name not in OPTIONAL:
                wrong.append(f"section {name} lacks {section['missing']} results")
        for drawing in seen["drawings"]:
            if drawing["height"] < 100 or drawing["marks"] < 3 or drawing["words"] < 3:
                wrong.append(f"the chart {drawing['name']} shows nothing at {width} pixels: {drawing}")
        if len(seen["drawings"]) < 8:
            wrong.append(f"{len(seen['drawings'])} charts at {width} pixels")
        if seen["outside"]:
            wrong.append(f"the page asked for {seen['outside']} other files")
        if seen["overflow"] > 0:
            wrong.append(f"at {width} pixels the page is {seen['overflow']} pixels wider than the window")
    for name, options in {
        "light": ["--window-size=1280,14000"], "narrow": ["--window-size=400,9000"],
        "dark": ["--window-size=1280,14000", "--blink-settings=preferredColorScheme=0"],
    }.items():
        shot = shots / f"{name}.png"
        chromium(page, f"--screenshot={shot}", *options)
        width, height = struct.unpack(">II", shot.read_bytes()[16:24])
        if width < 300 or height < 1000 or shot.stat().st_size < 50_000:
            wrong.append(f"the screenshot {name} shows nothing: {width} x {height}, {shot.stat().st_size} bytes")
    return wrong


if __name__ == "__main__":
    found = defects(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve())
    print("\n".join(found) if found else "the report shows everything, wide and narrow")
    sys.exit(1 if found else 0)
