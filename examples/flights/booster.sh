#!/usr/bin/env bash
# XGBoost, CatBoost or ONNX on the flights: prepare, train, seal with the library's own answers, score; says how to serve.
#
#   PYTHON=.cache/venv-boost/bin/python examples/flights/booster.sh xgboost xgboost.json      (make example-xgboost)
#
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

library=$1 file=$2
slipway=build/release/bin/slipway
here=examples/flights
out=out/flights-$library
mkdir -p "$out"

"$slipway" data sql $here/prepare.sql --set data=.cache/nycflights13 --set out="$out"
"$slipway" data sql $here/booster.sql --set here=$here --set out="$out"
"$PYTHON" $here/train_booster.py "$library" --rows "$out/train.csv" --parity "$out/parity.csv" --out "$out"
"$slipway" package "$out/$file" --name "late-$library" --home "$out/home" --rows "$out/parity_text.parquet" --expect "$out/${library}_proba.npy"
"$slipway" score "$out/$file" "$out/live_text.parquet" -o "$out/scores.parquet" --keep flight_id
echo "serve it: $slipway serve $out/$file"
