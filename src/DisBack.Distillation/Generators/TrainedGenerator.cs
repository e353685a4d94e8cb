using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Parameters;
using DisBack.Distillation.Optimization;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Generators;

/// <summary>The generator in training, with its optimizer, and the average of its weights that is evaluated and exported.</summary>
internal sealed class TrainedGenerator : IDisposable
{
    /// <summary>What the average is called in a checkpoint.</summary>
    internal const string AverageName = "generator.ema";

    private readonly IGenerator _generator;
    private readonly TrainedNetwork _network;
    private readonly EmaSettings _emaSettings;

    /// <param name="generator">G, with its first weights; owned from now on.</param>
    /// <param name="optimizer">How it is updated.</param>
    /// <param name="ema">How its weights are averaged.</param>
    /// <param name="updates">Updates of the whole run, for the learning rate's schedule.</param>
    /// <param name="hold">What its weights wait for before they move.</param>
    /// <param name="workers">Whose gradients count; only this one's unless given.</param>
    public TrainedGenerator(
        IGenerator generator, OptimizerSettings optimizer, EmaSettings ema, long updates, StateHold hold, IWorkerGroup? workers = null)
    {
        (_generator, _emaSettings) = (generator, ema);
        _network = new TrainedNetwork(generator.Network, optimizer, updates, hold, workers: workers);
        Average = new MovingAverage(_network.Parameters);
        generator.Network.eval();
    }

    /// <summary>The average of its weights.</summary>
    public MovingAverage Average { get; }

    /// <summary>Updates made so far.</summary>
    public long Updates
    {
        get => _network.Updates;
        set => _network.Updates = value;
    }

    /// <summary>Images behind these updates, which the average counts in.</summary>
    public long Images { get; set; }

    /// <summary>Weights, moments and average by name: with the counters its whole state.</summary>
    public IEnumerable<(string Name, Tensor Value)> State => [.. _network.State("generator"), .. TrainedNetwork.Named(AverageName, Average.Weights)];

    /// <summary>What is trained.</summary>
    public IGenerator Generator => _generator;

    /// <inheritdoc cref="IGenerator.Generate"/>
    public Tensor Generate(Tensor latents, Condition? condition) => _generator.Generate(latents, condition);

    /// <inheritdoc cref="TrainedNetwork.Differentiate"/>
    /// <param name="losses">Scalars that depend on what <see cref="Generate"/> returned.</param>
    public void Differentiate(params IEnumerable<Tensor> losses) => _network.Differentiate(losses);

    /// <summary>Moves the weights along the gradient, and their average after them.</summary>
    /// <param name="iteration">The iteration of the stage, from 0.</param>
    /// <param name="batch">Images behind the gradient.</param>
    public void Update(long iteration, long batch)
    {
        _network.Update(iteration);
        Images += batch;
        Average.Update(_emaSettings.DecayAt(batch, Images));
    }

    /// <summary>Both, for a step that is not recorded.</summary>
    public void Descend(Tensor loss, long iteration, long batch)
    {
        Differentiate(loss);
        Update(iteration, batch);
    }

    public void Dispose()
    {
        Average.Dispose();
        _network.Dispose();
        _generator.Dispose();
    }
}
