using DisBack.Diffusion.Parameters;
using DisBack.Specs.Training;
using static TorchSharp.torch;

namespace DisBack.Distillation.Optimization;

/// <summary>What trains a network: its parameters in buffers, and the optimizer. The network itself belongs to whoever made it.</summary>
internal sealed class TrainedNetwork : IDisposable
{
    private readonly OptimizerSettings _settings;
    private readonly long _updates;
    private readonly FlatAdam _adam;
    private readonly StateHold _hold;
    private readonly IWorkerGroup _workers;
    private readonly IReadOnlyList<TorchSharp.Modules.Parameter> _trained;

    /// <param name="network">The network; it must not be used after this is disposed.</param>
    /// <param name="settings">How it is updated.</param>
    /// <param name="updates">Updates of the whole run, for the learning rate's schedule.</param>
    /// <param name="hold">What its weights wait for before they move.</param>
    /// <param name="trained">Which parameters are trained, by name; all of them unless given.</param>
    /// <param name="workers">Whose gradients count; only this one's unless given.</param>
    public TrainedNetwork(
        nn.Module network, OptimizerSettings settings, long updates, StateHold hold, Func<string, bool>? trained = null, IWorkerGroup? workers = null)
    {
        (_settings, _updates, _hold, _workers) = (settings, updates, hold, workers ?? SingleWorker.Instance);
        Parameters = ParameterGroups.Attach(network, trained ?? (_ => true));
        _trained = [.. network.parameters().Where(parameter => parameter.requires_grad)];
        _adam = new FlatAdam(Parameters, settings.Betas[0], settings.Betas[1], settings.Epsilon, settings.WeightDecay, settings.Moments);
    }

    public ParameterGroups Parameters { get; }

    public long Updates
    {
        get => _adam.Updates;
        set => _adam.Updates = value;
    }

    /// <summary>Replaces the gradient by that of a loss, summed over the workers, cleaned and clipped.</summary>
    /// <param name="losses">One, or several that are added: each is asked for when the one before has been differentiated and its graph is gone.</param>
    public void Differentiate(params IEnumerable<Tensor> losses)
    {
        Parameters.ZeroGradients();
        foreach (var loss in losses)
        {
            loss.backward();
        }
        _workers.Sum([.. Parameters.Trained.Select(group => group.Gradients!)]);
        Parameters.CleanGradients();
        if (_settings.ClipNorm is { } limit)
        {
            ParameterGroups.ClipGradients(limit, Parameters);
        }
    }

    /// <summary>Moves the weights along the gradient.</summary>
    /// <param name="iteration">The iteration of the stage, from 0.</param>
    public void Update(long iteration)
    {
        _hold.Wait();
        _adam.Step(_settings.RateAt(_adam.Updates, _updates, iteration));
    }

    /// <summary>Until it is disposed of, gradients flow through the network and none is computed for its weights.</summary>
    public FrozenWeights FreezeWeights() => new(_trained);

    /// <summary>Both, for a step that is not recorded.</summary>
    public void Descend(long iteration, params IEnumerable<Tensor> losses)
    {
        Differentiate(losses);
        Update(iteration);
    }

    /// <summary>Weights and moments of the trained parameters under a name: all of the state but the number of updates.</summary>
    public IEnumerable<(string Name, Tensor Value)> State(string name) =>
    [
        .. Named($"{name}.weights", [.. Parameters.Trained.Select(group => group.Weights)]),
        .. _adam.State.SelectMany(moment => Named($"{name}.adam.{moment.Name}", moment.Groups)),
    ];

    /// <summary>The tensors of parameter groups under one name, from the second on with their number.</summary>
    public static IEnumerable<(string Name, Tensor Value)> Named(string name, IReadOnlyList<Tensor> groups) =>
        groups.Select((value, index) => (index == 0 ? name : $"{name}.{index}", value));

    public void Dispose()
    {
        _adam.Dispose();
        Parameters.Dispose();
    }

    /// <summary>See <see cref="FreezeWeights"/>.</summary>
    public readonly struct FrozenWeights : IDisposable
    {
        private readonly IReadOnlyList<TorchSharp.Modules.Parameter> _weights;

        public FrozenWeights(IReadOnlyList<TorchSharp.Modules.Parameter> weights)
        {
            _weights = weights;
            Set(false);
        }

        public void Dispose() => Set(true);

        private void Set(bool trained)
        {
            foreach (var weight in _weights)
            {
                weight.requires_grad = trained;
            }
        }
    }
}
