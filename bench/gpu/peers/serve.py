"""PyTorch's side of the GPU bench: one line of JSON in, one line of JSON out.

A request names a measurement with its sizes; the reply holds "variants", one for each way in which
PyTorch can do it, each with p20, p50 and p80 in microseconds, or "failed" with the reason. The Java
side asks between its own measurements, so that both run on one card in the same minutes. Standard
output carries replies only; what libraries print goes to standard error.
"""

import argparse
import json
import os
import sys
import traceback


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--device", default="cuda")
    options = arguments.parse_args()
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def reply(content):
        replies.write(json.dumps(content) + "\n")
        replies.flush()

    try:
        import torch
    except ImportError as error:
        reply({"failed": "no PyTorch: %s" % error})
        return
    if options.device == "cuda" and not torch.cuda.is_available():
        reply({"failed": "PyTorch %s finds no GPU" % torch.__version__})
        return
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import models
    import operations

    reply(versions(torch, options.device))
    commands = {"operation": operations.measure, **models.COMMANDS}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply(commands[request["command"]](request, options.device))
        except Exception as error:
            traceback.print_exc()
            reply({"failed": "%s: %s" % (type(error).__name__, str(error).split("\n")[0][:200])})
        finally:
            if options.device == "cuda":
                torch.cuda.empty_cache()


def versions(torch, device):
    found = {"torch": torch.__version__, "cuda": str(torch.version.cuda), "device": device}
    if device == "cuda":
        found["cudnn"] = str(torch.backends.cudnn.version())
    for name in ("transformers", "peft", "triton"):
        try:
            from importlib.metadata import version

            found[name] = version(name)
        except Exception:
            found[name] = "none"
    return found


if __name__ == "__main__":
    main()
