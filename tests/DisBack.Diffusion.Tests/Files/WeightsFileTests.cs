using DisBack.Diffusion.Files;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Files;

/// <summary>The first bytes of a file say by which program it was written.</summary>
public sealed class WeightsFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    /// <summary>The first byte is the lowest of the length of the header, which is that of a pickle for one file in 256; padding makes lengths multiples of 8.</summary>
    [Fact]
    public void A_safetensors_file_whose_header_has_any_length_is_one()
    {
        using var scope = NewDisposeScope();
        var seen = new HashSet<byte>();
        for (var length = 0; length < 300; length += 8)
        {
            SafetensorsFile.Write(_path, [("a", ones(2))], new Dictionary<string, string> { ["padding"] = new('x', length) });
            seen.Add(File.ReadAllBytes(_path)[0]);

            using var file = WeightsFile.Open(_path);

            Assert.IsType<SafetensorsFile>(file);
        }
        Assert.Contains((byte)0x80, seen);
    }
}
