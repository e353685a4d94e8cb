using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using DisBack.Client;
using DisBack.Client.Http;
using DisBack.Orchestration.Tests.Drawing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DisBack.Gateway.Tests.Clients;

/// <summary>Large files travel to gateways in parts, so that an upload that broke off goes on, also through another gateway.</summary>
public sealed class UploadTests : IDisposable
{
    private const int PartBytes = 16 << 20;

    private readonly string _file = Path.GetTempFileName();
    private readonly ContentRef _content;
    private readonly byte[] _bytes = new byte[3 * PartBytes + 5];

    public UploadTests()
    {
        new Random(2).NextBytes(_bytes);
        File.WriteAllBytes(_file, _bytes);
        _content = AddressOf(_bytes);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task An_upload_that_broke_off_goes_on_through_another_gateway(int parts)
    {
        await using var site = await GatewaySite.OpenAsync();
        var (first, second) = (new PartRequests(), new PartRequests());
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        first.AfterPart = number => number < parts ? Task.CompletedTask : broken.CancelAsync();
        using (var client = await ConnectAsync(site, first))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.Content.PutAsync(_file, _content, cancellation: broken.Token));
        }
        Assert.False(await site.Archive.Content.ExistsAsync(_content, Cancellation));

        using var other = await ConnectAsync(site, second);
        await other.Content.PutAsync(_file, _content, cancellation: Cancellation);

