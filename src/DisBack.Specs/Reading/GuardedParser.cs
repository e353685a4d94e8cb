using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace DisBack.Specs.Reading;

/// <summary>The parser of the library, for texts that nobody has written by hand: on some of them it ends with an exception that speaks of itself.</summary>
internal sealed class GuardedParser(IParser parser) : IParser
{
    public ParsingEvent? Current => parser.Current;

    /// <exception cref="YamlException">The text is broken here.</exception>
    public bool MoveNext()
    {
        try
        {
            return parser.MoveNext();
        }
        catch (Exception e) when (e is not YamlException)
        {
            var after = parser.Current?.End ?? Mark.Empty;
            throw new YamlException(after, after, "what follows here cannot be understood");
        }
    }
}
