using ArchUnitNET.Domain;

namespace DisBack.Architecture.Tests;

/// <summary>One exception base: no caller catches two siblings for one reason.</summary>
public sealed class ExceptionTests
{
    private const string Base = "DisBackException";

    [Fact]
    public void Every_exception_of_src_derives_from_the_one_base()
    {
        var strangers = Code.Types.OfType<Class>()
            .Where(type => Ancestors(type).Any(ancestor => ancestor.FullName == typeof(Exception).FullName))
            .Where(
                type => type.Name != Base && !Ancestors(type).Any(ancestor => ancestor.Name == Base || ancestor.Namespace.FullName.Split('.')[0] == "Orleans"))
            .Select(type => type.FullName)
            .Order(StringComparer.Ordinal)
            .ToList();
        Assert.True(strangers.Count == 0, $"These derive from {nameof(Exception)} past {Base}:\n  {string.Join("\n  ", strangers)}");
    }

    private static IEnumerable<Class> Ancestors(Class type)
    {
        for (var ancestor = type.BaseClass; ancestor is not null; ancestor = ancestor.BaseClass)
        {
            yield return ancestor;
        }
    }
}
