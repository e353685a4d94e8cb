using System.Text.Json;
using DisBack.Contracts.Documents;
using DisBack.Storage;
using DisBack.Storage.Documents;

namespace DisBack.ReadModel.Documents;

/// <summary>A kind of documents that the read model is made of.</summary>
/// <param name="Name">Grain type and state name.</param>
/// <param name="AddAsync">Adds the rows of a document to a batch; false if there is none.</param>
internal sealed record DocumentKind(string Name, Func<DocumentReader, string, RowBatch, CancellationToken, Task<bool>> AddAsync)
{
    /// <summary>All kinds.</summary>
    public static IReadOnlyList<DocumentKind> All { get; } =
    [
        Of<TrialDocument>(DocumentNames.Trial, (batch, document, _, trial) => DocumentRows.Add(batch, document, trial)),
        Of<TrajectoryDocument>(DocumentNames.Trajectory, (batch, document, _, trajectory) => DocumentRows.Add(batch, document, trajectory)),
        Of<TeacherDocument>(DocumentNames.Teacher, (batch, document, _, teacher) => DocumentRows.Add(batch, document, teacher)),
        Of<SweepPage>(DocumentNames.SweepPage, DocumentRows.Add),
        Of<SweepDocument>(DocumentNames.Sweep, (batch, document, _, sweep) => DocumentRows.Add(batch, document, sweep)),
    ];

    private static DocumentKind Of<T>(string name, Action<RowBatch, string, string, T> add) where T : class => new(name, async (reader, key, batch, stop) =>
    {
        if (await reader.ReadAsync<T>(name, key, name, stop) is not { } state)
        {
            return false;
        }
        // All rows of a document or none: they are kept apart until the last one is made.
        var rows = new RowBatch();
        try
        {
            add(rows, KnownDocument.NameOf(name, key), key, state);
        }
        // Null in a list is what no reader of JSON refuses.
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or OverflowException
            or ArgumentException or NullReferenceException or DisBackException and not StorageException)
        {
            throw new CorruptDocumentException($"The {name} document of '{key}' has a part that cannot be read: {e.Message.TrimEnd('.')}; restore it "
                + "from a copy.", e);
        }
        batch.Add(rows);
        return true;
    });
}
