namespace DisBack.GrainStorage;

/// <summary>Grain documents on the blob store.</summary>
public sealed class BlobGrainStorageOptions
{
    /// <summary>The stage of the silo's start at which the store must be usable. Default: application services.</summary>
    public int InitStage { get; set; } = ServiceLifecycleStage.ApplicationServices;

    /// <summary>
    /// Documents above this size are logged as a warning: each write rewrites the whole document, so what grows belongs in pages, metric
    /// chunks or contents. Default: 256 KiB.
    /// </summary>
    public int WarnAboveBytes { get; set; } = 256 << 10;
}

internal sealed class BlobGrainStorageOptionsValidator(BlobGrainStorageOptions options, string name) : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        if (options.WarnAboveBytes < 1)
        {
            throw new OrleansConfigurationException($"Grain storage '{name}': WarnAboveBytes is {options.WarnAboveBytes}; it must be positive.");
        }
    }
}
