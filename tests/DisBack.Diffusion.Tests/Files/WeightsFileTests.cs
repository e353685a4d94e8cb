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

    /// <summary>PyTorch's wrappers put a name around all that is saved, around each part of it, or around both.</summary>
    [Theory]
    [InlineData("fake_unet.", "real_unet.")]
    [InlineData("module.fake_unet.", "module.real_unet.")]
    [InlineData("fake_unet.module.", "real_unet.module.")]
    [InlineData("module.fake_unet.module.", "module.real_unet.module.")]
    public void The_fake_score_of_a_node_is_found_in_every_wrapping(string fake, string real)
    {
        using var scope = NewDisposeScope();
        SafetensorsFile.Write(_path, [($"{fake}model.a", ones(2)), ($"{fake}b", ones(3)), ($"{real}model.a", ones(2))]);

        using var student = WeightsFile.OpenStudent(_path);
        using var part = WeightsFile.Open(_path, "fake_unet.");

        Assert.Equal(["b", "model.a"], student.Entries.Keys.Order());
        Assert.Equal(["b", "model.a"], part.Entries.Keys.Order());
    }
}
