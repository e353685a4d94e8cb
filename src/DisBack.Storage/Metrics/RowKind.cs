namespace DisBack.Storage.Metrics;

/// <summary>What a row of a column file is; the numbers are stored.</summary>
internal enum RowKind
{
    Header = 0,
    Point = 1,
    Event = 2,
}
