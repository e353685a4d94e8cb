using System.Net;
using System.Text.Json;
using DisBack.Contracts.Grains;

namespace DisBack.Contracts.Tests.Grains;

/// <summary>Leases and devices in JSON, whose names are those of version 0.1.0.</summary>
public sealed class SlotLeaseTests
{
    [Fact]
    public void The_device_of_a_lease_is_a_place()
    {
        var lease = new SlotLease("lease", SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11111), 1), 0, "worker cuda:0");

        var json = JsonSerializer.SerializeToElement(lease, JsonSerializerOptions.Web);

        Assert.Equal("worker cuda:0", json.GetProperty("place").GetString());
        Assert.Equal(lease, json.Deserialize<SlotLease>(JsonSerializerOptions.Web));
    }

    [Fact]
    public void The_kind_of_a_device_is_a_kind()
    {
        var device = new Accelerator(1, "cuda", "cuda:1", 2);

        var json = JsonSerializer.SerializeToElement(device, JsonSerializerOptions.Web);

        Assert.Equal("cuda", json.GetProperty("kind").GetString());
        Assert.Equal(device, json.Deserialize<Accelerator>(JsonSerializerOptions.Web));
    }
}
