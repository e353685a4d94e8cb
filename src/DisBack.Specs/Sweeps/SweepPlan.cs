using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using DisBack.Specs.Experiments;
using DisBack.Specs.Reading;

namespace DisBack.Specs.Sweeps;

/// <summary>
/// The spec of a sweep: that of an experiment with a section <c>search</c>, which says which of its values vary. A point of the search is one coordinate
/// for each axis that counts: the index of a choice, or the number itself.
/// </summary>
public sealed class SweepPlan
{
    /// <summary>The key that makes an experiment a sweep.</summary>
    public const string SearchKey = "search";

    private readonly string _source;
    private readonly SpecSection _root;
    private readonly SpecSection _base;
    private readonly SearchSettings _search;
    private readonly ImmutableSortedDictionary<string, SweepAxis> _axes;
    private readonly JsonObject _written;
    private readonly ExperimentCopies _experiments;

    private SweepPlan(string source, SpecSection written, LocatedSpec<SearchSettings> search)
    {
        (_source, _root, _search) = (source, written, search.Spec);
        _base = new SpecSection(written.Location);
        foreach (var entry in written.Entries.Where(entry => entry.Key != SearchKey))
        {
            _base.Set(entry);
        }
        var space = (SpecSection)((SpecSection)written.Find(SearchKey)!.Value).Find("space")!.Value;
        _axes = _search.Axes.Select(axis => NewAxis(axis.Key, axis.Axis, space.Find(axis.Key)!.Value))
            .ToImmutableSortedDictionary(axis => axis.Key, axis => axis, StringComparer.Ordinal);
        _experiments = new ExperimentCopies(_axes.Values, point => SpecReader.Walked<ExperimentSpec>(WrittenAt(point), new SpecProblems(source)));
        _written = (JsonObject)new SpecWalker(new SpecProblems(source)).Read(written, typeof(JsonNode))!;
        _written[SearchKey] = SpecJson.ToNode(_search);
    }

    /// <summary>Name of the sweep and of its trials.</summary>
    public string Name { get; private set; } = "";

    /// <summary>What varies, and who chooses.</summary>
    public SearchSettings Search => _search;

    /// <summary>The axes in the order of their keys.</summary>
    public IEnumerable<SweepAxis> Axes => _axes.Values;

    /// <summary>Points that have each choice and both ends of each range once, in experiments that can be run.</summary>
    public IEnumerable<IReadOnlyDictionary<string, double>> Probes =>
        _axes.Values.SelectMany(axis => axis.Extremes.Select(coordinate => PointWith(axis, coordinate)));

    /// <summary>
    /// The spec as compact JSON with keys in ordinal order, which <see cref="Parse"/> reads; its digest identifies the sweep. What the experiment leaves out
    /// stays out: its default may depend on a choice.
    /// </summary>
    public string Canonical => SpecJson.Sorted(_written)!.ToJsonString();

    /// <summary>The experiment as it was written, without what varies.</summary>
    internal JsonObject Experiment
    {
        get
        {
            var experiment = (JsonObject)_written.DeepClone();
            experiment.Remove(SearchKey);
            return experiment;
        }
    }

    /// <summary>Reads the spec of a sweep from a file.</summary>
    /// <param name="path">The YAML file.</param>
    /// <param name="overrides">Values that replace those of the file, each <c>a.b=value</c> with the value in YAML.</param>
    /// <exception cref="SpecException">It has mistakes: the exception names all that show without knowing every point.</exception>
    /// <exception cref="DisBackException">The file cannot be read.</exception>
    public static SweepPlan Read(string path, IReadOnlyList<string>? overrides = null) => Parse(SpecReader.TextOf(path), path, overrides);

    /// <summary>Reads the spec of a sweep from text.</summary>
    /// <param name="yaml">The text: YAML, or the JSON of <see cref="Canonical"/>.</param>
    /// <param name="source">What to call the text in messages, as a rule its file name.</param>
    /// <param name="overrides">As of <see cref="Read"/>.</param>
    /// <exception cref="SpecException">As of <see cref="Read"/>.</exception>
    public static SweepPlan Parse(string yaml, string source, IReadOnlyList<string>? overrides = null)
    {
        var problems = new SpecProblems(source);
        var root = SpecReader.Compose(yaml, source, overrides, problems);
        problems.ThrowIfAny();
        var search = (root as SpecSection)?.Find(SearchKey);
        if (search is null)
        {
            problems.Add(new SpecProblem(
                root.Location, $"'{SearchKey}' is missing", "a section that says what varies; an experiment without it is one run, for 'disback run'"));
        }
        problems.ThrowIfAny();
        var plan = new SweepPlan(source, (SpecSection)root, SpecReader.Walked<SearchSettings>(search!.Value, problems, SearchKey));
        plan.CheckAxes();
        return plan;
    }

    /// <summary>Whether what is wrong with the spec of an experiment is that it is one of a sweep.</summary>
    public static bool Explains(SpecException mistaken) => mistaken.Problems.Any(problem => problem.What == $"there is no key '{SearchKey}'");

    /// <summary>The JSON Schema of such specs.</summary>
    public static string Schema() => SpecSchema.OfExtended<ExperimentSpec, SearchSettings>(SearchKey);

    /// <summary>Refuses to take this for an amendment of an earlier spec if it does more than add trials, axes and values.</summary>
    /// <exception cref="SpecException">It does: the exception names each place.</exception>
    public void RequireWidens(SweepPlan earlier)
    {
        if (SweepWidening.FaultsOf(earlier, this).Take(SpecProblems.Most).ToList() is { Count: > 0 } faults)
        {
            throw new SpecException(faults);
        }
    }

