using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation.Runs;
using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using DisBack.Storage.Cache;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Training;

/// <summary>The stored contents that a spec names, as local files until it is disposed. A path of a spec is never opened here.</summary>
/// <param name="inputs">Where the contents come from.</param>
internal sealed class StoredInputs(ITrainingInputs inputs) : IDisposable
{
    private readonly List<WeightLease> _leases = [];

    /// <summary>The prompts of a spec, which hold their content until they are disposed.</summary>
    /// <exception cref="DisBackException">The spec names a path, or content that is no file of embeddings.</exception>
    public EmbeddingConditions Conditions(string name) => Held(name, EmbeddingConditions.Open);

    /// <summary>The real images of a spec, or their latents, which hold their content until they are disposed.</summary>
    /// <exception cref="DisBackException">The spec names a path, or content that is no data set.</exception>
    public IRealSamples Samples(DatasetSettings settings, RandomStreams streams, Device device) => settings.Source == DatasetSource.Latents
        ? new RealLatents(Held(settings.Path!, LatentDataset.Open), streams, device)
        : new RealImages(ImageDataset.Load(Local(settings)), streams, device);

    /// <summary>The data set with its content as a file of this machine.</summary>
    /// <exception cref="DisBackException">The settings name a path.</exception>
    public DatasetSettings Local(DatasetSettings settings) => settings.Source switch
    {
        DatasetSource.Digits => settings,
        DatasetSource.Packed => settings with { Path = Local(settings.Path!) },
        var source => throw new DisBackException($"The spec reads images of the source '{source.ToString().ToLowerInvariant()}' from "
            + $"'{settings.Path}', and a run opens no path: submit its spec again with 'disback', which packs and stores the images."),
    };

    /// <summary>The evaluation with its contents as files of this machine.</summary>
    /// <exception cref="DisBackException">The settings name a path.</exception>
    public EvaluationSettings Local(EvaluationSettings settings) => settings with
    {
        Reference = settings.Measures ? Local(settings.Reference) : settings.Reference,
        Features = settings.HasFeatureFile ? Local(settings.Features) : settings.Features,
        Statistics = settings.Statistics is { } statistics ? Local(statistics) : null,
    };

    public void Dispose() => _leases.ForEach(lease => lease.Dispose());

    /// <summary>A content as a file of this machine.</summary>
    /// <exception cref="DisBackException">The spec names a path.</exception>
    public string Local(string name)
    {
        var lease = Fetch(name);
        _leases.Add(lease);
        return lease.Path;
    }

    /// <summary>Opens a content that is read as long as the run goes on, and longer than this is there.</summary>
    private T Held<T>(string name, Func<string, IDisposable, T> open)
    {
        var lease = Fetch(name);
        return open(lease.Path, lease);
    }

    private WeightLease Fetch(string name) => ContentRef.DigestIn(name) is { } digest
        ? inputs.Fetch(digest)
        : throw new DisBackException($"The spec names the file '{name}', and a run opens no path: submit it again with 'disback', which stores the file.");
}
