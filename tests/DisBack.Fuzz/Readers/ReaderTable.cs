namespace DisBack.Fuzz.Readers;

/// <summary>Every reader of the product.</summary>
internal static class ReaderTable
{
    public static IReadOnlyList<Reader> All { get; } =
    [
        .. SpecReaders.All,
        .. WeightsReaders.All,
        .. ModelReaders.All,
        .. ImageReaders.All,
        .. DocumentReaders.All,
        .. QueryReaders.All,
        .. FolderReaders.All,
        .. GatewayReaders.All,
        .. ClientReaders.All,
    ];
}
