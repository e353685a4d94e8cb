using DisBack.Diffusion.Features;
using DisBack.Diffusion.Files;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Features;

/// <summary>What a file is shows in its content; see also the tests of each network.</summary>
public sealed class FeatureNetworksTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("disback-networks-").FullName;

    private string File => Path.Combine(_folder, "file");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_missing_file_and_a_folder_are_refused_by_name()
    {
        Assert.Contains($"no feature network {File}", Refusal(File));
        Assert.Contains($"no feature network {_folder}", Refusal(_folder));
    }

    [Theory]
    [InlineData("PK")]
    [InlineData("neither a zip archive nor a safetensors file")]
    public void A_file_that_is_neither_is_refused(string content)
    {
        System.IO.File.WriteAllText(File, content);
        Assert.Contains($"The safetensors file '{File}'", Refusal(File));
    }

    [Fact]
    public void An_empty_file_and_a_device_are_refused()
    {
        System.IO.File.WriteAllText(File, "");
        Assert.Contains($"'{File}' is empty", Refusal(File));
        Assert.Contains("no regular file", Refusal("/dev/zero"));
    }

    [Fact]
    public void A_safetensors_file_of_another_network_is_refused()
    {
        using var tensor = ones(3);
        SafetensorsFile.Write(File, [("model.map_noise.freqs", tensor)], new Dictionary<string, string> { ["network"] = "a denoiser" });
        Assert.Contains($"{File} holds no feature network that is known", Refusal(File));
    }

    [Fact]
    public void A_safetensors_file_whose_header_length_begins_like_a_zip_archive_is_no_program()
    {
        // The length of the header is in its first bytes: 0x4B50 is "PK".
        using var tensor = ones(1);
        var metadata = new Dictionary<string, string> { ["fill"] = "" };
        using var empty = new MemoryStream();
        SafetensorsFile.Write(empty, [("x", tensor)], metadata);
        metadata["fill"] = new string('-', 0x4B50 - ((int)empty.Length - sizeof(long) - sizeof(float)));
        SafetensorsFile.Write(File, [("x", tensor)], metadata);
        Assert.Equal("PK"u8, System.IO.File.ReadAllBytes(File).AsSpan(0, 2));
        Assert.Contains("holds no feature network that is known", Refusal(File));
    }

    private static string Refusal(string path) => Assert.Throws<DisBackException>(() => FeatureNetworks.Open(path, trustCode: false)).Message;
}
