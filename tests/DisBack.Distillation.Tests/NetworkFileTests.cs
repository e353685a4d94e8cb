using DisBack.Diffusion.Files;
using DisBack.Diffusion.Networks;
using DisBack.Distillation.Generators;
using DisBack.Specs.Files;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests;

/// <summary>A score network comes back from its file as it was, and a file that is none says so.</summary>
public sealed class NetworkFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    [Fact]
    public void A_network_comes_back_from_its_file()
    {
        using var scope = NewDisposeScope();
        using var init = new Generator(3);
        using var network = Denoiser.Create(TinyNetwork.Settings with { Precond = Preconditioning.Ve, EmbeddingType = EmbeddingType.Fourier }, init);
        SafetensorsFile.Write(_path, NetworkFile.TensorsOf(network), NetworkMetadata.Of(network.Settings));
        using var loaded = NetworkFile.Open(_path);
        Assert.Equal(network.Settings.ToJson(), loaded.Settings.ToJson());
        Assert.All(network.State().Zip(loaded.State()), pair => Assert.True(pair.First.Value.Equals(pair.Second.Value), pair.First.Name));
    }

    [Fact]
    public void A_student_comes_back_with_its_noise_level()
    {
        using var scope = NewDisposeScope();
        using var student = new DenoiserGenerator(TinyNetwork.Open(), 2.5);
        using (var stream = File.Create(_path))
        {
            StudentFile.Write(stream, student);
        }

        using var opened = StudentFile.Open(_path);
        Assert.Equal("2.5", opened.ToFile().Metadata["sigma_init"]);
        var z = ones(1, 1, 8, 8);
        Assert.True(student.Generate(z, null).Equals(opened.Generate(z, null)));
    }

    [Fact]
    public void A_student_of_several_steps_comes_back_with_their_noise_levels()
    {
        using var scope = NewDisposeScope();
        using var student = new DenoiserGenerator(TinyNetwork.Open(), 2.5, [0.75, 0.1]);
        using (var stream = File.Create(_path))
        {
            StudentFile.Write(stream, student);
        }

        using var opened = StudentFile.Open(_path);
        Assert.Equal("[0.75,0.1]", opened.ToFile().Metadata["renoise_sigmas"]);
        var z = ones([1, 3, 1, 8, 8]);
        Assert.True(student.Generate(z, null).Equals(opened.Generate(z, null)));
    }

    [Fact]
    public void Weights_that_do_not_say_which_network_they_are_or_at_which_noise_level_are_refused()
    {
        using var scope = NewDisposeScope();
        using var network = TinyNetwork.Open();
        SafetensorsFile.Write(_path, NetworkFile.TensorsOf(network));
        Assert.Contains("teacher import", Assert.Throws<DisBackException>(() => NetworkFile.Open(_path)).Message, StringComparison.Ordinal);
        Assert.Contains("sigma_init", Assert.Throws<DisBackException>(() => StudentFile.Open(_path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ScalarType.Float16, ElementType.F16)]
    [InlineData(ScalarType.BFloat16, ElementType.BF16)]
    [InlineData(ScalarType.Float64, ElementType.F64)]
    public void Weights_of_another_width_are_converted_and_said(ScalarType type, ElementType said)
    {
        using var scope = NewDisposeScope();
        using var network = TinyNetwork.Open();
        SafetensorsFile.Write(
            _path,
            [.. NetworkFile.TensorsOf(network).Select(tensor => (tensor.Name, tensor.Value.to(type)))],
            new Dictionary<string, string> { ["network"] = network.Settings.ToJson()[..^1] + ",\"use_fp16\":true}" });
        using var file = SafetensorsFile.Open(_path);
        Assert.Contains("is needed", Assert.Throws<DisBackException>(() => NetworkFile.Read(file)).Message, StringComparison.Ordinal);
        var (imported, converted) = NetworkFile.Import(file, null);
        using (imported)
        {
            Assert.Equal([said], converted);
            Assert.Equal(network.Settings.ToJson(), imported.Settings.ToJson());
            Assert.All(network.State().Zip(imported.State()), pair => Assert.True(pair.First.Value.to(type).to(float32).Equals(pair.Second.Value)));
        }
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Weights_that_are_not_finite_are_refused_by_their_tensor(double value)
    {
        using var scope = NewDisposeScope();
        using var network = TinyNetwork.Open();
        var (name, tensor) = NetworkFile.TensorsOf(network)[5];
        using (no_grad())
        {
            tensor.view(-1)[0] = value;
        }
        SafetensorsFile.Write(_path, NetworkFile.TensorsOf(network), NetworkMetadata.Of(network.Settings));
        using var file = SafetensorsFile.Open(_path);
        Assert.Contains($"'{name}'", Assert.Throws<DisBackException>(() => NetworkFile.Import(file, null)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Weights_of_texts_and_adapters_are_written_again_as_they_are(bool adapts)
    {
        using var scope = NewDisposeScope();
        using var network = adapts ? TinyTextNetwork.Adapt(new() { Rank = 3 }) : TinyTextNetwork.Open();
        SafetensorsFile.Write(
            _path, [.. NetworkFile.TensorsOf(network).Select(tensor => (tensor.Name, tensor.Value.to(bfloat16)))], NetworkFile.MetadataOf(network));
        var again = Path.GetTempFileName();
        try
        {
            using (var file = SafetensorsFile.Open(_path))
            {
                NetworkFile.Rewrite(file, network.Settings, again);
                var other = adapts ? TinyTextNetwork.Settings : TinyTextNetwork.Settings with { Adapter = new() { Rank = 3 } };
                Assert.Throws<DisBackException>(() => NetworkFile.Rewrite(file, other, again + ".other"));
            }
            Assert.Equal(File.ReadAllBytes(_path), File.ReadAllBytes(again));
        }
        finally
        {
            File.Delete(again);
        }
    }

    [Fact]
    public void Weights_of_images_are_written_again_in_float32()
    {
        using var scope = NewDisposeScope();
        using var network = TinyNetwork.Open();
        SafetensorsFile.Write(_path, [.. NetworkFile.TensorsOf(network).Select(tensor => (tensor.Name, tensor.Value.to(float64)))]);
        var again = Path.GetTempFileName();
        try
        {
            using (var file = SafetensorsFile.Open(_path))
            {
                NetworkFile.Rewrite(file, network.Settings, again);
            }
            using var read = NetworkFile.Open(again);
            Assert.All(network.State().Zip(read.State()), pair => Assert.True(pair.First.Value.Equals(pair.Second.Value), pair.First.Name));
        }
        finally
        {
            File.Delete(again);
        }
    }

    [Fact]
    public void A_small_file_that_claims_a_giant_network_is_refused_before_memory_is_taken()
    {
        using var scope = NewDisposeScope();
        var giant = TinyNetwork.Settings with { ModelChannels = 4096, ChannelMult = [64, 64] };
        SafetensorsFile.Write(_path, [("weights", zeros(8))], NetworkMetadata.Of(giant));
        Assert.Contains("holds 8 numbers where", Assert.Throws<DisBackException>(() => NetworkFile.Open(_path)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("")]
    [InlineData("2.5 sigma")]
    [InlineData("NaN")]
    public void A_noise_level_that_is_no_number_is_refused(string text)
    {
        using var scope = NewDisposeScope();
        using var network = TinyNetwork.Open();
        SafetensorsFile.Write(
            _path, NetworkFile.TensorsOf(network), new Dictionary<string, string>(NetworkMetadata.Of(network.Settings)) { ["sigma_init"] = text });
        Assert.Contains("no number as 'sigma_init'", Assert.Throws<DisBackException>(() => StudentFile.Open(_path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0.75")]
    [InlineData("[0.75, \"low\"]")]
    public void Noise_levels_that_are_no_list_of_numbers_are_refused(string text)
    {
        using var scope = NewDisposeScope();
        using var network = TinyNetwork.Open();
        SafetensorsFile.Write(
            _path,
            NetworkFile.TensorsOf(network),
            new Dictionary<string, string>(NetworkMetadata.Of(network.Settings)) { ["sigma_init"] = "2.5", ["renoise_sigmas"] = text });
        Assert.Contains("no list of numbers as 'renoise_sigmas'", Assert.Throws<DisBackException>(() => StudentFile.Open(_path)).Message);
    }
}
