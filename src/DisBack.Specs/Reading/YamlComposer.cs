using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace DisBack.Specs.Reading;

/// <summary>
/// Turns YAML text into <see cref="SpecNode"/>s. YamlDotNet's own document model throws at the first repeated key;
/// this one reports all of them and goes on.
/// </summary>
internal sealed class YamlComposer
{
    private const int MaxDepth = 32;
    private const string MergeKey = "<<";

    private readonly Func<Mark, SpecLocation> _location;
    private readonly List<SpecProblem> _problems;
    private readonly Parser _parser;
    private readonly Dictionary<AnchorName, SpecNode> _anchors = [];

    private YamlComposer(string text, Func<Mark, SpecLocation> location, List<SpecProblem> problems)
        => (_parser, _location, _problems) = (new Parser(new StringReader(text)), location, problems);

    /// <summary>Composes the one document of a text; null when its syntax is broken or it holds none (the problem is added).</summary>
    public static SpecNode? Compose(string text, Func<Mark, SpecLocation> location, List<SpecProblem> problems)
    {
        try
        {
            return new YamlComposer(text, location, problems).Document();
        }
        catch (YamlException broken)
        {
            problems.Add(TabIndentedLine(text, broken.Start.Line) is { } line
                ? new SpecProblem(location(new Mark(0, line, 1)), "the line is indented with a tab, which YAML forbids", "spaces")
                : new SpecProblem(location(broken.Start), $"this is not YAML: {Uncapitalised(broken.InnerException?.Message ?? broken.Message)}"));
            return null;
        }
    }

    private SpecNode? Document()
    {
        _parser.Consume<StreamStart>();
        if (!_parser.Accept<DocumentStart>(out _))
        {
            return null;
        }
        _parser.Consume<DocumentStart>();
        var root = Node(0);
        _parser.Consume<DocumentEnd>();
        if (_parser.Accept<DocumentStart>(out var second))
        {
            _problems.Add(new SpecProblem(_location(second.Start), "a second document begins here", "one spec per file"));
        }
        return root;
    }

    private SpecNode Node(int depth)
    {
        if (depth > MaxDepth)
        {
            throw new YamlException(_parser.Current!.Start, _parser.Current.End, $"values are nested more than {MaxDepth} deep");
        }
        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            return _anchors.TryGetValue(alias.Value, out var target)
                ? target
                : throw new YamlException(alias.Start, alias.End, $"there is no anchor '&{alias.Value}' before this alias");
        }
        return _parser.Current switch
        {
            MappingStart => Section(depth),
            SequenceStart => List(depth),
            _ => (SpecNode)Scalar(),
        };
    }

    private SpecScalar Scalar()
    {
        var scalar = _parser.Consume<Scalar>();
        return Anchored(scalar, new SpecScalar(_location(scalar.Start), scalar.Value, scalar.IsPlainImplicit));
    }

    private SpecList List(int depth)
    {
        var start = _parser.Consume<SequenceStart>();
        var items = new List<SpecNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(Node(depth + 1));
        }
        return Anchored(start, new SpecList(_location(start.Start), items));
    }

    private SpecSection Section(int depth)
    {
        var start = _parser.Consume<MappingStart>();
        var section = new SpecSection(_location(start.Start));
        var merged = new List<SpecSection>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var key = _parser.Consume<Scalar>();
            var entry = new SpecEntry(key.Value, _location(key.Start), Node(depth + 1));
            if (entry is { Key: MergeKey, Value: SpecSection other })
            {
                merged.Add(other);
            }
            else if (section.Find(entry.Key) is { } first)
            {
                _problems.Add(new SpecProblem(entry.Location, $"'{entry.Key}' is given twice; line {first.Location.Line} has it already", "each key once"));
            }
            else
            {
                section.Set(entry);
            }
        }
        foreach (var inherited in merged.SelectMany(m => m.Entries).Where(e => section.Find(e.Key) is null))
        {
            section.Set(inherited);
        }
        return Anchored(start, section);
    }

    private T Anchored<T>(NodeEvent start, T node) where T : SpecNode
    {
        if (!start.Anchor.IsEmpty)
        {
            _anchors[start.Anchor] = node;
        }
        return node;
    }

    /// <summary>The first line indented with a tab at or below the one the parser gave up on: it blames the construct around the tab, not the tab.</summary>
    private static long? TabIndentedLine(string text, long from)
        => text.Split('\n').Index().Where(l => l.Index + 1 >= from && l.Item.TakeWhile(char.IsWhiteSpace).Contains('\t')).Select(l => (long?)l.Index + 1)
            .FirstOrDefault();

    private static string Uncapitalised(string sentence) => char.ToLowerInvariant(sentence[0]) + sentence[1..].TrimEnd('.');
}
