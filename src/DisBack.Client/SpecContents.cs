using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Experiments;
using DisBack.Specs.Files;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using DisBack.Storage;
using DisBack.Storage.Content;

namespace DisBack.Client;

/// <summary>The stored contents that a spec names, seen by their headers: whoever submits need not load them to know whether they fit.</summary>
/// <param name="contents">The content store that the spec's runs read.</param>
/// <param name="trustCode">Whether features may be a TorchScript file, which is a program: never where others submit.</param>
public sealed class SpecContents(ContentStore contents, bool trustCode = false)
{
    private const string ConditionsKey = "conditions";

    /// <summary>Refuses an experiment that names a path, content that is not stored, or data that does not fit its teacher.</summary>
    /// <param name="spec">The experiment.</param>
    /// <param name="teacher">The teacher's network.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="SpecMistakeException">It does.</exception>
    public async Task CheckAsync(ExperimentSpec spec, NetworkSettings teacher, CancellationToken cancellation = default)
    {
        await DemandAsync(spec, cancellation);
        SpecFit.Check(
            spec,
            teacher,
            await ReferenceOfAsync(spec.Evaluation.Of(teacher.Shape), cancellation),
            spec.Data is { } data ? await FactsOfAsync(data, "data", cancellation) : null,
            spec.Conditions is { } conditions ? await EmbeddingsOfAsync(conditions, cancellation) : null,
            spec.Student.Weights is { } weights ? await NetworkOfAsync(weights, cancellation) : null);
    }

    /// <summary>Refuses a training that names a path, content that is not stored, or data that does not fit its network.</summary>
    /// <param name="spec">The training.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="SpecMistakeException">It does.</exception>
    /// <returns>What its images are.</returns>
    public async Task<DatasetFacts> CheckAsync(TeacherSpec spec, CancellationToken cancellation = default)
    {
        await DemandAsync(spec, cancellation);
        var data = await FactsOfAsync(spec.Data, "data", cancellation);
        SpecFit.Check(spec, data, spec.Evaluation is { } evaluation ? await ReferenceOfAsync(evaluation.Of(spec.Network.Shape), cancellation) : null);
        return data;
    }

    /// <summary>
    /// What the real images of an evaluation are, null where it has their statistics or measures nothing; its features have been looked at too.
    /// </summary>
    private async Task<DatasetFacts?> ReferenceOfAsync(EvaluationSettings evaluation, CancellationToken cancellation)
    {
        if (!trustCode && ContentRef.DigestIn(evaluation.Features) is { } features)
        {
            await HeaderOfAsync(features, "evaluation.features", cancellation);
        }
        return evaluation is { Measures: true, Statistics: null } ? await FactsOfAsync(evaluation.Reference, "evaluation.reference", cancellation) : null;
    }

    private async Task DemandAsync(object spec, CancellationToken cancellation)
    {
        foreach (var (key, digest) in SpecFiles.StoredIn(spec))
        {
            if (await contents.FindAsync(digest, cancellation) is null)
            {
                throw NotStored(key, digest);
            }
        }
    }

    private async Task<DatasetFacts> FactsOfAsync(DatasetSettings settings, string key, CancellationToken cancellation)
    {
        if (settings.Source == DatasetSource.Digits)
        {
            return DatasetFacts.OfDigits(settings);
        }
        if (settings is not { Source: DatasetSource.Packed or DatasetSource.Latents, Path: { } path } || ContentRef.DigestIn(path) is not { } digest)
        {
            throw new SpecMistakeException($"{key}.source", "stored images have the source 'packed'; pack them with 'disback data pack'");
        }
        var header = await HeaderOfAsync(digest, $"{key}.path", cancellation);
        try
        {
            return settings.Source == DatasetSource.Latents
                ? DatasetFacts.ReadLatents(header, path)
                : DatasetFacts.Read(header, path).Require(settings, path);
        }
        catch (DisBackException misfit)
        {
            throw new SpecMistakeException($"{key}.path", misfit.Message.TrimEnd('.'), misfit);
        }
    }

    private Task<EmbeddingFacts> EmbeddingsOfAsync(string name, CancellationToken cancellation) =>
        ReadAsync(name, ConditionsKey, header => EmbeddingFacts.Read(header, name), cancellation);

    private Task<NetworkSettings> NetworkOfAsync(string name, CancellationToken cancellation) =>
        ReadAsync(name, SpecFit.WeightsKey, header => NetworkMetadata.Read(header, name), cancellation);

    private async Task<T> ReadAsync<T>(string name, string key, Func<SafetensorsHeader, T> read, CancellationToken cancellation)
    {
        var header = await HeaderOfAsync(ContentRef.DigestIn(name)!, key, cancellation);
        try
        {
            return read(header);
        }
        catch (DisBackException misfit)
        {
            throw new SpecMistakeException(key, misfit.Message.TrimEnd('.'), misfit);
        }
    }

    private async Task<SafetensorsHeader> HeaderOfAsync(string digest, string key, CancellationToken cancellation)
    {
        if (await contents.FindAsync(digest, cancellation) is not { } content)
        {
            throw NotStored(key, digest);
        }
        try
        {
            await using var file = await contents.OpenAsync(content, cancellation);
            return SafetensorsHeader.Read(file, content.Length, content.ToString());
        }
        catch (DisBackException damaged) when (damaged is not StorageException)
        {
            throw new SpecMistakeException(key, damaged.Message.TrimEnd('.'), damaged);
        }
    }

    private static SpecMistakeException NotStored(string key, string digest) =>
        new(key, $"'{key}' names content that is not stored; send it to contents/{digest} first");
}
