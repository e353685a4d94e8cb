using DisBack.Client.Curves;
using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Storage.Metrics;

namespace DisBack.Client;

/// <summary>Answers questions for curves from what lies in a blob store.</summary>
internal sealed class CurveSource(IArchive archive, MeasuredRuns measured)
{
    /// <summary>The curves that a question asks for.</summary>
    /// <exception cref="DisBackException">It asks for too much, or for places that a run does not know.</exception>
    /// <exception cref="NotFoundException">A run means none, or several.</exception>
    public async Task<CurveSet> ReadAsync(CurveQuery query, CancellationToken cancellation)
    {
        query.Check();
        var answers = new (IReadOnlyList<ThinnedCurve> Curves, IReadOnlyList<string> Damage)[query.Runs.Count];
        // Of each run no more than its parts stays, so that memory does not grow with the question.
        await Parallel.ForAsync(0, answers.Length, cancellation, async (index, stop) => answers[index] = await OfRunAsync(query.Runs[index], query, stop));
        return new CurveSet([.. answers.SelectMany(answer => answer.Curves)], [.. answers.SelectMany(answer => answer.Damage)]);
    }

    /// <summary>The curves of one run of any kind, over steps.</summary>
    /// <exception cref="DisBackException">The question asks for too much, or for other places than steps.</exception>
    public async Task<CurveSet> ReadAsync(RunId run, CurveQuery query, CancellationToken cancellation)
    {
        query.Check();
        if (query.By != PlaceKind.Step)
        {
            throw new DisBackException("The curves of one run lie over steps; ask for the curves of runs to have another place.");
        }
        var columns = await measured.ReadAsync(GrainKeys.Metrics(run.Kind, run.Owner), cancellation);
        return new CurveSet(CurvesIn(columns, run.Owner, null, query), columns.Damage);
    }

    private async Task<(IReadOnlyList<ThinnedCurve> Curves, IReadOnlyList<string> Damage)> OfRunAsync(
        string text, CurveQuery query, CancellationToken cancellation)
    {
        // Steps stand with the measurements, so that a whole id needs no document.
        var trial = query.By == PlaceKind.Step && IsId(text) ? null : await archive.FindTrialAsync(text, cancellation);
        if (query.By == PlaceKind.Position && trial!.Nodes == 0)
        {
            throw new DisBackException($"The document of {trial.Id} does not tell its nodes, so it has no positions; ask for another place.");
        }
        var id = trial?.Id ?? text;
        var run = await measured.ReadAsync(GrainKeys.Metrics(RunKind.Backtracking, id), cancellation);
        if (run.Metrics.Count == 0 && trial is null)
        {
            // It has measured nothing, or there is no such run.
            await archive.FindTrialAsync(text, cancellation);
        }
        return (CurvesIn(run, id, trial, query), run.Damage);
    }

    private static List<ThinnedCurve> CurvesIn(MeasuredRun run, string id, TrialDocument? trial, CurveQuery query)
    {
        var curves = new List<ThinnedCurve>();
        foreach (var metric in query.Metrics.Distinct(StringComparer.Ordinal))
        {
            if (run.Metrics.TryGetValue(metric, out var columns)
                && Thinned(id, metric, Places(columns, query.By, trial), columns.Values.Span, query) is { } curve)
            {
                curves.Add(curve);
            }
        }
        return curves;
    }

    /// <summary>Whether a text has the form of an id; nothing else may become a part of the name of a file.</summary>
    private static bool IsId(string text) =>
        text.Split('/') is [var sweep, { Length: > 0 } ordinal] && ordinal.All(char.IsAsciiDigit) && sweep.Trim('.').Length > 0
        && sweep.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '.' or '_' or '-');

    private static double[] Places(MetricColumns columns, PlaceKind by, TrialDocument? trial)
    {
        var steps = columns.Steps.Span;
        var ticks = columns.Ticks.Span;
        var places = new double[columns.Count];
        var of = by == PlaceKind.Step ? null : new RunPlaces(trial!, by, null);
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = of?.Of(steps[i], new DateTimeOffset(ticks[i], TimeSpan.Zero)) ?? steps[i];
        }
        return places;
    }

    private static ThinnedCurve? Thinned(string run, string metric, double[] places, ReadOnlySpan<double> values, CurveQuery query)
    {
        var isPosition = query.By == PlaceKind.Position;
        var (from, to) = isPosition ? (-query.To, -query.From) : (query.From, query.To);
        if (from > double.NegativeInfinity || to < double.PositiveInfinity)
        {
            var within = places.Zip(values.ToArray()).Where(point => point.First >= from && point.First <= to).ToArray();
            places = [.. within.Select(point => point.First)];
            values = within.Select(point => point.Second).ToArray();
        }
        var curve = Thinning.Of(run, metric, places, values, query.Parts);
        return curve is not null && isPosition ? curve with { From = Nodes(curve.From), To = Nodes(curve.To) } : curve;
    }

    /// <summary>Positions ascend towards the teacher, whose index is 0.</summary>
    private static double[] Nodes(IReadOnlyList<double> positions) => [.. positions.Select(position => 0 - position)];
}
