using System.Net;
using System.Net.Sockets;
using DisBack.TestKit.Networks;
using DisBack.TestKit.Processes;

namespace DisBack.Cluster.Tests.Networks;

/// <summary>Hosts reach one another and this machine until they are cut off, and again after.</summary>
public sealed class NetworkTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Packets_are_lost_in_the_directions_and_towards_the_peers_that_were_cut()
    {
        Assert.SkipWhen(await Network.WhyNotAsync() is not null, "Network namespaces cannot be made here.");
        await using var network = await Network.StartAsync();
        var (one, other) = (await network.AddHostAsync(), await network.AddHostAsync());
        using var machine = new UdpClient(new IPEndPoint(network.Address, 0));
        var toMachine = new IPEndPoint(network.Address, ((IPEndPoint)machine.Client.LocalEndPoint!).Port);

        await SendAsync(one, toMachine, "before");
        Assert.Equal("before", await ReceiveAsync());

        await one.CutAsync(NetworkDirection.Out);
        await SendAsync(one, toMachine, "lost");
        await SendAsync(other, toMachine, "of another host");
        Assert.Equal("of another host", await ReceiveAsync());

        await one.CutAsync(NetworkDirection.Both, other.Address);
        await SendAsync(one, toMachine, "to another peer");
        Assert.Equal("to another peer", await ReceiveAsync());

        await one.CutAsync(NetworkDirection.In);
        await SendAsync(one, toMachine, "the other way");
        Assert.Equal("the other way", await ReceiveAsync());

        await one.CutAsync(NetworkDirection.Both);
        await SendAsync(one, toMachine, "lost");
        await one.HealAsync();
        await SendAsync(one, toMachine, "after");
        Assert.Equal("after", await ReceiveAsync());

        async Task<string> ReceiveAsync() => System.Text.Encoding.ASCII.GetString((await machine.ReceiveAsync(Cancellation)).Buffer);
    }

    [Fact]
    public async Task Packets_to_a_host_are_lost_while_it_is_cut_off()
    {
        Assert.SkipWhen(await Network.WhyNotAsync() is not null, "Network namespaces cannot be made here.");
        await using var network = await Network.StartAsync();
        var (host, other) = (await network.AddHostAsync(), await network.AddHostAsync());
        const string listen
            = "const s = require('dgram').createSocket('udp4'); s.on('message', m => console.log('heard ' + m)); s.bind(5000, () => console.log('listening'));";
        var (program, arguments) = host.Within("node", ["-e", listen]);
        await using var listener = ChildProcess.Start(program, arguments);
        await listener.SeesAsync("listening", Cancellation);
        using var machine = new UdpClient(new IPEndPoint(network.Address, 0));
        var there = new IPEndPoint(host.Address, 5000);

        await host.CutAsync(NetworkDirection.In);
        await machine.SendAsync("in"u8.ToArray(), there, Cancellation);
        await host.CutAsync(NetworkDirection.Out);
        await machine.SendAsync("out"u8.ToArray(), there, Cancellation);
        await listener.SeesAsync("heard out", Cancellation);
        await host.CutAsync(NetworkDirection.Both, other.Address);
        await SendAsync(other, there, "of the peer");
        await machine.SendAsync("of another"u8.ToArray(), there, Cancellation);
        await listener.SeesAsync("heard of another", Cancellation);
        await host.HealAsync();
        await SendAsync(other, there, "of the peer again");
        await listener.SeesAsync("heard of the peer again", Cancellation);

        Assert.Equal(["listening", "heard out", "heard of another", "heard of the peer again"], listener.LastLines.Split('\n'));
    }

    private static async Task SendAsync(NetworkHost from, IPEndPoint to, string text)
    {
        var (program, arguments) = from.Within("bash", ["-c", $"printf '{text}' > /dev/udp/{to.Address}/{to.Port} || true"]);
        await ChildProcess.RunAsync(program, [.. arguments]);
    }
}
