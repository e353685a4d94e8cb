using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.RegularExpressions;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Options;

namespace DisBack.Storage.Blobs;

/// <summary>Where the blobs are: exactly one of a folder, an account's address, or a connection string. Configuration section <c>Blobs</c>.</summary>
public sealed class BlobStoreOptions : IValidatableObject
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

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (new object?[] { Folder, AccountAddress, ConnectionString }.Count(given => given is not null) != 1)
        {
            yield return new("Exactly one of Blobs:Folder, Blobs:AccountAddress and Blobs:ConnectionString says where everything durable lies; set that one "
                + "and clear the others.");
        }
        if (Folder is { Length: 0 })
        {
            yield return new("Blobs:Folder is empty; name a folder.");
        }
        if (AccountAddress is { IsAbsoluteUri: false })
        {
            yield return new(
                $"Blobs:AccountAddress is '{AccountAddress}'; give the whole address of the blob endpoint, as https://ACCOUNT.blob.core.windows.net.");
        }
        if (ConnectionString is not null && !IsConnectionString())
        {
            yield return new(
                "Blobs:ConnectionString cannot be read; take it whole from the storage account, as "
                    + "DefaultEndpointsProtocol=...;AccountName=...;AccountKey=...");
        }
        if (!Regex.IsMatch(Container, "^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$"))
        {
            yield return new($"Blobs:Container is '{Container}'; a container's name has 3 to 63 small letters, digits and single hyphens between them.");
        }
        if (Azure.BlockBytes is < 1 << 16 or > 1 << 30)
        {
            yield return new($"Blobs:Azure:BlockBytes is {Azure.BlockBytes}; a block has 64 KiB to 1 GiB.");
        }
        if (Azure.Concurrency is < 1 or > 64)
        {
            yield return new($"Blobs:Azure:Concurrency is {Azure.Concurrency}; 1 to 64 blocks travel at once.");
        }
        if (Azure.Retries is < 1 or > 20)
        {
            yield return new($"Blobs:Azure:Retries is {Azure.Retries}; a request is sent again 1 to 20 times.");
        }
        if (Azure.NetworkTimeout <= TimeSpan.Zero)
        {
            yield return new(string.Create(
                CultureInfo.InvariantCulture,
                $"Blobs:Azure:NetworkTimeout is {Azure.NetworkTimeout.TotalSeconds:0.###} s; it must be longer than nothing."));
        }
    }

    private bool IsConnectionString()
    {
        try
        {
            _ = new BlobServiceClient(ConnectionString);
            return true;
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return false;
        }
    }
}

/// <summary>How bytes travel to and from an account.</summary>
public sealed class AzureBlobOptions
{
    /// <summary>
    /// Bytes of a block. Files up to one block travel in one request, larger ones block by block, so that an upload that broke off goes on. Of an upload as
    /// many blocks are in memory as are in flight. Default: 16 MiB.
    /// </summary>
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
        var wrong = new List<ValidationResult>();
        return Validator.TryValidateObject(options, new ValidationContext(options), wrong, validateAllProperties: true)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(wrong[0].ErrorMessage!);
    }
}