    /// <summary>The experiment at a point, and where each value of it was written.</summary>
    /// <param name="point">A coordinate for each axis that counts there.</param>
    /// <exception cref="SpecException">It cannot be run: the exception names every mistake.</exception>
    public LocatedSpec<ExperimentSpec> ExperimentAt(IReadOnlyDictionary<string, double> point) => _experiments.At(point);

    /// <summary>A point in words: <c>key=value</c> for each of its axes.</summary>
    public string Show(IReadOnlyDictionary<string, double> point) =>
        string.Join(", ", _axes.Values.Where(axis => point.ContainsKey(axis.Key)).Select(axis => $"{axis.Key}={axis.Show(point[axis.Key])}"));

    /// <summary>Where a key was written, or the nearest section around it.</summary>
    internal SpecLocation LocationOf(string key)
    {
        var (section, location) = (_root, _root.Location);
        foreach (var part in key.Split('.'))
        {
            if (section?.Find(part) is not { } entry)
            {
                break;
            }
            (section, location) = (entry.Value as SpecSection, entry.Location);
        }
        return location;
    }

    private static SweepAxis NewAxis(string key, Axis settings, SpecNode written)
    {
        var choices = written as SpecList ?? (written as SpecSection)?.Find(settings.Cases is null ? "values" : "cases")?.Value as SpecList;
        return new SweepAxis(key, settings, [.. (choices?.Items ?? []).Select(choice => settings.Cases is null ? choice : SetOf(choice))], written.Location);

        static SpecSection SetOf(SpecNode named) => ((SpecSection)named).Find("set")?.Value as SpecSection ?? new SpecSection(named.Location);
    }

    /// <summary>Each choice and both ends of each range in an experiment, so that a mistake is found before the first trial and where it was written.</summary>
    private void CheckAxes()
    {
        var found = new HashSet<SpecProblem>();
        foreach (var axis in _axes.Values)
        {
            foreach (var coordinate in axis.Extremes)
            {
                var problems = new SpecProblems(_source);
                try
                {
                    var walker = new SpecWalker(problems);
                    var json = walker.Read(WrittenAt(PointWith(axis, coordinate)), typeof(ExperimentSpec));
                    axis.IsWhole = walker.TypeOf(axis.Key) is { } type && (type == typeof(int) || type == typeof(long));
                    problems.ThrowIfAny();
                    var experiment = json.Deserialize<ExperimentSpec>(SpecJson.Options)!;
                    walker.Check(experiment);
                    if (_search.Stopping is not null && experiment.Evaluation.Every == 0)
                    {
                        problems.Add(new SpecProblem(
                            axis.At(coordinate).Location,
                            "trials that 'search.stopping' compares are not evaluated on their way",
                            "a number above 0 for 'evaluation.every'"));
                    }
                    problems.ThrowIfAny();
                    Name = experiment.Name;
                }
                catch (SpecException mistaken)
                {
                    found.UnionWith(mistaken.Problems);
                }
            }
        }
        foreach (var axis in _axes.Values)
        {
            if (axis.Extremes.SelectMany(axis.EntriesAt).FirstOrDefault(entry => entry.Key == "name") is { } name)
            {
                found.Add(new SpecProblem(name.Value.Location, "'name' varies", "one name, by which all trials of the sweep are found"));
            }
            if (axis.Settings.Cases is not null && SpecWalker.PropertyOf(typeof(ExperimentSpec), axis.Path[0]) is not null)
            {
                found.Add(new SpecProblem(axis.Location, $"'{axis.Key}' has cases and is a key of the experiment", "a name of its own, such as 'arm'"));
            }
        }
        if (found.Count > 0)
        {
            throw new SpecException([.. found.Take(SpecProblems.Most)]);
        }
    }

    /// <summary>A point that has an axis at a coordinate, with those that it depends on where it counts, and all others at their first.</summary>
    private Dictionary<string, double> PointWith(SweepAxis axis, double coordinate)
    {
        var wanted = new Dictionary<string, double>(StringComparer.Ordinal) { [axis.Key] = coordinate };
        var open = new Stack<SweepAxis>([axis]);
        while (open.TryPop(out var next))
        {
            foreach (var (parent, values) in next.Settings.When ?? [])
            {
                var choices = _axes[parent].Settings.Choices!;
                wanted.TryAdd(parent, choices.TakeWhile(choice => !JsonNode.DeepEquals(choice, values[0])).Count());
                open.Push(_axes[parent]);
            }
        }
        var point = new Dictionary<string, double>(StringComparer.Ordinal);
        bool grown;
        do
        {
            grown = false;
            foreach (var other in _axes.Values.Where(other => !point.ContainsKey(other.Key) && other.CountsAt(point, _axes)))
            {
                point[other.Key] = wanted.TryGetValue(other.Key, out var chosen) ? chosen : other.Extremes.First();
                grown = true;
            }
        }
        while (grown);
        return point;
    }

    private SpecSection WrittenAt(IReadOnlyDictionary<string, double> point)
    {
        // A whole section comes before its parts, and what a case sets before the same key as an axis of its own.
        return _axes.Values.Where(axis => point.ContainsKey(axis.Key)).OrderBy(axis => axis.Settings.Cases is null)
            .SelectMany(axis => axis.EntriesAt(point[axis.Key])).OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Aggregate(_base, (written, entry) => SpecOverride.Put(written, entry.Key.Split('.'), entry.Value, entry.Value.Location));
    }
}
