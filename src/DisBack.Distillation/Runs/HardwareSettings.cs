using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace DisBack.Distillation.Runs;

/// <summary>Where a run computes. The thread count changes the order of sums, so it belongs to the run and not to the host it lands on.</summary>
[Description("Where a run computes.")]
public sealed record HardwareSettings
{
    /// <summary><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    [Description("`cpu`, `cuda` or `cuda:N`.")]
    [RegularExpression("^(cpu|cuda(:[0-9]+)?)$", ErrorMessage = "cpu, cuda or cuda:N")]
    public string Device { get; init; } = "cpu";

    /// <summary>libtorch threads; part of the run, because it changes the order of sums and so the last bits.</summary>
    [Description("libtorch threads; part of the run, because it changes the order of sums and so the last bits.")]
    [Range(1, 1024)]
    public int Threads { get; init; } = 2;
}
