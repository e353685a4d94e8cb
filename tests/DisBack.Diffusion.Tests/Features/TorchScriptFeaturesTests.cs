using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using DisBack.Diffusion.Features;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Features;

public sealed class TorchScriptFeaturesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-script-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_users_module_gives_the_features()
    {
        var path = Module("torch.mul(torch.flatten(x, 1), 2.)");
        using var scope = NewDisposeScope();
        using var network = FeatureNetworks.Open(path, trustCode: true);
        using var generator = new Generator(0);
        var images = rand([3, 2, 4, 4], generator: generator);
        Assert.True(network.Extract(images).eq(images.flatten(1) * 2).all().item<bool>());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))), network.Digest);
    }

    [Fact]
    public void A_module_that_nobody_trusts_is_not_even_opened() => Assert.Contains(
        "--trust-code",
        Assert.Throws<DisBackException>(() => FeatureNetworks.Open(Module("torch.flatten(x, 1)"), trustCode: false)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_module_that_returns_no_rows_of_features_is_refused()
    {
        using var scope = NewDisposeScope();
        using var network = FeatureNetworks.Open(Module("torch.flatten(x, 2)"), trustCode: true);
        Assert.Contains("made [3, 1, 16] of images of shape [3, 1, 4, 4]", Assert.Throws<DisBackException>(() => network.Extract(zeros(3, 1, 4, 4))).Message);
    }

    [Fact]
    public void A_module_that_fails_on_the_images_is_refused_with_their_shape()
    {
        using var scope = NewDisposeScope();
        using var network = FeatureNetworks.Open(Module("torch.reshape(x, [1, 7])"), trustCode: true);
        Assert.Contains("failed on images of shape [3, 1, 4, 4]", Assert.Throws<DisBackException>(() => network.Extract(zeros(3, 1, 4, 4))).Message);
    }

    [Fact]
    public void A_missing_file_and_one_that_is_no_module_are_refused_by_name()
    {
        var path = Path.Combine(_folder, "absent.pt");
        Assert.Contains($"no feature network {path}", Assert.Throws<DisBackException>(() => FeatureNetworks.Open(path, trustCode: true)).Message);
        using (var archive = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            archive.CreateEntry("no module");
        }
        Assert.Contains($"{path} is no TorchScript module", Assert.Throws<DisBackException>(() => FeatureNetworks.Open(path, trustCode: true)).Message);
    }

    /// <summary>A TorchScript archive made by hand: the pickle of an object without attributes, and the code of its class.</summary>
    private string Module(string features)
    {
        var path = Path.Combine(_folder, "module.pt");
        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        Add("data.pkl", [0x80, 2, .. "c__torch__\nNet\n"u8, (byte)')', 0x81, (byte)'}', (byte)'b', (byte)'.']);
        Add("code/__torch__.py", Encoding.UTF8.GetBytes("class Net(Module):\n  __parameters__ = []\n  __buffers__ = []\n  def forward(self: __torch__.Net,\n  "
            + $"  x: Tensor) -> Tensor:\n    return {features}\n"));
        Add("constants.pkl", [0x80, 2, (byte)')', (byte)'.']);
        Add("version", "3\n"u8.ToArray());
        return path;

        void Add(string name, byte[] content)
        {
            using var entry = archive.CreateEntry($"module/{name}", CompressionLevel.NoCompression).Open();
            entry.Write(content);
        }
    }
}
