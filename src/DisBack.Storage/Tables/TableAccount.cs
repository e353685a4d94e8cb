using Azure.Core;
using Azure.Data.Tables;
using Azure.Identity;

namespace DisBack.Storage.Tables;

/// <summary>Opens the tables of an Azure storage account, or of the Azurite emulator.</summary>
public static class TableAccount
{
    /// <summary>
    /// A client for the account that is named. Nothing is sent yet. A request is tried four times and given up within half a minute, because callers
    /// have retries of their own.
    /// </summary>
    /// <param name="address">The table endpoint, used with the identity that <c>DefaultAzureCredential</c> finds; ignored beside a connection string.</param>
    /// <param name="connectionString">A connection string; null without one.</param>
    public static TableServiceClient Open(Uri? address, string? connectionString)
    {
        var options = new TableClientOptions
        {
            Retry =
            {
                Mode = RetryMode.Exponential,
                MaxRetries = 3,
                Delay = TimeSpan.FromSeconds(0.2),
                MaxDelay = TimeSpan.FromSeconds(2),
                NetworkTimeout = TimeSpan.FromSeconds(5),
            },
        };
        return connectionString is null
            ? new TableServiceClient(address, new DefaultAzureCredential(), options)
            : new TableServiceClient(connectionString, options);
    }

    /// <summary>What is wrong with a connection string, without repeating it, because it may hold a key; null if nothing is.</summary>
    /// <param name="connectionString">The connection string; null without one.</param>
    /// <param name="setting">The name of its setting.</param>
    public static string? Problem(string? connectionString, string setting)
    {
        if (connectionString is null)
        {
            return null;
        }
        try
        {
            _ = new TableServiceClient(connectionString);
            return null;
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
        {
            return $"{setting} cannot be read; take it whole from the storage account, as DefaultEndpointsProtocol=...;AccountName=...;AccountKey=...";
        }
    }
}
