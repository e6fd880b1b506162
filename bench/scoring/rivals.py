"""Times slipway and its rivals on models A to J (train.py): `slipway bench --against`, model by model, into one file.

    python3 bench/scoring/rivals.py build/bench build/release/bin/slipway .cache/peers/bin/python [A B ...]

Raw scores, turn by turn in one process on one core; src/model/import/rivals_script.cc says how. Writes bench/results/scoring.json
(models named on the command line replace their own cells only); table.py makes docs/performance.md's table of it.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import platform
import subprocess
import sys

RESULTS = pathlib.Path("bench/results/scoring.json")
SECONDS = float(os.environ.get("BENCH_SECONDS", "1.0"))  # per model and batch size, all contenders together
ONNX = "onnxruntime,onnxruntime-iobinding"
BOOSTER = f"lignum,{ONNX}"
# Its file, its rows, its rivals. Compiling D by lignum takes the C compiler many minutes.
MODELS = {"A": ("A.json", "rows", f"xgboost,{BOOSTER},lignum-compiled,treelite"), "B": ("B.json", "rows", f"xgboost,{BOOSTER},lignum-compiled"),
          "C": ("C.txt", "rows", f"lightgbm,{BOOSTER},lignum-compiled"), "D": ("D.txt", "rows", f"lightgbm,{BOOSTER}"),
          "E": ("E.joblib", "filled", f"sklearn,{ONNX},ydf"), "F": ("F.cbm", "categories", "catboost,lignum"), "F2": ("F2.cbm", "rows", "catboost,lignum"),
          "G": ("G.joblib", "filled", f"sklearn,{ONNX}"), "H": ("H.joblib", "filled", f"sklearn,{ONNX}"),
          "I": ("I.joblib", "filled", f"sklearn,{ONNX}"), "J": ("J.joblib", "filled", f"sklearn,{ONNX}")}


def machine():
    with open("/proc/cpuinfo") as file:
        model = next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(), "load": os.getloadavg()[0]}


def main():
    folder, slipway, python = sys.argv[1:4]
    results = {"machine": machine(), "cells": []}
    chosen = sys.argv[4:] or list(MODELS)
    if sys.argv[4:] and RESULTS.exists():
        results["cells"] = [c for c in json.loads(RESULTS.read_text())["cells"] if c["model"] not in chosen]
    for key in chosen:
        file, rows, rivals = MODELS[key]
        if not os.path.exists(f"{folder}/{file}"):
            print(f"{key}: no {folder}/{file}: run bench/scoring/train.py", file=sys.stderr)
            continue
        done = subprocess.run([slipway, "bench", f"{folder}/{file}", "--rows", f"{folder}/{rows}.parquet", "--batches", "1,8,32,128,1024,16384",
                               "--milliseconds", str(int(100 * SECONDS)), "--against", rivals, "--python", python, "--python-timeout", "3600",
                               "--json"], stdout=subprocess.PIPE, text=True, check=True)
        answer = json.loads(done.stdout)
        for one in answer["left_out"]:
            print(f"{key}: left out: {one['name']}: {one['why'][:150]}", file=sys.stderr)
        for cell in answer["cells"]:
            results["cells"].append({"model": key, **cell})
            print(f"{key:3}{cell['batch']:6} {cell['contender']:16} {cell['ns_per_row']:12.1f} ns  x{cell['ratio']:.2f}", flush=True)
    results["cells"].sort(key=lambda c: (c["model"], c["batch"]))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1))


main()
