using DisBack.Contracts.Hosting;
using k8s.Models;

namespace DisBack.Silo.Tests.Infra;

/// <summary>The overlay: tables of the storage account keep the membership, and nothing of Redis is left.</summary>
public sealed class KubernetesTablesTests() : KubernetesContract("infra/kubernetes-tables", keeper: null)
{
    [Fact]
    public void Tables_keep_the_membership_under_the_identity_that_opens_the_blobs() => Assert.All(Manifests.Silos, workload =>
    {
        var settings = SettingsOf(workload);
        Assert.Equal(MembershipKind.AzureTables, settings.Cluster.Membership);
        Assert.Null(settings.Cluster.Redis);
        Assert.Null(settings.Cluster.Tables.ConnectionString);
        Assert.Equal(
            settings.Blobs.AccountAddress!.Host.Replace(".blob.", ".table.", StringComparison.Ordinal),
            settings.Cluster.Tables.AccountAddress!.Host);
    });

    [Fact]
    public void Nothing_of_Redis_is_left()
    {
        Assert.Equal(["disback-control", "disback-gateway", "disback-worker"], Manifests.Workloads.Select(workload => workload.Name).Order());
        Assert.All(Manifests.Workloads, workload =>
            Assert.DoesNotContain(workload.Container.Env ?? [], variable => variable.Name.Contains("REDIS", StringComparison.Ordinal)));
        Assert.Equal(["disback"], Manifests.Of<V1ConfigMap>().Select(map => map.Metadata.Name));
        Assert.Equal(["default-deny", "dns", "gateway", "silo"], Manifests.Of<V1NetworkPolicy>().Select(policy => policy.Metadata.Name).Order());
    }
}
