using DisBack.Cli.Terminal;
using DisBack.Client;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Files;
using DisBack.Distillation.Checks;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using DisBack.Specs.Training;
using DisBack.Storage;
using DisBack.Storage.Content;

namespace DisBack.Cli.Installations;

/// <summary>
/// Makes a spec ready to be submitted: the files of this machine that it names go into the content store, and it names them by their digests from then on. So
/// a run keeps the images that it was submitted with, and where it trains no path is opened.
/// </summary>
internal sealed class Submission(Installation installation, Screen screen)
{
    private readonly ContentStore _contents = installation.Archive.Content;

    /// <summary>Stores what an experiment names, and refuses one that cannot work with its teacher.</summary>
    /// <returns>The experiment as it is submitted.</returns>
    /// <exception cref="SpecException">A file cannot be read, or does not fit; the exception says where the spec names it.</exception>
    public Task<ExperimentSpec> PrepareAsync(
        LocatedSpec<ExperimentSpec> text, ContentRef weights, NetworkSettings teacher, CancellationToken cancellation) =>
        text.CheckAsync(async () =>
        {
            var spec = await SpecTrajectory.ResolveAsync(text.Spec, installation.Archive, weights, cancellation);
            spec = await SpecStart.ResolveAsync(spec, installation.Archive, weights, cancellation);
            spec = spec with
            {
                Evaluation = await StoreAsync(text.Spec.Evaluation, teacher.Shape, cancellation),
                Data = text.Spec.Data is { } data ? await StoreAsync(data, "data", cancellation) : null,
                Conditions = text.Spec.Conditions is { } conditions ? await StoreConditionsAsync(conditions, cancellation) : null,
                Student = await StoreAsync(text.Spec, teacher, cancellation),
            };
            await new SpecContents(_contents, installation.TrustsCode).CheckAsync(spec, teacher, cancellation);
            RequireMachine(MemoryNeed.Of(spec, teacher), spec.Hardware);
            return spec;
        });

    /// <summary>Stores what the spec of a teacher names, and refuses one whose network does not fit its images.</summary>
    /// <inheritdoc cref="PrepareAsync(LocatedSpec{ExperimentSpec}, ContentRef, NetworkSettings, CancellationToken)"/>
    public Task<TeacherSpec> PrepareAsync(LocatedSpec<TeacherSpec> text, CancellationToken cancellation) => text.CheckAsync(async () =>
    {
        var spec = text.Spec with
        {
            Data = await StoreAsync(text.Spec.Data, "data", cancellation),
            Evaluation = text.Spec.Evaluation is { } evaluation ? await StoreAsync(evaluation, text.Spec.Network.Shape, cancellation) : null,
        };
        var data = await new SpecContents(_contents, installation.TrustsCode).CheckAsync(spec, cancellation);
        RequireMachine(MemoryNeed.Of(spec, data), spec.Hardware);
        return spec;
    });

    /// <summary>Refuses what the cores and the memory of this machine cannot do, if it is the one that trains; a worker asks the same of its own.</summary>
    private void RequireMachine(MemoryNeed need, HardwareSettings hardware)
    {
        if (!installation.HostsRuns)
        {
            return;
        }
        hardware.RequireThreads(Environment.ProcessorCount);
        if (hardware.Device == "cpu")
        {
            need.Require(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        }
    }

    private async Task<EvaluationSettings> StoreAsync(EvaluationSettings settings, SampleShape samples, CancellationToken cancellation)
    {
        if (!settings.Measures)
        {
            return settings;
        }
        if (ContentRef.DigestIn(settings.Features) is null)
        {
            Say(FeatureCheck.Check(settings, samples, installation.TrustsCode));
        }
        return settings with
        {
            Features = settings.HasFeatureFile ? await StoreAsync(settings.Features, "evaluation.features", cancellation) : settings.Features,
            Statistics = settings.Statistics is { } statistics ? await StoreAsync(statistics, "evaluation.statistics", cancellation) : null,
            Reference = await StoreAsync(settings.Reference, "evaluation.reference", cancellation),
        };
    }

    private async Task<DatasetSettings> StoreAsync(DatasetSettings settings, string key, CancellationToken cancellation)
    {
        var isOneFile = settings.Source is DatasetSource.Packed or DatasetSource.Latents;
        if (settings.Source == DatasetSource.Digits || (isOneFile && ContentRef.DigestIn(settings.Path!) is not null))
        {
            return settings;
        }
        try
        {
            if (settings.Source == DatasetSource.Latents)
            {
                // Before gigabytes are copied.
                using (var file = SafetensorsFile.Open(settings.Path!))
                {
                    DatasetFacts.ReadLatents(file.Header, file.Path);
                }
                return settings with { Path = (await _contents.PutAsync(settings.Path!, cancellation: cancellation)).Name };
            }
            if (settings.Source == DatasetSource.Packed)
            {
                return Stored(PackedImages.Facts(settings), await _contents.PutAsync(settings.Path!, cancellation: cancellation));
            }
            var packed = Path.Combine(Path.GetTempPath(), $"disback-{Guid.NewGuid():n}.safetensors");
            try
            {
                var (facts, notes) = PackedImages.Write(settings, packed);
                Say(notes);
                return Stored(facts, await _contents.PutAsync(packed, consume: true, cancellation: cancellation));
            }
            finally
            {
                File.Delete(packed);
            }
        }
        catch (DisBackException unreadable) when (unreadable is not StorageException)
        {
            throw new SpecMistakeException($"{key}.path", unreadable.Message.TrimEnd('.'), unreadable);
        }
    }

    private async Task<StudentSettings> StoreAsync(ExperimentSpec spec, NetworkSettings teacher, CancellationToken cancellation)
    {
        if (spec.Student.Weights is not { } path || ContentRef.DigestIn(path) is not null)
        {
            return spec.Student;
        }
        try
        {
            var stored = await NetworkImport.StoreAsAsync(_contents, path, prefix: null, spec.NetworkOfStudent(teacher), cancellation);
            return spec.Student with { Weights = stored.Name };
        }
        catch (DisBackException unreadable) when (unreadable is not StorageException)
        {
            throw new SpecMistakeException(SpecFit.WeightsKey, unreadable.Message.TrimEnd('.'), unreadable);
        }
    }

    private async Task<string> StoreConditionsAsync(string path, CancellationToken cancellation)
    {
        if (ContentRef.DigestIn(path) is null)
        {
            try
            {
                // Before gigabytes are copied.
                using var file = SafetensorsFile.Open(path);
                EmbeddingFacts.Read(file.Header, path);
            }
            catch (DisBackException unreadable)
            {
                throw new SpecMistakeException("conditions", unreadable.Message.TrimEnd('.'), unreadable);
            }
        }
        return await StoreAsync(path, "conditions", cancellation);
    }

    private async Task<string> StoreAsync(string path, string key, CancellationToken cancellation)
    {
        try
        {
            return ContentRef.DigestIn(path) is null ? (await _contents.PutAsync(path, cancellation: cancellation)).Name : path;
        }
        catch (StorageException unreadable) when (!File.Exists(path))
        {
            throw new SpecMistakeException(key, unreadable.Message.TrimEnd('.'), unreadable);
        }
    }

    private void Say(IReadOnlyList<string> sentences)
    {
        foreach (var sentence in sentences)
        {
            screen.Error.WriteLine($"disback: {sentence}");
        }
    }

    private static DatasetSettings Stored(DatasetFacts facts, ContentRef content) => new()
    {
        Source = DatasetSource.Packed,
        Path = content.Name,
        Resolution = facts.Resolution,
        Channels = facts.Channels,
    };
}
