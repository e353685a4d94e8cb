using DisBack.Diffusion.Files;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Files;

/// <summary>Tensors under names of other programs are those under ours.</summary>
public sealed class RenamedTensorsTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Tensors_are_read_under_their_new_names_and_those_without_one_are_left_out()
    {
        using var scope = NewDisposeScope();
        SafetensorsFile.Write(_path, [("query.weight", ones(2)), ("key.weight", ones(3)), ("position_ids", ones(1))]);

        using var file = new RenamedTensors(
            SafetensorsFile.Open(_path), name => name == "position_ids" ? null : name.Replace("query", "to_q", StringComparison.Ordinal));

        Assert.Equal(["key.weight", "to_q.weight"], file.Entries.Keys.Order());
        Assert.Equal(2, file.Read("to_q.weight").sum().item<float>());
        Assert.Equal(3, file.Read("key.weight").sum().item<float>());
    }

    [Fact]
    public void Two_names_of_one_tensor_are_refused()
    {
        using var scope = NewDisposeScope();
        SafetensorsFile.Write(_path, [("a", ones(2)), ("b", ones(2))]);
        using var file = SafetensorsFile.Open(_path);

        var message = Assert.Throws<DisBackException>(() => new RenamedTensors(file, _ => "c")).Message;

        Assert.Contains("'a'", message, StringComparison.Ordinal);
        Assert.Contains("'b'", message, StringComparison.Ordinal);
    }
}
