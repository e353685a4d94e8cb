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
    private const string CoreTags = "tag:yaml.org,2002:";

    private readonly Func<Mark, SpecLocation> _location;
    private readonly SpecProblems _problems;
    private readonly IParser _parser;
    private readonly Dictionary<AnchorName, SpecNode> _anchors = [];

    private YamlComposer(string text, Func<Mark, SpecLocation> location, SpecProblems problems)
        => (_parser, _location, _problems) = (new GuardedParser(new Parser(new StringReader(text))), location, problems);

    /// <summary>Composes the one document of a text; null when its syntax is broken or it holds none (the problem is added).</summary>
    public static SpecNode? Compose(string text, Func<Mark, SpecLocation> location, SpecProblems problems)
    {
        if (SpecText.Forbidden(text, (all, index) => location(MarkOf(all, index))) is { } forbidden)
        {
            problems.Add(forbidden);
            return null;
        }
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
                : throw new YamlException(alias.Start, alias.End, $"there is no anchor '&{SpecText.Quoted(alias.Value.Value)}' before this alias");
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
        return Anchored(scalar, new SpecScalar(_location(scalar.Start), scalar.Value, IsPlain(scalar)));
    }

    /// <summary>
    /// Whether a scalar is read by what it looks like. A tag of the core schema decides that in place of the quotes; another one has no meaning here
    /// (YAML 1.2.2, section 10.3).
    /// </summary>
    private bool IsPlain(Scalar scalar)
    {
        switch (TagOf(scalar))
        {
            case null:
                return scalar.IsPlainImplicit;
            case "str" or "!":
                return false;
            case "int" or "float" or "bool" or "null":
                return true;
            case var tag:
                RefuseTag(scalar, tag, "!!str, !!int, !!float, !!bool or !!null");
                return true;
        }
    }

    private SpecList List(int depth)
    {
        var start = _parser.Consume<SequenceStart>();
        if (TagOf(start) is { } tag and not ("seq" or "!"))
        {
            RefuseTag(start, tag, "!!seq");
        }
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
        if (TagOf(start) is { } tag and not ("map" or "!"))
        {
            RefuseTag(start, tag, "!!map");
        }
        var section = new SpecSection(_location(start.Start));
        var merged = new List<SpecSection>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var key = Key(depth);
            var entry = new SpecEntry(key.Text, key.Location, Node(depth + 1));
            if (entry.Key == MergeKey && key.Plain)
            {
                merged.AddRange(Merged(entry));
            }
            else if (section.Find(entry.Key) is { } first)
            {
                _problems.Add(new SpecProblem(
                    entry.Location, $"'{SpecText.Quoted(entry.Key)}' is given twice; line {first.Location.Line} has it already", "each key once"));
            }
            else
            {
                section.Set(entry);
            }
        }
        // Of several sections the earlier one counts (YAML's merge key, 2005-01-18).
        foreach (var inherited in merged.SelectMany(m => m.Entries).Where(e => section.Find(e.Key) is null))
        {
            section.Set(inherited);
        }
        return Anchored(start, section);
    }

    /// <summary>A key, which is text: written here, or where an alias points to.</summary>
    private SpecScalar Key(int depth)
    {
        var at = _parser.Current!.Start;
        return Node(depth + 1) is SpecScalar key
            ? key with { Location = _location(at) }
            : throw new YamlException(at, at, "a list or a section is used as a key, where specs have names");
    }

    private IEnumerable<SpecSection> Merged(SpecEntry entry)
    {
        switch (entry.Value)
        {
            case SpecSection other:
                return [other];
            case SpecList { Items: var items } when items.All(item => item is SpecSection):
                return items.Cast<SpecSection>();
            default:
                _problems.Add(new SpecProblem(
                    entry.Value.Location, $"the merge key '{MergeKey}' has something else than sections", "a section, an alias of one, or a list of them"));
                return [];
        }
    }

    /// <summary>The explicit tag of a node, in short if it is one of YAML's own; null if it has none.</summary>
    private static string? TagOf(NodeEvent node) => node.Tag.IsEmpty ? null
        : node.Tag.Value.StartsWith(CoreTags, StringComparison.Ordinal) ? node.Tag.Value[CoreTags.Length..]
        : node.Tag.Value;

    private void RefuseTag(NodeEvent node, string tag, string expected) =>
        _problems.Add(new SpecProblem(_location(node.Start), $"the tag '{SpecText.Quoted(tag)}' means nothing in a spec", $"none, {expected}"));

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

    private static Mark MarkOf(string text, int index)
    {
        var at = SpecText.At(text, index, "");
        return new Mark(index, at.Line, at.Column);
    }

    private static string Uncapitalised(string sentence) =>
        char.ToLowerInvariant(sentence[0]) + sentence[1..].TrimEnd('.').Replace("  ", " ", StringComparison.Ordinal);
}
