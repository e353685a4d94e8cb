using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using DisBack.Diffusion.Features;
using DisBack.Diffusion.Files;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Features;

/// <summary>
/// What tests/oracles/features/generate.py computed, and the weights and images that it computed it from: a hash of the tensor's name and the
/// element's number.
/// </summary>
internal static class FeatureOracle
{
    private const double Tolerance = 1e-4;

    private static readonly Lazy<JsonElement> s_expected = new(() =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "oracles", "features", "expected.json"))).RootElement);

    public static JsonElement Expected(string part) => s_expected.Value.GetProperty(part);

    /// <summary>The tensors of a network, its number of channels divided, as a file has them.</summary>
    public static List<(string Name, Tensor Value)> Weights(JsonElement network, int divisor = 1)
    {
        return [.. network.GetProperty("tensors").EnumerateObject().Select(tensor => (tensor.Name, Weight(tensor.Name, Shape(tensor))))];

        // Neither the channels of an image nor the classes and the extents of kernels are divided.
        long[] Shape(JsonProperty tensor) =>
            [.. Integers(tensor.Value).Select((extent, i) => i < 2 && extent != 3 && !(i == 0 && tensor.Name.StartsWith("fc.", StringComparison.Ordinal))
                ? extent / divisor
                : extent)];
    }

    /// <summary>Writes weights to a file and gives them to a network.</summary>
    public static T Open<T>(string path, IReadOnlyList<(string Name, Tensor Value)> tensors, Func<FeatureWeights, T> network)
    {
        SafetensorsFile.Write(path, tensors);
        using var file = SafetensorsFile.Open(path);
        return network(new FeatureWeights(file, CPU));
    }

    public static Tensor Images(string name, JsonElement shape) => Fill(Integers(shape), name, u => 1.1 * u);

    /// <summary>float32 of any shape, each number a function of the one in [-1, 1) that the hash gives.</summary>
    public static Tensor Fill(long[] shape, string name, Func<double, double> value)
    {
        var tensor = empty(shape, float32);
        var numbers = MemoryMarshal.Cast<byte, float>(tensor.bytes);
        var seed = 2166136261u;
        foreach (var letter in Encoding.UTF8.GetBytes(name))
        {
            seed = (seed ^ letter) * 16777619;
        }
        for (var i = 0; i < numbers.Length; i++)
        {
            var x = ((uint)i + seed) * 0x9E3779B1;
            x ^= x >> 16;
            x *= 0x85EBCA6B;
            x ^= x >> 13;
            x *= 0xC2B2AE35;
            x ^= x >> 16;
            numbers[i] = (float)value((x >> 8) / 8388608.0 - 1);
        }
        return tensor;
    }

    /// <summary>Asserts that a tensor has the shape, mean, deviation and sampled entries of an expected one.</summary>
    public static void AssertAgrees(JsonElement expected, Tensor actual, string what)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(Integers(expected.GetProperty("shape")), actual.shape);
        var flat = actual.to(float64).flatten();
        var tolerance = Tolerance * expected.GetProperty("largest").GetDouble();
        Near("mean", expected.GetProperty("mean"), flat.mean());
        Near("deviation", expected.GetProperty("std"), flat.std(unbiased: false));
        foreach (var entry in expected.GetProperty("entries").EnumerateArray())
        {
            Near($"element {entry[0].GetInt64()}", entry[1], flat[entry[0].GetInt64()]);
        }

        void Near(string part, JsonElement wanted, Tensor got) => Assert.True(
            Math.Abs(wanted.GetDouble() - got.item<double>()) <= tolerance, $"{what}: {part} is {got.item<double>()}, expected {wanted.GetDouble()}.");
    }

    public static long[] Integers(JsonElement numbers) => [.. numbers.EnumerateArray().Select(number => number.GetInt64())];

    private static Tensor Weight(string name, long[] shape)
    {
        var bound = shape.Length > 1 ? Math.Sqrt(6.0 / shape[1..].Aggregate((a, b) => a * b)) : 0.1;
        return name.EndsWith("running_var", StringComparison.Ordinal) ? Fill(shape, name, u => 1 + 0.5 * u)
            : name.EndsWith("bn.weight", StringComparison.Ordinal) ? Fill(shape, name, u => 1 + 0.2 * u)
            : Fill(shape, name, u => bound * u);
    }
}
