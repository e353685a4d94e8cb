using DisBack.Storage.Blobs;

namespace DisBack.Storage.Collection;

/// <summary>What a collection of garbage would do: a verdict on every content.</summary>
public sealed class ContentPlan
{
    internal ContentPlan(IReadOnlyList<ContentVerdict> verdicts, IReadOnlyDictionary<string, BlobInfo> listed, DocumentMarks documents) =>
        (Verdicts, Listed, Documents) = (verdicts, listed, documents);

    /// <summary>The verdicts, by digest.</summary>
    public IReadOnlyList<ContentVerdict> Verdicts { get; }

    /// <summary>The documents that are no valid JSON, a sentence each. What they mention is kept; what they have lost they do not mention.</summary>
    public IReadOnlyCollection<string> Damaged => Documents.Damaged;

    /// <summary>The contents as they were listed, by digest.</summary>
    internal IReadOnlyDictionary<string, BlobInfo> Listed { get; }

    internal DocumentMarks Documents { get; }

    /// <summary>The contents of one fate.</summary>
    public IEnumerable<ContentVerdict> Of(ContentFate fate) => Verdicts.Where(verdict => verdict.Fate == fate);
}
