using System.ComponentModel.DataAnnotations;

namespace DisBack.Contracts.Hosting;

/// <summary>Which cluster a process belongs to or talks to, and who keeps its membership. Configuration section <c>Cluster</c> of silos and gateways.</summary>
public sealed class ClusterSettings : IValidatableObject
{
    /// <summary>The table of an account that holds the membership of all its clusters.</summary>
    public const string MembershipTable = "DisBackMembership";

    /// <summary>Name of the cluster: processes with other names do not see one another. Default: <c>disback</c>.</summary>
    [Required(ErrorMessage = "Cluster:Id is empty; give the cluster a name, the same for all its processes.")]
    public string Id { get; set; } = "disback";

    /// <summary>Who keeps the membership table and the reminders. Default: this machine's memory, for a cluster of one silo.</summary>
    public MembershipKind Membership { get; set; } = MembershipKind.Localhost;

    /// <summary>
    /// Address of the Redis server, <c>host:port</c> with the options of StackExchange.Redis; never logged, because it may hold a password. Default: none.
    /// </summary>
    public string? Redis { get; set; }

    /// <summary>The storage account with the tables. Default: none.</summary>
    public TableSettings Tables { get; set; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var (redis, tables) = (!string.IsNullOrWhiteSpace(Redis), Tables.AccountAddress is not null || Tables.ConnectionString is not null);
        if (redis && tables)
        {
            yield return new("Cluster:Redis names a server and Cluster:Tables an account, but one of them keeps the membership; clear the other.");
        }
        if (Membership == MembershipKind.Redis && !redis)
        {
            yield return new("Cluster:Membership is Redis but Cluster:Redis names no server; set it to host:port.", [nameof(Redis)]);
        }
        if (Membership == MembershipKind.AzureTables && !tables)
        {
            yield return new("Cluster:Membership is AzureTables but no account is named; set Cluster:Tables:AccountAddress, or "
                + "Cluster:Tables:ConnectionString.", [nameof(Tables)]);
        }
        if (Membership != MembershipKind.Redis && redis)
        {
            yield return new($"Cluster:Redis names a server but Cluster:Membership is {Membership}; set Cluster:Membership to Redis, or "
                + "clear the server.", [nameof(Membership)]);
        }
        if (Membership != MembershipKind.AzureTables && tables)
        {
            yield return new($"Cluster:Tables names an account but Cluster:Membership is {Membership}; set Cluster:Membership to AzureTables, or "
                + "clear the account.", [nameof(Membership)]);
        }
        if (Tables is { AccountAddress: not null, ConnectionString: not null })
        {
            yield return new("Cluster:Tables:AccountAddress and Cluster:Tables:ConnectionString both name an account; keep one of them.", [nameof(Tables)]);
        }
        if (Tables.AccountAddress is { } address && (!address.IsAbsoluteUri || address.Scheme != Uri.UriSchemeHttps))
        {
            yield return new($"Cluster:Tables:AccountAddress is '{address}'; give the whole address of the table endpoint, as "
                + "https://ACCOUNT.table.core.windows.net.", [nameof(Tables)]);
        }
        if (Membership == MembershipKind.AzureTables && Id.Any(letter => letter is '/' or '\\' or '#' or '?' || char.IsControl(letter)))
        {
            yield return new($"Cluster:Id is '{Id}', but a key of a table has no slash, backslash, '#', '?' or control character; choose another name.",
                [nameof(Id)]);
        }
    }
}

/// <summary>A storage account with tables: exactly one of its address and a connection string.</summary>
public sealed class TableSettings
{
    /// <summary>The table endpoint of the account, used with the identity that <c>DefaultAzureCredential</c> finds. Default: none.</summary>
    public Uri? AccountAddress { get; set; }

    /// <summary>A connection string, for Azurite; never logged. Default: none.</summary>
    public string? ConnectionString { get; set; }
}

/// <summary>Who keeps the membership table and the reminders.</summary>
public enum MembershipKind
{
    /// <summary>The memory of the one silo: for one process on one machine.</summary>
    Localhost,

    /// <summary>A Redis server with its append-only file on.</summary>
    Redis,

    /// <summary>Tables of an Azure storage account.</summary>
    AzureTables,
}
