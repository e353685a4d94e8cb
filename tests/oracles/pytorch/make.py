"""Writes the files of PyTorch's that the reader is tried with, by PyTorch itself; nothing of DisBack's is used.

    python3 make.py

needs torch (made with torch 2.11.0). The network of the snapshots has the modules that names.json lists, which are those of a small NCSN++, and numbers that
`values` computes; the modules are pickled as EDM pickles its own: with their source text, as calls of a function that would run it.
"""

import io
import json
import os
import pickle
import sys
import types
import zipfile

import torch


def values(index, shape):
    """Number i of n of tensor `index` is index + (i - n / 2) / n."""
    count = 1
    for extent in shape:
        count *= extent
    numbers = (torch.arange(count, dtype=torch.float64) - count / 2) / max(count, 1) + index
    return numbers.to(torch.float32).reshape(shape)


def module(name):
    made = types.ModuleType(name)
    sys.modules[name] = made
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules.get(parent) or module(parent), child, made)
    return made


class EasyDict(dict):
    pass


EasyDict.__module__ = "dnnlib.util"
module("dnnlib.util").EasyDict = EasyDict


def _reconstruct_persistent_obj(meta):
    raise NotImplementedError


_reconstruct_persistent_obj.__module__ = "torch_utils.persistence"
module("torch_utils.persistence")._reconstruct_persistent_obj = _reconstruct_persistent_obj


class Persistent(torch.nn.Module):
    def __init__(self, class_name, **arguments):
        super().__init__()
        self._class_name, self._init_args, self._init_kwargs = class_name, (), EasyDict(arguments)

    def __reduce__(self):
        attributes = {name: value for name, value in self.__dict__.items() if name != "_class_name"}
        source = "raise SystemExit('the source text of a snapshot was run')\n"
        meta = EasyDict(type="class", version=6, module_src=source, class_name=self._class_name, state=attributes)
        return _reconstruct_persistent_obj, (meta,), None


def network():
    arguments = dict(
        img_resolution=8, img_channels=1, label_dim=10, use_fp16=False, sigma_min=0, sigma_max=float("inf"), sigma_data=0.5, model_type="SongUNet",
        augment_dim=9, model_channels=4, channel_mult=[1, 2], num_blocks=1, attn_resolutions=[4], embedding_type="fourier", channel_mult_noise=2,
        encoder_type="residual", decoder_type="standard", resample_filter=[1, 3, 3, 1], dropout=0.13)
    root = Persistent("EDMPrecond", **arguments)
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "names.json")) as file:
        names = json.load(file)
    for index, (name, shape) in enumerate(names):
        *path, last = name.split(".")
        at = root
        for part in path:
            if part not in at._modules:
                at.add_module(part, torch.nn.ModuleDict() if part in ("enc", "dec") else Persistent(part.capitalize(), skip_scale=0.5 ** 0.5))
            at = at._modules[part]
        if last in ("freqs", "resample_filter"):
            at.register_buffer(last, values(index, shape))
        else:
            at.register_parameter(last, torch.nn.Parameter(values(index, shape)))
    root.register_buffer("scratch", torch.zeros(3), persistent=False)
    return root


def state():
    """Every kind of tensor that weights come in."""
    numbers = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    return {
        "double": torch.arange(3, dtype=torch.float64) / 4,
        "float": numbers,
        "transposed": numbers.t(),
        "part": numbers[1:3, 2:5],
        "half": torch.arange(3).to(torch.float16) / 4,
        "bfloat16": torch.arange(3).to(torch.bfloat16) / 4,
        "long": torch.arange(-1, 2),
        "int": torch.arange(-1, 2, dtype=torch.int32),
        "short": torch.arange(-1, 2, dtype=torch.int16),
        "char": torch.arange(-1, 2, dtype=torch.int8),
        "byte": torch.arange(3, dtype=torch.uint8),
        "bool": torch.tensor([True, False]),
        "scalar": torch.tensor(2.5),
        "empty": torch.empty(0, 3),
        "parameter": torch.nn.Parameter(torch.ones(2)),
    }


def main():
    os.chdir(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__)))
    torch.save(state(), "state.pt")
    torch.save(state(), "state-legacy.pt", _use_new_zipfile_serialization=False)
    linear = torch.nn.Linear(2, 3)
    with torch.no_grad():
        linear.weight.copy_(values(1, [3, 2]))
        linear.bias.copy_(values(0, [3]))
    torch.save(torch.nn.Sequential(linear), "module.pt")

    ema = network()
    with open("network-snapshot-000001.pkl", "wb") as file:
        pickle.dump(dict(ema=ema, loss_fn=Persistent("EDMLoss", P_mean=-1.2), augment_pipe=None, dataset_kwargs=EasyDict(path="x.zip", xflip=False)), file)
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.ones(2))])
    torch.save(dict(net=ema, optimizer_state=optimizer.state_dict()), "training-state-000001.pt")
    wrapped = {f"fake_unet.module.{name}": value for name, value in ema.state_dict().items()}
    torch.save({**wrapped, "alphas_cumprod": torch.linspace(1, 0, 5), "real_unet.weight": torch.zeros(2)}, "pytorch_model_1.bin")

    class Evil:
        def __reduce__(self):
            return os.system, ("touch /tmp/disback-was-run",)

    torch.save({"weight": torch.ones(2), "evil": Evil()}, "evil.pt")
    torch.save({"weight": torch.ones(2), "evil": Evil()}, "evil-legacy.pt", _use_new_zipfile_serialization=False)
    with zipfile.ZipFile("state.pt") as source, zipfile.ZipFile("compressed.pt", "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            target.writestr(entry.filename, source.read(entry.filename))
    print("torch", torch.__version__)
    for name in ("state.pt", "state-legacy.pt"):
        print(name, sorted(torch.load(name, weights_only=True)) == sorted(state()))


if __name__ == "__main__":
    main()
