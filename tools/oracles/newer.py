#!/usr/bin/env python3
"""Says which training libraries have a newer minor version than the newest one that was compared.

    tools/oracles/newer.py              # warns; `make oracles` runs it
    tools/oracles/newer.py --strict     # ends with 1 if there is one

docs/reference/models.md promises that a new version is compared within two weeks. What was compared is what the requirements of
the oracles pin; what there is, pip says (for the Python that runs this). Without a network it says so and is content.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# What is compared is listed by its pins; XGBoost's CPU wheel is the same library.
LIBRARIES = {"scikit-learn": ["scikit-learn"], "xgboost": ["xgboost", "xgboost-cpu"], "lightgbm": ["lightgbm"], "catboost": ["catboost"],
             "onnxruntime": ["onnxruntime"]}


def minor(version):
    return tuple(int(part) for part in version.split(".")[:2])


def compared():
    """Library to its newest pinned version, of every requirements file."""
    found = {}
    files = [ROOT / "examples/flights/requirements.txt", *ROOT.glob("tools/oracles/*/requirements*.txt")]
    for name, version in re.findall(r"^([\w-]+)==(\d[\d.]*)", "\n".join(file.read_text() for file in files), re.M):
        for library, names in LIBRARIES.items():
            if name in names:
                found[library] = max(found.get(library, version), version, key=minor)
    return found


def newest(library):
    """The newest version that pip would install; None where it cannot tell."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "index", "versions", library]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30).stdout
    except subprocess.TimeoutExpired:
        return None
    match = re.search(r"^Available versions: (\d[\d.]*)", said, re.M)
    return match and match[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--strict", action="store_true", help="end with 1 if there is a newer minor version")
    options = parser.parse_args()
    behind = 0
    for library, version in sorted(compared().items()):
        there_is = newest(library)
        if there_is is None:
            print(f"{library}: compared up to {version}; pip cannot tell what is newest (no network?): not checked")
        elif minor(there_is) > minor(version):
            behind += 1
            print(f"{library}: WARNING: {there_is} is there, compared up to {version}: pin it in tools/oracles, compare, and update "
                  "docs/reference/models.md")
        else:
            print(f"{library}: compared up to {version}, newest {there_is}")
    sys.exit(1 if behind and options.strict else 0)


if __name__ == "__main__":
    main()
