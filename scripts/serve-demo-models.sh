#!/usr/bin/env bash
# serve-demo-models.sh start|stop : serves the demo's three models with llama.cpp's server, OpenAI-compatible, on 127.0.0.1:
#   18201 smollm2-135m · 18202 qwen2.5-coder-0.5b (tool calls as fenced JSON) · 18203 gemma3-270m-base (chat as questions and answers)
# start fetches what is missing and waits until every server is healthy; stop ends the processes of the PID files, nothing else.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${CUTOVER_LAB:=$HOME/.cache/cutover-lab}"
export CUTOVER_LAB
run="$CUTOVER_LAB/run"
models=(smollm2-135m qwen2.5-coder-0.5b gemma3-270m-base)
ports=(18201 18202 18203)
templates=('' qwen-fence-tools.jinja base-qa.jinja)
patience=240 # seconds for a server to load its model

alive() { [ -f "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }

start() {
  local i model pid_file log template deadline
  for i in "${!models[@]}"; do
    if alive "$run/demo-${models[$i]}.pid"; then
      echo "${models[$i]} runs already; stop first" >&2
      exit 1
    fi
    if curl -s -o /dev/null --max-time 2 "http://127.0.0.1:${ports[$i]}/health"; then
      echo "port ${ports[$i]} is taken by another server" >&2
      exit 1
    fi
  done
  "$here/fetch-demo-models.sh" "${models[@]}"
  mkdir -p "$run"
  for i in "${!models[@]}"; do
    model=${models[$i]}
    template=()
    [ -z "${templates[$i]}" ] || template=("$here/templates/${templates[$i]}")
    nohup "$CUTOVER_LAB/venv/xllamacpp/bin/python" "$here/serve-model.py" \
      "$CUTOVER_LAB/models/$model.gguf" "$model" "${ports[$i]}" "${template[@]}" \
      > "$run/demo-$model.log" 2>&1 < /dev/null &
    echo $! > "$run/demo-$model.pid"
  done
  for i in "${!models[@]}"; do
    pid_file="$run/demo-${models[$i]}.pid"
    log="$run/demo-${models[$i]}.log"
    deadline=$((SECONDS + patience))
    until curl -sf -o /dev/null --max-time 5 "http://127.0.0.1:${ports[$i]}/health"; do
      if ! alive "$pid_file" || [ "$SECONDS" -ge "$deadline" ]; then
        echo "${models[$i]} did not become healthy; the last lines of its log:" >&2
        tail -n 15 "$log" >&2
        stop
        exit 1
      fi
      sleep 0.5
    done
    echo "${models[$i]} serves on http://127.0.0.1:${ports[$i]}/v1" >&2
  done
}

stop() {
  local model pid_file pid
  for model in "${models[@]}"; do
    pid_file="$run/demo-$model.pid"
    [ -f "$pid_file" ] || continue
    if alive "$pid_file"; then
      pid=$(cat "$pid_file")
      kill "$pid"
      for _ in {1..40}; do kill -0 "$pid" 2>/dev/null || break; sleep 0.25; done
      kill -9 "$pid" 2>/dev/null || true
      echo "$model stopped" >&2
    fi
    rm -f "$pid_file"
  done
}

case "${1:-}" in
  start) start ;;
  stop) stop ;;
  *) sed -n 2,4p "$0" >&2; exit 2 ;;
esac