        Assert.InRange(first.Taken.Count, parts, 4);
        Assert.Equal(4, first.Taken.Count + second.Taken.Count);
        Assert.Empty(first.Taken.Intersect(second.Taken));
        await AssertStoredAsync(site);
    }

    [Fact]
    public async Task Of_a_connection_that_is_lost_for_a_moment_one_part_is_sent_again()
    {
        await using var site = await GatewaySite.OpenAsync();
        var requests = new PartRequests { AbortedPart = 1 };
        using var client = await ConnectAsync(site, requests);

        await client.Content.PutAsync(_file, _content, cancellation: Cancellation);

        Assert.Equal((4, 5), (requests.Taken.Count, requests.Seen));
        await AssertStoredAsync(site);
    }

    [Fact]
    public async Task Two_that_send_the_same_file_at_once_both_succeed_and_a_third_sends_nothing()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var one = site.Client();
        using var other = await ConnectAsync(site, new PartRequests());
        var requests = new PartRequests();
        using var third = await ConnectAsync(site, requests);

        await Task.WhenAll(new[] { one, other }.Select(client => client.Content.PutAsync(_file, _content, cancellation: Cancellation)));
        await third.Content.PutAsync(_file, _content, cancellation: Cancellation);

        Assert.Equal(0, requests.Seen);
        Assert.True(await site.Archive.Content.ExistsAsync(_content, Cancellation));
        await site.Archive.Content.VerifyAsync(_content, Cancellation);
    }

    [Fact]
    public async Task Of_a_model_whose_files_are_stored_nothing_is_sent()
    {
        await using var site = await GatewaySite.OpenAsync();
        var stored = await MiniModel.StoreAsync(site.Archive.Content);
        var requests = new PartRequests();
        using var client = await ConnectAsync(site, requests);

        var model = await new ModelUpload(client.Content).StoreAsync(MiniModel.Folder, [.. stored.Files.Select(file => file.Path)], cancellation: Cancellation);

        Assert.Equal(stored.Files, model.Files);
        Assert.NotEmpty(model.Files);
        Assert.Equal(0, requests.Commands);
        // One that is not there is: so the count counts.
        await client.Content.PutAsync(BinaryData.FromString("new"), Cancellation);
        Assert.Equal(1, requests.Commands);
    }

    [Fact]
    public async Task A_gateway_that_knows_no_parts_gets_the_file_as_a_whole()
    {
        await using var site = await GatewaySite.OpenAsync();
        var requests = new PartRequests { IsKnown = false };
        using var client = await ConnectAsync(site, requests);

        await client.Content.PutAsync(_file, _content, cancellation: Cancellation);

        Assert.Empty(requests.Taken);
        await site.Archive.Content.VerifyAsync(_content, Cancellation);
    }

    [Fact]
    public async Task A_file_that_is_too_large_or_of_somebody_who_may_not_send_leaves_no_part()
    {
        await using var site = await GatewaySite.OpenAsync(training: null, $"--Limits:ContentBytes={_bytes.Length - 1}");
        await using var roomy = await GatewaySite.OpenAsync();
        using var client = site.Client();
        using var viewer = roomy.Client(roomy.Viewer);

        var refused = await Assert.ThrowsAsync<DisBackException>(() => client.Content.PutAsync(_file, _content, cancellation: Cancellation));
        await Assert.ThrowsAsync<NotPermittedException>(() => viewer.Content.PutAsync(_file, _content, cancellation: Cancellation));

        Assert.Contains("Limits:ContentBytes", refused.Message, StringComparison.Ordinal);
        Assert.All([site, roomy], gateway => Assert.False(Directory.Exists(Path.Combine(gateway.Folder, "uploads"))));
    }

    [Fact]
    public async Task Lengths_whose_sum_no_number_holds_are_too_large_as_well()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(site.Operator);
        var endless = new ContentRef(_content.Digest, long.MaxValue);

        var answer = await http.PostAsJsonAsync(
            new Uri($"api/v1/contents/{_content.Digest}/parts", UriKind.Relative), new ListedParts([endless, endless]), Api.Json, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("Limits:ContentBytes", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parts_make_what_their_digests_say_or_nothing()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(site.Operator);
        var (whole, first, second) = ("abcd"u8.ToArray(), "ab"u8.ToArray(), "cd"u8.ToArray());
        var parts = $"api/v1/contents/{AddressOf(whole).Digest}/parts";
        Task<HttpResponseMessage> SendAsync(byte[] part, byte[] named) =>
            http.PutAsync(new Uri($"{parts}/{AddressOf(named).Digest}", UriKind.Relative), new ByteArrayContent(part), Cancellation);
        Task<HttpResponseMessage> JoinAsync(params byte[][] all) =>
            http.PostAsJsonAsync(new Uri(parts, UriKind.Relative), new ListedParts([.. all.Select(AddressOf)]), Api.Json, Cancellation);
        async Task<IReadOnlyList<ContentRef>> ListAsync() =>
            (await http.GetFromJsonAsync<ListedParts>(new Uri($"{parts}?length=4", UriKind.Relative), Api.Json, Cancellation))!.Parts;

        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(first, named: second)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(first, named: first)).StatusCode);
        Assert.Equal([AddressOf(first)], await ListAsync());
        Assert.Equal(HttpStatusCode.NotFound, (await JoinAsync(first, second)).StatusCode);
        Assert.Equal([AddressOf(first)], await ListAsync());
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(second, named: second)).StatusCode);

        // Not in this order; then all of them are sent again.
        Assert.Equal(HttpStatusCode.BadRequest, (await JoinAsync(second, first)).StatusCode);
        Assert.Empty(await ListAsync());
        Assert.False(await site.Archive.Content.ExistsAsync(AddressOf(whole), Cancellation));
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(first, named: first)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(second, named: second)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await JoinAsync(first, second)).StatusCode);

        await site.Archive.Content.VerifyAsync(AddressOf(whole), Cancellation);
        Assert.Empty(await ListAsync());
        // The parts are no contents of their own.
        Assert.False(await site.Archive.Content.ExistsAsync(AddressOf(first), Cancellation));
    }

    private static ContentRef AddressOf(byte[] bytes) => new(Convert.ToHexStringLower(SHA256.HashData(bytes)), bytes.Length);

    private static async Task<ClusterClient> ConnectAsync(GatewaySite site, PartRequests requests)
    {
        var gateway = await site.StartGatewayAsync(services => services.AddSingleton<IStartupFilter>(requests));
        return new ClusterClient(new Uri(gateway.Urls.Single()), site.Operator);
    }

    private async Task AssertStoredAsync(GatewaySite site)
    {
        await site.Archive.Content.VerifyAsync(_content, Cancellation);
        Assert.Empty(Directory.GetFiles(Path.Combine(site.Folder, "uploads"), "*", SearchOption.AllDirectories));
    }

    /// <summary>The parts that a gateway is sent, and what befalls them.</summary>
    private sealed class PartRequests : IStartupFilter
    {
        private int _seen;
        private int _commands;

        /// <summary>Requests of all kinds that bring something.</summary>
        public int Commands => _commands;

        /// <summary>The paths of the parts that it has taken.</summary>
        public ConcurrentQueue<string> Taken { get; } = new();

        /// <summary>How many were begun to be sent.</summary>
        public int Seen => _seen;

        /// <summary>The part, from 0, whose connection breaks; none unless set.</summary>
        public int AbortedPart { get; init; } = -1;

        /// <summary>False has every request about parts miss its route, as with an older gateway.</summary>
        public bool IsKnown { get; init; } = true;

        /// <summary>Called when so many parts were taken.</summary>
        public Func<int, Task> AfterPart { get; set; } = _ => Task.CompletedTask;

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => application =>
        {
            application.Use(HandleAsync);
            next(application);
        };

        private async Task HandleAsync(HttpContext context, RequestDelegate next)
        {
            if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
            {
                Interlocked.Increment(ref _commands);
            }
            if (!context.Request.Path.Value!.Contains("/parts", StringComparison.Ordinal))
            {
                await next(context);
                return;
            }
            if (!IsKnown)
            {
                context.Request.Path = "/api/v1/nothing";
            }
            var isPart = context.Request.Method == HttpMethods.Put;
            if (isPart && Interlocked.Increment(ref _seen) == AbortedPart + 1)
            {
                context.Abort();
                return;
            }
            await next(context);
            if (isPart && context.Response.StatusCode == StatusCodes.Status204NoContent)
            {
                Taken.Enqueue(context.Request.Path.Value!);
                await AfterPart(Taken.Count);
            }
        }
    }
}
