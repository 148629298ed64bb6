#!/usr/bin/env bash
# record-demo.sh : records the demo's answers anew: serves the three models on this machine, runs the demo's suite against
# them, and writes every answer to datasets/demo-answers.jsonl. About half an hour on two cores. Stopped, it goes on.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
store=.cutover/demo-recording.sqlite
scripts/serve-demo-models.sh start
trap 'scripts/serve-demo-models.sh stop' EXIT
cargo run -- run suites/demo.toml --mode record --store "$store"
recording=$(cargo run -- --json cache stats --store "$store" | python3 -c '
import json, sys
print(max(name for name, _ in json.load(sys.stdin)["recordings"]))')
cargo run -- cache export --store "$store" --recording "$recording" > datasets/demo-answers.jsonl
