"""Computes what the feature networks, the resize of FID, and precision and recall are to agree with, by code that shares nothing with DisBack.

    python3 generate.py > expected.json

needs numpy, torch and torchvision (made with torch 1.13.1 and torchvision 0.14.1). Weights and images are not stored: both sides compute them
from a hash of the tensor's name and the element's number.
"""

import json
import math
import re
import types

import numpy
import torch
import torch.nn.functional as functional
import torchvision.models.inception as inception


def uniform(name, shape):
    """float64 in [-1, 1) from a 32-bit hash: FNV-1a of the name, then the finaliser of MurmurHash3 for each element."""
    seed = 2166136261
    for byte in name.encode():
        seed = (seed ^ byte) * 16777619 % 2**32
    x = (numpy.arange(math.prod(shape), dtype=numpy.uint32) + numpy.uint32(seed)) * numpy.uint32(0x9E3779B1)
    x ^= x >> numpy.uint32(16)
    x *= numpy.uint32(0x85EBCA6B)
    x ^= x >> numpy.uint32(13)
    x *= numpy.uint32(0xC2B2AE35)
    x ^= x >> numpy.uint32(16)
    return ((x >> numpy.uint32(8)).astype(numpy.float64) / 2**23 - 1).reshape(shape)


def weight(name, shape):
    u = uniform(name, shape)
    if name.endswith("running_var"):
        return 1 + 0.5 * u
    if name.endswith("bn.weight"):
        return 1 + 0.2 * u
    return math.sqrt(6 / math.prod(shape[1:])) * u if len(shape) > 1 else 0.1 * u


def fill(module):
    values = {name: torch.from_numpy(weight(name, tuple(value.shape)).astype(numpy.float32)) for name, value in module.state_dict().items()
              if not name.endswith("num_batches_tracked")}
    module.load_state_dict(values, strict=False)
    return module.eval()


def images(name, shape):
    """Reaches beyond [-1, 1], where levels are clipped."""
    return (1.1 * uniform(name, shape)).astype(numpy.float32)


def levels(x):
    x = (x * numpy.float32(127.5) + numpy.float32(128)).clip(0, 255).astype(numpy.uint8).astype(numpy.float64)
    return numpy.repeat(x, 3, axis=1) if x.shape[1] == 1 else x


def resize(x, height, width):
    """ResizeBilinear of TensorFlow 1 with align_corners and half_pixel_centers off, pixel by pixel."""
    result = numpy.empty((*x.shape[:2], height, width))
    for i in range(height):
        top, y = divmod(i * x.shape[2], height)
        bottom, y = min(top + 1, x.shape[2] - 1), y / height
        for j in range(width):
            left, z = divmod(j * x.shape[3], width)
            right, z = min(left + 1, x.shape[3] - 1), z / width
            result[:, :, i, j] = ((1 - y) * (1 - z) * x[:, :, top, left] + (1 - y) * z * x[:, :, top, right]
                                  + y * (1 - z) * x[:, :, bottom, left] + y * z * x[:, :, bottom, right])
    return result


