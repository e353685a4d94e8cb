using System.Globalization;
using System.Text.Json.Nodes;
using DisBack.Cli.Installations;
using DisBack.Cli.Options;
using DisBack.Cli.Terminal;
using DisBack.Contracts.Documents;
using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Features;
using DisBack.Diffusion.Metrics;
using DisBack.Diffusion.Pictures;
using DisBack.Specs.Evaluations;
using static TorchSharp.torch;

namespace DisBack.Cli.Students;

/// <summary>Measures students of one experiment; the feature network and what is known of real images are opened once.</summary>
internal sealed class StudentJudge : IDisposable
{
    /// <summary>The picture of neighbours has a row for each of so many samples: the sample, a gap, and its neighbours.</summary>
    private const int PictureRows = 10;

    private readonly Session _session;
    private readonly EvaluationRequest _asked;
    private readonly EvaluationSettings _settings;
    private readonly LocalContents _files;
    private readonly IFeatureNetwork _network;
    private readonly ReferenceCache _references;

    private StudentJudge(
        Session session, EvaluationRequest asked, EvaluationSettings settings, LocalContents files, IFeatureNetwork network, ReferenceCache references) =>
        (_session, _asked, _settings, _files, _network, _references) = (session, asked, settings, files, network, references);

    /// <summary>Opens what students are judged by, and warns of what says little.</summary>
    /// <param name="session">Where progress and warnings go.</param>
    /// <param name="installation">Where contents are.</param>
    /// <param name="student">A student of the experiment.</param>
    /// <param name="asked">What the user asks for.</param>
    /// <param name="cancellation">Stops the transfer.</param>
    /// <exception cref="DisBackException">A file cannot be read, or what is asked for cannot be measured by it.</exception>
    public static async Task<StudentJudge> OpenAsync(
        Session session, Installation installation, StudentSource student, EvaluationRequest asked, CancellationToken cancellation)
    {
        var files = new LocalContents(installation.Archive.Content);
        try
        {
            var settings = asked.Of(student.Evaluation, student.Shape.Height, student.Shape.Channels).Of(student.Shape);
            settings = await files.LocalAsync(settings, cancellation);
            if (settings.Statistics is not null && !asked.Measures.AreNone)
            {
                throw new DisBackException("KID, precision, recall and neighbours compare with images, and the evaluation has only statistics of them: "
                    + "name images with --reference.");
            }
            var network = FeatureNetworks.Open(settings.Features, installation.TrustsCode);
            Warn(session, student, network, asked.Samples);
            return new(session, asked, settings, files, network, new ReferenceCache(installation.CacheFolder));
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Measures a student.</summary>
    /// <exception cref="DisBackException">Its samples or features cannot be compared with the reference.</exception>
    public StudentFigures Measure(StudentSource student)
    {
        var accuracy = ClassAccuracy.By(_network, student.Classes, IConditionSource.OfClasses(student.Classes).InTurn);
        var score = _asked.InceptionScore ? Score() : null;
        var progress = new EvaluationProgress(_session, _asked.Samples);
        IFeatureMeasure[] measures = [progress, .. new IFeatureMeasure?[] { accuracy, score }.OfType<IFeatureMeasure>()];
        using var quality = progress.Of(() => _asked.Measures.AreNone ? FidOnly() : Quality());
        return new StudentFigures(
        [
            new(MetricNames.Fid, "FID", quality.Fid),
            new(MetricNames.Accuracy, "accuracy", accuracy?.Value),
            new("kid", "KID", quality.Kid?.Mean, quality.Kid?.Std),
            new("inception_score", "inception score", score?.Value.Mean, score?.Value.Std),
            new("precision", "precision", quality.PrecisionRecall?.Precision),
            new("recall", "recall", quality.PrecisionRecall?.Recall),
            new("copies", "copies", quality.Neighbours?.Copies),
        ]);

        SampleQuality FidOnly() =>
            new(Evaluation.Fid(Draw, _asked.Samples, _network, _references.Of(_network, _settings, progress.Real), measures), null, null, null);

        SampleQuality Quality()
        {
            using var data = ImageDataset.Load(_settings.Reference);
            var all = Evaluation.Quality(Draw, _asked.Samples, _network, data, _asked.Measures, progress.Real, measures);
            if (_asked.Picture is { } file)
            {
                Picture(file, student, data, all.Neighbours!);
            }
            return all;
        }

        Tensor Draw(long first, long count) => student.Draw(_asked.Seed, first, count);
    }

    /// <summary>Figures as JSON, with what they are figures of.</summary>
    public JsonObject Json(StudentFigures figures)
    {
        var document = figures.Json();
        (document["samples"], document["seed"], document["features"]) = (_asked.Samples, _asked.Seed, _network.Digest);
        return document;
    }

    public void Dispose()
    {
        _network.Dispose();
        _files.Dispose();
    }

    private InceptionScore Score() => InceptionScore.By(_network, _asked.Samples) ?? throw new DisBackException(
        $"The features '{_settings.Features}' tell no classes apart, so there is no inception score: name the Inception network or a classifier with "
            + "--features.");

    private void Picture(PictureFile file, StudentSource student, ImageDataset data, NearestNeighbours neighbours)
    {
        using var scope = NewDisposeScope();
        var count = neighbours.Indices.shape[1];
        var rows = Math.Min(PictureRows, _asked.Samples);
        var samples = student.Draw(_asked.Seed, 0, rows);
        using var grid = new ImageGrid(rows * (count + 2), student.Shape, (int)count + 2, file.Format);
        for (var row = 0L; row < rows; row++)
        {
            using var perRow = NewDisposeScope();
            var sample = samples.narrow(0, row, 1);
            var nearest = data.Images.index_select(0, neighbours.Indices[row]).to(float32) / 127.5f - 1f;
            grid.Add(cat([sample, ones_like(sample), nearest], 0));
        }
        file.Write(grid);
        _session.Screen.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{rows} samples, each with the {count} real images that are nearest, are in {file.Path}."));
    }

    /// <summary>One line if FID is to be of too few pictures for the features, which only an image can tell the length of.</summary>
    private static void Warn(Session session, StudentSource student, IFeatureNetwork network, long samples)
    {
        using var image = zeros(1, student.Shape.Channels, student.Shape.Height, student.Shape.Width);
        using var features = network.Extract(image);
        if (Evaluation.Warning(samples, features.shape[1]) is { } warning)
        {
            session.Screen.Error.WriteLine(warning);
        }
    }
}
