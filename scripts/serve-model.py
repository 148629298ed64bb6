#!/usr/bin/env python3
"""serve-model.py GGUF ALIAS PORT [TEMPLATE]: serves one model with llama.cpp's server on 127.0.0.1:PORT until it is ended.

Run it with a Python that has xllamacpp, whose wheel brings llama.cpp built for any x86-64 CPU with AVX2.
"""

import signal
import sys

import xllamacpp

CONTEXT = 8192  # tokens, shared by the slots
SLOTS = 2       # requests answered at the same time
THREADS = 1     # two servers' threads that wait for each other stall on a machine with few cores


def main():
    if len(sys.argv) not in (4, 5):
        raise SystemExit(__doc__)
    params = xllamacpp.CommonParams()
    params.model.path = sys.argv[1]
    params.model_alias = {sys.argv[2]}
    params.hostnames = ["127.0.0.1"]
    params.port = int(sys.argv[3])
    params.n_ctx = CONTEXT
    params.n_parallel = SLOTS
    params.cpuparams.n_threads = THREADS
    params.cpuparams_batch.n_threads = THREADS
    params.use_jinja = True
    params.offline = True
    params.ui = False
    if len(sys.argv) == 5:
        with open(sys.argv[4], encoding="utf-8") as file:
            params.chat_template = file.read()
    server = xllamacpp.Server(params)
    print(f"{sys.argv[2]} serves on {server.listening_address}", flush=True)
    signal.pause()  # SIGTERM ends the process


if __name__ == "__main__":
    main()
