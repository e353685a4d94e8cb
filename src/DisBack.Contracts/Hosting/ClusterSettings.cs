using System.ComponentModel.DataAnnotations;

namespace DisBack.Contracts.Hosting;

/// <summary>Which cluster a process belongs to or talks to, and who keeps its membership. Configuration section <c>Cluster</c> of silos and gateways.</summary>
public sealed class ClusterSettings : IValidatableObject
{
    /// <summary>Name of the cluster: processes with other names do not see one another. Default: <c>disback</c>.</summary>
    [Required(ErrorMessage = "Cluster:Id is empty; give the cluster a name, the same for all its processes.")]
    public string Id { get; set; } = "disback";

    /// <summary>Who keeps the membership table and the reminders. Default: this machine's memory, for a cluster of one silo.</summary>
    public MembershipKind Membership { get; set; } = MembershipKind.Localhost;

    /// <summary>
    /// Address of the Redis server, <c>host:port</c> with the options of StackExchange.Redis; never logged, because it may hold a password. Default: none.
    /// </summary>
    public string? Redis { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Membership == MembershipKind.Redis && string.IsNullOrWhiteSpace(Redis))
        {
            yield return new("Cluster:Membership is Redis but Cluster:Redis names no server; set it to host:port.", [nameof(Redis)]);
        }
        if (Membership == MembershipKind.Localhost && !string.IsNullOrWhiteSpace(Redis))
        {
            yield return new("Cluster:Redis names a server but Cluster:Membership is Localhost; set Cluster:Membership to Redis, or "
                + "clear the server.", [nameof(Membership)]);
        }
    }
}

/// <summary>Who keeps the membership table and the reminders.</summary>
public enum MembershipKind
{
    /// <summary>The memory of the one silo: for one process on one machine.</summary>
    Localhost,

    /// <summary>A Redis server with its append-only file on.</summary>
    Redis,
}