def summary(x, entries=24):
    x = numpy.asarray(x, dtype=numpy.float64)
    at = [i * (x.size - 1) // (entries - 1) for i in range(entries)]
    return {"shape": list(x.shape), "mean": float(x.mean()), "std": float(x.std()), "largest": float(abs(x).max()),
            "entries": [[i, float(x.flat[i])] for i in at]}


def inception_case():
    """torchvision's Inception v3 with the poolings of FID: padding is not counted, and the last block takes the maximum."""
    network = fill(inception.Inception3(num_classes=1008, aux_logits=False, transform_input=False, init_weights=False))
    seen, pooling = {}, {"last": False}

    def avg_pool2d(x, kernel_size, stride=None, padding=0):
        if pooling["last"]:
            return functional.max_pool2d(x, kernel_size, stride, padding)
        return functional.avg_pool2d(x, kernel_size, stride, padding, count_include_pad=False)

    inception.F = types.SimpleNamespace(**{**vars(functional), "avg_pool2d": avg_pool2d})
    network.Mixed_7c.register_forward_pre_hook(lambda *_: pooling.update(last=True))
    for name, module in network.named_children():
        if name.startswith("Mixed_"):
            module.register_forward_hook(lambda _, __, output, name=name: seen.update({name: summary(output)}))
    network.maxpool2.register_forward_hook(lambda _, __, output: seen.update(Stem=summary(output)))
    network.avgpool.register_forward_hook(lambda _, __, output: seen.update(features=summary(output.flatten(1))))
    x = images("inception", (2, 3, 40, 24))
    with torch.no_grad():
        logits = network(torch.from_numpy(((resize(levels(x), 299, 299) - 128) / 128).astype(numpy.float32)))
    tensors = {name: list(value.shape) for name, value in network.state_dict().items() if not name.endswith("num_batches_tracked")}
    return {"images": list(x.shape), "tensors": tensors, "blocks": {name: part for name, part in seen.items() if name != "features"}, "features": seen["features"],
            "logits": summary(logits)}


def vgg_case(divisor):
    """torchvision's VGG16, its channels divided, up to the second activation of its classifier."""
    layers, channels = [], 3
    for item in [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"]:
        if item == "M":
            layers += [torch.nn.MaxPool2d(2, 2)]
        else:
            layers += [torch.nn.Conv2d(channels, item // divisor, 3, padding=1), torch.nn.ReLU()]
            channels = item // divisor
    wide = 4096 // divisor
    network = torch.nn.Module()
    network.features = torch.nn.Sequential(*layers)
    network.classifier = torch.nn.Sequential(torch.nn.Linear(channels * 49, wide), torch.nn.ReLU(), torch.nn.Dropout(), torch.nn.Linear(wide, wide),
                                             torch.nn.ReLU())
    fill(network)
    x = images("vgg", (2, 1, 20, 30))
    with torch.no_grad():
        inputs = functional.interpolate(torch.from_numpy(levels(x)), size=(224, 224), mode="bilinear", align_corners=False) / 255
        mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
        inputs = ((inputs - mean[:, None, None]) / deviation[:, None, None]).float()
        return {"images": list(x.shape), "divisor": divisor, "tensors": {name: list(value.shape) for name, value in network.state_dict().items()},
                "features": summary(network.classifier(network.features(inputs).flatten(1)))}


def precision_recall_case(name, real_count, generated_count, width, neighbours, shift):
    """By the definition, one distance at a time; values are rounded, so that some distances are equal and some features are the same."""
    real = numpy.round(uniform(f"{name} real", (real_count, width)) * 4)
    generated = numpy.round(uniform(f"{name} generated", (generated_count, width)) * 4) + shift

    def reach(points):
        return [sorted(float(((p - q) ** 2).sum()) for j, q in enumerate(points) if j != i)[neighbours - 1] for i, p in enumerate(points)]

    def share(points, centres, radii):
        return sum(any(float(((p - c) ** 2).sum()) <= r for c, r in zip(centres, radii)) for p in points) / len(points)

    return {"name": name, "real": real_count, "generated": generated_count, "width": width, "neighbours": neighbours, "shift": shift,
            "precision": share(generated, real, reach(real)), "recall": share(real, generated, reach(generated))}


def resize_case(height, width, size):
    x = images("resize", (1, 2, height, width)).astype(numpy.float64)
    return {"images": list(x.shape), "size": size, "values": [round(value, 9) for value in resize(x, size, size).flatten().tolist()]}


def compact(text):
    """Lists of numbers on one line each."""
    return re.sub(r"\[[^\[\]{}]*\]", lambda numbers: re.sub(r"\s+", " ", numbers[0]).replace("[ ", "[").replace(" ]", "]"), text)


print(compact(json.dumps({
    "resize": [resize_case(5, 7, 12), resize_case(9, 4, 6), resize_case(1, 3, 4)],
    "inception": inception_case(),
    "vgg": [vgg_case(8), vgg_case(1)],
    "precision_recall": [
        precision_recall_case("same place", 60, 47, 4, 3, 0),
        precision_recall_case("nearest only", 60, 47, 4, 1, 0),
        precision_recall_case("partly beside", 50, 70, 3, 3, 2),
        precision_recall_case("many equal", 80, 80, 1, 3, 1),
    ],
}, indent=1)))
