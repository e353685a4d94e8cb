using System.Text.Json;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Tests.Oracles;
using DisBack.Sdxl.Configuration;
using DisBack.Sdxl.Sampling;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Tests.Sampling;

/// <summary>What diffusers' schedulers did step by step, with what the network said at each.</summary>
internal sealed class SamplerOracle : IDisposable
{
    private readonly SafetensorsFile _file = SafetensorsFile.Open(OracleFiles.PathOf("sdxl", "schedules.safetensors"));

    /// <summary>SDXL's noise.</summary>
    public static SchedulerConfig Config(TimestepSpacing spacing = TimestepSpacing.Leading) => new(0.00085, 0.012, 1000, spacing, 1);

    public Tensor this[string name] => _file.Read(name);

    public JsonElement Metadata(string key) => JsonDocument.Parse(_file.Metadata[key]).RootElement;

    /// <summary>A network that says what was recorded, and asserts that it is asked what was asked then.</summary>
    public NoisePrediction Recorded(string sampler)
    {
        var step = 0;
        return (noisy, timestep) =>
        {
            OracleFiles.AssertAgrees(this[$"{sampler}.model_inputs"][step], noisy, $"input of step {step} of {sampler}");
            Assert.Equal(this[$"{sampler}.timesteps"][step].to(ScalarType.Float64).item<double>(), timestep, 4);
            return this[$"{sampler}.model_outputs"][step++];
        };
    }

    public void Dispose() => _file.Dispose();
}
