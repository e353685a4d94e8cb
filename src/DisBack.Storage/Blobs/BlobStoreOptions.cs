using Microsoft.Extensions.Options;

namespace DisBack.Storage.Blobs;

/// <summary>Where the blobs are: exactly one of a folder, an account's address, or a connection string.</summary>
public sealed class BlobStoreOptions
{
    /// <summary>A local folder. Default: none.</summary>
    public string? Folder { get; set; }

    /// <summary>The blob endpoint of a storage account, used with the identity that <c>DefaultAzureCredential</c> finds. Default: none.</summary>
    public Uri? AccountAddress { get; set; }

    /// <summary>A connection string, for Azurite; never logged. Default: none.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>The container of an account. Default: <c>disback</c>.</summary>
    public string Container { get; set; } = "disback";

    /// <summary>How bytes travel to and from an account.</summary>
    public AzureBlobOptions Azure { get; set; } = new();
}

/// <summary>How bytes travel to and from an account.</summary>
public sealed class AzureBlobOptions
{
    /// <summary>Bytes of a block; files up to one block travel in one request. Default: 16 MiB.</summary>
    public long BlockBytes { get; set; } = 16 << 20;

    /// <summary>Blocks in flight per transfer. Default: 4.</summary>
    public int Concurrency { get; set; } = 4;

    /// <summary>How often a request that failed for a moment is sent again. Default: 3.</summary>
    public int Retries { get; set; } = 3;

    /// <summary>How long a request may wait for the next bytes of the service. Default: 20 seconds.</summary>
    public TimeSpan NetworkTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>The checksum that the service verifies for each uploaded block. Downloads are verified by their SHA-256. Default: MD5.</summary>
    public TransferValidation TransferValidation { get; set; } = TransferValidation.Md5;
}

/// <summary>Checksums of an upload.</summary>
public enum TransferValidation
{
    /// <summary>Transport security alone.</summary>
    None,

    /// <summary>MD5 per block; understood by Azurite.</summary>
    Md5,

    /// <summary>CRC-64 per block: cheaper than MD5, on Azure only.</summary>
    Crc64,
}

internal sealed class BlobStoreOptionsValidator : IValidateOptions<BlobStoreOptions>
{
    public ValidateOptionsResult Validate(string? name, BlobStoreOptions options)
    {
        if (new[] { options.Folder is not null, options.AccountAddress is not null, options.ConnectionString is not null }.Count(given => given) != 1)
            return ValidateOptionsResult.Fail("Exactly one of Folder, AccountAddress and ConnectionString says where the blobs are; set that one and clear the others.");
        if (options.Azure.BlockBytes is < 1 << 16 or > 4000L << 20)
            return ValidateOptionsResult.Fail($"Azure:BlockBytes is {options.Azure.BlockBytes}; a block has 64 KiB to 4,000 MiB.");
        if (options.Azure.Concurrency is < 1 or > 64)
            return ValidateOptionsResult.Fail($"Azure:Concurrency is {options.Azure.Concurrency}; 1 to 64 blocks travel at once.");
        if (options.Azure.Retries is < 0 or > 20)
            return ValidateOptionsResult.Fail($"Azure:Retries is {options.Azure.Retries}; a request is sent again 0 to 20 times.");
        if (options.Azure.NetworkTimeout <= TimeSpan.Zero)
            return ValidateOptionsResult.Fail($"Azure:NetworkTimeout is {options.Azure.NetworkTimeout.TotalSeconds:0.###} s; it must be longer than nothing.");
        return ValidateOptionsResult.Success;
    }
}
