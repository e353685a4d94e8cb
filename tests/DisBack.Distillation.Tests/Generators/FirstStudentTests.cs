using DisBack.Diffusion.Files;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Generators;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Distillation.Tests.Generators;

/// <summary>A student begins with the weights that its spec names, bit for bit, and with those of no other network.</summary>
public sealed class FirstStudentTests : IDisposable
{
    private static readonly AdapterSettings s_adapters = new() { Rank = 3, Alpha = 6 };

    private readonly string _path = Path.GetTempFileName();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_denoiser_begins_with_the_weights_of_a_file(bool ownNetwork)
    {
        using var scope = NewDisposeScope();
        using var trained = TinyNetwork.Moved(5);
        SafetensorsFile.Write(_path, NetworkFile.TensorsOf(trained), NetworkMetadata.Of(trained.Settings));

        using var student = Open(new StudentSettings { Network = ownNetwork ? TinyNetwork.Settings : null }, TinyNetwork.Open);

        AssertSame(trained, student.Network);
    }

    [Fact]
    public void A_network_of_texts_begins_with_weights_of_16_bits()
    {
        using var scope = NewDisposeScope();
        using var trained = OtherTexts();
        var halves = NetworkFile.TensorsOf(trained).Select(tensor => (tensor.Name, tensor.Value.to(float16)));
        SafetensorsFile.Write(_path, [.. halves], NetworkMetadata.Of(trained.Settings));
        using var untracked = no_grad();
        foreach (var weights in trained.parameters())
        {
            weights.copy_(weights.to(float16));
        }

        using var student = Open(new StudentSettings { Timesteps = [399] }, TinyTextNetwork.Open);

        AssertSame(trained, student.Network);
    }

    [Fact]
    public void Adapters_begin_with_those_of_a_file()
    {
        using var scope = NewDisposeScope();
        using var trained = TinyTextNetwork.Adapt(s_adapters);
        using (no_grad())
        {
            foreach (var weights in trained.parameters())
            {
                weights.add_(1);
            }
        }
        SafetensorsFile.Write(_path, NetworkFile.TensorsOf(trained), NetworkFile.MetadataOf(trained));

        using var student = Open(new StudentSettings { Timesteps = [399] }, () => TinyTextNetwork.Adapt(s_adapters));

        AssertSame(trained, student.Network);
    }

    [Fact]
    public void Weights_of_another_network_are_refused()
    {
        using var scope = NewDisposeScope();
        using var trained = OtherTexts();
        SafetensorsFile.Write(_path, NetworkFile.TensorsOf(trained), NetworkMetadata.Of(trained.Settings));

        var error = Assert.Throws<DisBackException>(() => Open(new StudentSettings(), TinyNetwork.Open));

        Assert.StartsWith("The weights that the student is to begin with do not fit its network: Tensor '", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => File.Delete(_path);

    private static Denoiser OtherTexts()
    {
        using var init = new RandomStreams(99).For("text");
        return Denoiser.Create(TinyTextNetwork.Settings, init);
    }

    private IGenerator Open(StudentSettings settings, Func<Denoiser> teacher) => FirstStudent.Open(settings, 0, teacher, CPU, weights: _path);

    private static void AssertSame(Denoiser expected, nn.Module actual)
    {
        var state = ((Denoiser)actual).State().ToList();
        Assert.Equal(expected.State().Select(tensor => tensor.Name), state.Select(tensor => tensor.Name));
        Assert.All(expected.State().Zip(state), pair => Assert.True(pair.First.Value.Equals(pair.Second.Value), pair.First.Name));
    }
}
