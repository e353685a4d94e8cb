using DisBack.Diffusion.Files;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Files;

/// <summary>A network in several files is the network in one, or is refused by the name of what is wrong.</summary>
public sealed class ShardedFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-shards-").FullName;

    private string Index => Path.Combine(_folder, "model.safetensors.index.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Each_tensor_is_read_from_its_own_file()
    {
        using var scope = NewDisposeScope();
        Write("model-1.safetensors", ("a", ones(2)));
        Write("model-2.safetensors", ("b", ones(3) * 2));
        File.WriteAllText(Index, """{"metadata":{"total_size":20},"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}}""");

        using var file = WeightsFile.Open(Index);

        Assert.Equal(["a", "b"], file.Entries.Keys.Order());
        Assert.Equal(8, (file.Read("a").sum() + file.Read("b").sum()).item<float>());
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"model-1.safetensors","c":"model-1.safetensors"}}""", "'c' in 'model-1.safetensors', which lacks it")]
    [InlineData("""{"weight_map":{"a":"model-2.safetensors"}}""", "There is no file")]
    [InlineData("""{"weight_map":{"a":"../model-1.safetensors"}}""", "which is no file of tensors beside it")]
    [InlineData("""{"weight_map":{"a":"model.safetensors.index.json"}}""", "which is no file of tensors beside it")]
    [InlineData("""{"weight_map":{"a":null}}""", "has no weight_map")]
    [InlineData("""{"weight_map":{}}""", "has no weight_map")]
    [InlineData("""{"weight_map":{"a":1}}""", "is no JSON")]
    [InlineData("""{"weight_map":{"a":"model-1.safetensors","a":"model-1.safetensors"}}""", "is no JSON")]
    [InlineData("[", "is no JSON")]
    public void An_index_that_does_not_fit_its_files_is_refused(string index, string expected)
    {
        using var scope = NewDisposeScope();
        Write("model-1.safetensors", ("a", ones(2)));
        File.WriteAllText(Index, index);

        Assert.Contains(expected, Assert.Throws<DisBackException>(() => WeightsFile.Open(Index)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_that_the_index_does_not_name_is_refused()
    {
        using var scope = NewDisposeScope();
        Write("model-1.safetensors", ("a", ones(2)), ("b", ones(1)));
        File.WriteAllText(Index, """{"weight_map":{"a":"model-1.safetensors"}}""");

        Assert.Contains("does not name the tensor 'b' of 'model-1.safetensors'",
            Assert.Throws<DisBackException>(() => ShardedFile.Open(Index)).Message, StringComparison.Ordinal);
    }

    private void Write(string name, params (string, Tensor)[] tensors) => SafetensorsFile.Write(Path.Combine(_folder, name), tensors);
}
