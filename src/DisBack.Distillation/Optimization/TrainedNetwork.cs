using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Parameters;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Optimization;

/// <summary>A network with the buffers and the optimizer that train it.</summary>
internal sealed class TrainedNetwork : IDisposable
{
    private readonly OptimizerSettings _settings;
    private readonly long _updates;
    private readonly FlatAdam _adam;

    /// <param name="network">The network; owned from now on.</param>
    /// <param name="settings">How it is updated.</param>
    /// <param name="updates">Updates of the whole run, for the learning rate's schedule.</param>
    public TrainedNetwork(Denoiser network, OptimizerSettings settings, long updates)
    {
        (Network, _settings, _updates) = (network, settings, updates);
        Parameters = ParameterBuffer.Attach(network, trained: true);
        _adam = new FlatAdam(Parameters, settings.Betas[0], settings.Betas[1], settings.Epsilon);
    }

    public Denoiser Network { get; }

    public ParameterBuffer Parameters { get; }

    public long Updates
    {
        get => _adam.Updates;
        set => _adam.Updates = value;
    }

    /// <summary>Adds the gradient of a loss to nothing and moves the weights along it.</summary>
    public void Descend(Tensor loss)
    {
        Parameters.ZeroGradients();
        loss.backward();
        _adam.Step(_settings.RateAt(_adam.Updates, _updates), _settings.ClipNorm);
    }

    /// <summary>Weights and moments under a name: all of the network's state but the number of updates.</summary>
    public IEnumerable<(string Name, Tensor Value)> State(string name) =>
    [
        ($"{name}.weights", Parameters.Weights),
        ($"{name}.adam.first_moment", _adam.FirstMoment),
        ($"{name}.adam.second_moment", _adam.SecondMoment),
    ];

    public void Dispose()
    {
        _adam.Dispose();
        Parameters.Dispose();
        Network.Dispose();
    }
}
