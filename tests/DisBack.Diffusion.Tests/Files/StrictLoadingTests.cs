using DisBack.Diffusion.Files;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Files;

/// <summary>A state that does not fit exactly is refused as a whole, and the message names the tensor.</summary>
public sealed class StrictLoadingTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void An_exact_state_is_loaded()
    {
        using var scope = NewDisposeScope();
        SafetensorsFile.Write(_path, [("net.a", ones(2)), ("net.b", ones(3)), ("other", ones(1))]);
        using var file = SafetensorsFile.Open(_path);
        Tensor a = zeros(2), b = zeros(3);
        StrictLoading.Load(file, [("a", a), ("b", b)], prefix: "net.");
        Assert.Equal(5, (a.sum() + b.sum()).item<float>());
    }

    [Theory]
    [InlineData("missing", "'b'")]
    [InlineData("renamed", "'b'")]
    [InlineData("additional", "'c'")]
    [InlineData("shape", "'b'")]
    [InlineData("type", "'b'")]
    public void A_state_that_does_not_fit_is_refused_before_anything_changes(string fault, string named)
    {
        using var scope = NewDisposeScope();
        (string, Tensor) a = ("a", ones(2)), b = ("b", ones(3));
        SafetensorsFile.Write(_path, fault switch
        {
            "missing" => [a],
            "renamed" => [a, ("c", ones(3))],
            "additional" => [a, b, ("c", ones(1))],
            "shape" => [a, ("b", ones(3, 1))],
            _ => [a, ("b", ones(3, ScalarType.Float64))],
        });
        using var file = SafetensorsFile.Open(_path);
        Tensor first = zeros(2), second = zeros(3);
        var error = Assert.Throws<DisBackException>(() => StrictLoading.Load(file, [("a", first), ("b", second)]));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Equal(0, (first.sum() + second.sum()).item<float>());
    }

    [Fact]
    public void A_missing_tensor_is_named_with_the_unknown_one_that_is_nearest()
    {
        using var scope = NewDisposeScope();
        SafetensorsFile.Write(_path, [("other", ones(2)), ("up_blocks.0.conv.wieght", ones(2))]);
        using var file = SafetensorsFile.Open(_path);

        var error = Assert.Throws<DisBackException>(() => StrictLoading.Load(file, [("up_blocks.0.conv.weight", zeros(2))]));

        Assert.Contains("'up_blocks.0.conv.weight' is missing", error.Message, StringComparison.Ordinal);
        Assert.Contains("an unknown tensor 'up_blocks.0.conv.wieght'", error.Message, StringComparison.Ordinal);
    }
}
