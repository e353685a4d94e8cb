using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Optimization;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Networks;

namespace DisBack.Distillation.Hosts;

/// <summary>What a host is made from.</summary>
/// <param name="Generator">The generator; owned by stage 2, updated by the host.</param>
/// <param name="OpenFakeScore">Makes a fake score with its first weights, those of a node; the host owns what it returns.</param>
/// <param name="OpenTeacher">Makes a network with the teacher's weights; the host owns what it returns.</param>
/// <param name="Settings">Stage 2 of the spec.</param>
/// <param name="Draws">The randomness of the run.</param>
/// <param name="Streams">Where a host's own networks take their first weights from, and its own draws their numbers, each under a name.</param>
/// <param name="Hold">What the weights of every network that is in a checkpoint wait for before they move.</param>
/// <param name="Data">Real images; null for an experiment that names none.</param>
internal sealed record HostContext(
    TrainedGenerator Generator,
    Func<Denoiser> OpenFakeScore,
    Func<Denoiser> OpenTeacher,
    BacktrackingSettings Settings,
    IDraws Draws,
    RandomStreams Streams,
    StateHold Hold,
    IRealSamples? Data)
{
    /// <summary>The workers that train the run together; only a host that computes its batch in parts is given more than one.</summary>
    public IWorkerGroup Workers { get; init; } = SingleWorker.Instance;

    /// <summary>The real images, for a host that cannot do without.</summary>
    /// <exception cref="DisBackException">The experiment names none.</exception>
    public IRealSamples RequireData() =>
        Data ?? throw new DisBackException($"The host of {Settings.GetType().Name} needs real images: name them under 'data' in the spec, for example 'data: "
            + "{ source: digits }'.");

    /// <summary>The real images, for a host that shows them to a network of the teacher's kind.</summary>
    /// <exception cref="DisBackException">The experiment names none, or others than the network knows.</exception>
    public IRealSamples RequireDataFor(NetworkSettings network)
    {
        var data = RequireData();
        if (data.Shape != network.Shape)
        {
            throw new DisBackException($"The images under 'data' are {data.Shape} and the teacher's are {network.Shape}: correct data.resolution and "
                + "data.channels.");
        }
        return network.Classes == 0 || network.Classes == data.Classes
            ? data
            : throw new DisBackException($"The images under 'data' have {data.Classes} classes and the teacher has {network.Classes}: name images with the "
                + "classes that it was trained with.");
    }
}
