using System.CommandLine;
using DisBack.Contracts.Hosting;
using DisBack.TestKit.Silos;

namespace DisBack.Benchmarks;

/// <summary>The choice of who keeps the membership of a benchmark's cluster.</summary>
internal static class Memberships
{
    public static Option<MembershipKind> Option() => new("--membership")
    {
        DefaultValueFactory = _ => new TestClusterOptions().Membership,
        Description = "Who keeps the membership: Redis or AzureTables.",
    };
}
