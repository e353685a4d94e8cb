using System.Net;
using System.Text.Json;
using DisBack.Contracts.Grains;

namespace DisBack.Contracts.Tests.Grains;

/// <summary>Leases as programs read them that ask the gateway for the pool.</summary>
public sealed class SlotLeaseTests
{
    [Fact]
    public void The_device_has_the_name_of_version_0_1_0()
    {
        var lease = new SlotLease("lease", SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11111), 1), 0, "worker cuda:0");

        var json = JsonSerializer.SerializeToElement(lease, JsonSerializerOptions.Web);

        Assert.Equal("worker cuda:0", json.GetProperty("place").GetString());
        Assert.Equal(lease, json.Deserialize<SlotLease>(JsonSerializerOptions.Web));
    }
}
