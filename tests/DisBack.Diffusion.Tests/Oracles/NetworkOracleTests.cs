using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Sampling;
using DisBack.Specs.Sampling;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Tests.Oracles;

/// <summary>Networks, gradients and samples equal what PyTorch computed from the same weights.</summary>
public sealed class NetworkOracleTests
{
    public static IEnumerable<TheoryDataRow<string>> Files => OracleFiles.Of("edm").Select(file => new TheoryDataRow<string>(file));

    [Theory, MemberData(nameof(Files))]
    public void Output_and_every_gradient_agree(string path)
    {
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(path);
        using var denoiser = Load(file);
        var x = file.Read("in.x").requires_grad_();
        var denoised = denoiser.forward(x, file.Read("in.sigma"), Classes(file, "in.class_labels"), Optional(file, "in.augment_labels"));
        OracleFiles.AssertAgrees(file.Read("out.denoised"), denoised, "out.denoised");

        (denoised * file.Read("in.cotangent")).sum().backward();
        OracleFiles.AssertAgrees(file.Read("out.grad.x"), x.grad!, "out.grad.x");
        var gradients = file.Entries.Keys.Where(name => name.StartsWith("out.grad.weights.", StringComparison.Ordinal)).ToArray();
        // A gradient that is zero but for rounding has no digits of its own to compare: it counts beside the largest.
        var rounding = 1e-4 * gradients.Max(name => file.Read(name).abs().max().item<float>());
        var checkedGradients = 0;
        foreach (var (name, parameter) in denoiser.named_parameters())
        {
            if (Optional(file, $"out.grad.weights.{name}") is not { } expected)
            {
                continue;
            }
            OracleFiles.AssertAgrees(expected, parameter.grad!, $"out.grad.weights.{name}", rounding);
            checkedGradients++;
        }
        Assert.Equal(gradients.Length, checkedGradients);
    }

    [Theory, MemberData(nameof(Files))]
    public void Deterministic_samples_and_noise_levels_agree(string path)
    {
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(path);
        using var denoiser = Load(file);
        var sampler = new HeunSampler(denoiser, new HeunSettings { Steps = int.Parse(file.Metadata["steps"]) });
        OracleFiles.AssertAgrees(file.Read("sampler.t_steps"), tensor(sampler.NoiseLevels.ToArray()), "sampler.t_steps");
        var images = sampler.Sample(file.Read("sampler.latents"), Classes(file, "sampler.class_labels"));
        OracleFiles.AssertAgrees(file.Read("sampler.images"), images, "sampler.images");
    }

    private static Denoiser Load(SafetensorsFile file)
    {
        using var init = new Generator(0);
        var denoiser = Denoiser.Create(OracleFiles.Settings(file.Metadata), init);
        StrictLoading.Load(file, denoiser.State(), prefix: "weights.");
        denoiser.eval();
        return denoiser;
    }

    private static ClassCondition? Classes(SafetensorsFile file, string name) => Optional(file, name) is { } oneHot ? new(oneHot) : null;

    private static Tensor? Optional(SafetensorsFile file, string name) => file.Entries.ContainsKey(name) ? file.Read(name) : null;
}
