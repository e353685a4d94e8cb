using DisBack.Distillation.Generators;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using static TorchSharp.torch;

namespace DisBack.Distillation.Hosts.Sds;

/// <summary>
/// Score distillation sampling: eps_i - eps = (x0 - D_i) / sigma, with weight 1 (DreamFusion, arXiv 2209.14988, Eq. 3). It is VSD with the score of the
/// generated image itself in place of a fake score.
/// </summary>
internal sealed class SdsHost(HostContext context, SdsSettings settings) : IDistillationHost
{
    private readonly TrainedGenerator _generator = context.Generator;
    private readonly IDraws _draws = context.Draws;
    private readonly StepGraphs _graphs = new();

    public IEnumerable<(string Name, Tensor Value)> State => [];

    public IReadOnlyDictionary<string, long> Counters
    {
        get => new Dictionary<string, long>();
        set
        {
            // It counts nothing.
        }
    }

    public IReadOnlyDictionary<string, string> Losses { get; } = new Dictionary<string, string> { ["loss/generator"] = "generator" };

    public HostStep Iterate(long iteration, TargetScore target)
    {
        var draw = _draws.At(iteration, settings.Noise, settings.Batch);
        var made = _graphs.Compute(
            target,
            // Same with 'false': it has one computation.
            variant: true,
            [draw.Latents, draw.Sigma, draw.Noise],
            draw.Condition,
            (draws, condition) => Differentiate(new Draw(draws[0], draws[1], draws[2], condition), target));
        _generator.Update(iteration, settings.Batch);
        return new HostStep([("loss/generator", made[0])], new GeneratorStep(made[1], made[2]));
    }

    public void Dispose() => _graphs.Dispose();

    /// <returns>The loss, the images, and the score gap: D_phi is the image itself here, so it is 1.</returns>
    private IReadOnlyList<Tensor> Differentiate(Draw draw, TargetScore target)
    {
        var images = _generator.Generate(draw.Latents, draw.Condition);
        var x0 = images.detach();
        Tensor gradient;
        using (no_grad())
        {
            gradient = (x0 - target.Denoise(x0 + draw.Sigma * draw.Noise, draw.Sigma, draw.Condition)) / draw.Sigma;
        }
        var loss = (gradient * images).sum() / settings.Batch;
        _generator.Differentiate(loss);
        return [loss, x0, ones_like(loss)];
    }
}
